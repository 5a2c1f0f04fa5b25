import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { ServiceError } from '../../domain/errors';
import type { CredentialCipher, SecretPlace } from './cipher';

const ALGORITHM = 'aes-256-gcm';
const FORMAT = 'v1';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;
const CIPHERTEXT = /^v1\.(?<keyId>[\w-]+)\.(?<iv>[\w-]+)\.(?<tag>[\w-]+)\.(?<body>[\w-]*)$/;

/** A key of this machine. `secret` is 32 bytes as base64 (`openssl rand -base64 32`). */
export interface LocalKey {
  id: string;
  secret: string;
}

/**
 * AES-256-GCM with keys that the operator keeps. The first key encrypts; all of them decrypt, so a key is rotated by
 * putting a new one in front and saving the credentials again. A ciphertext is `v1.<key id>.<iv>.<tag>.<body>`, the
 * parts base64url.
 */
export class LocalCipher implements CredentialCipher {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #currentId: string;

  /** @throws ServiceError CONFIGURATION for keys that can't be used */
  constructor(keys: readonly LocalKey[]) {
    const [current] = keys;
    if (current === undefined) throw configuration('There is no credential key: give at least one.');
    this.#keys = new Map(keys.map((key) => [key.id, keyBytes(key)]));
    if (this.#keys.size < keys.length) throw configuration('Two credential keys have the same id.');
    this.#currentId = current.id;
  }

  async encrypt(secret: string, place: SecretPlace): Promise<string> {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key(this.#currentId, place), iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(associatedData(place));
    const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    const parts = [iv, cipher.getAuthTag(), body].map((part) => part.toString('base64url'));
    return [FORMAT, this.#currentId, ...parts].join('.');
  }

  async decrypt(text: string, place: SecretPlace): Promise<string> {
    const { keyId, iv, tag, body } = CIPHERTEXT.exec(text)?.groups ?? {};
    if (keyId === undefined || iv === undefined || tag === undefined || body === undefined) {
      throw configuration(`The stored ${named(place)} is not a ciphertext of this service.`);
    }
    const key = this.#key(keyId, place);
    try {
      const decipher = createDecipheriv(ALGORITHM, key, bytes(iv), { authTagLength: TAG_BYTES });
      decipher.setAAD(associatedData(place));
      decipher.setAuthTag(bytes(tag));
      return Buffer.concat([decipher.update(bytes(body)), decipher.final()]).toString('utf8');
    } catch {
      throw configuration(
        `The stored ${named(place)} does not open with key ${keyId}: it was changed or moved, or the key is another one.`,
      );
    }
  }

  [inspect.custom](): string {
    return `LocalCipher(${[...this.#keys.keys()].join(', ')})`;
  }

  #key(id: string, place: SecretPlace): Buffer {
    const key = this.#keys.get(id);
    if (key !== undefined) return key;
    const known = [...this.#keys.keys()].join(', ');
    throw configuration(
      `The ${named(place)} is encrypted with key ${id}, which is not among the keys given (${known}).`,
    );
  }
}

/**
 * Reads keys from one setting: `<id>:<base64>`, several separated by commas, the one that encrypts first.
 * @throws ServiceError CONFIGURATION
 */
export function parseLocalKeys(setting: string): LocalKey[] {
  return setting
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part, position) => {
      const separator = part.indexOf(':');
      if (separator > 0) return { id: part.slice(0, separator), secret: part.slice(separator + 1) };
      throw configuration(`Credential key ${position + 1} is not written as <id>:<32 bytes as base64>.`);
    });
}

function keyBytes({ id, secret }: LocalKey): Buffer {
  if (!KEY_ID.test(id))
    throw configuration(`The credential key id ${JSON.stringify(id.slice(0, 40))} is not 1 to 32 of A-Z a-z 0-9 _ -.`);
  const key = Buffer.from(secret, 'base64');
  if (key.length === KEY_BYTES) return key;
  throw configuration(`Credential key ${id} has ${key.length} bytes, it must be ${KEY_BYTES} bytes as base64.`);
}

function associatedData({ tenantId, exchangeId, field }: SecretPlace): Buffer {
  return Buffer.from(JSON.stringify([tenantId, exchangeId, field]), 'utf8');
}

function named({ tenantId, exchangeId, field }: SecretPlace): string {
  return `${field} of ${tenantId} at ${exchangeId}`;
}

function bytes(base64url: string): Buffer {
  return Buffer.from(base64url, 'base64url');
}

function configuration(what: string): ServiceError {
  return new ServiceError('CONFIGURATION', what);
}
