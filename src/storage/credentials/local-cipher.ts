import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { ServiceError } from '../../domain/errors';
import type { EncryptionKey } from '../../platform/environment';
import type { CredentialCipher, SecretPlace } from './cipher';

const ALGORITHM = 'aes-256-gcm';
const FORMAT = 'v1';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const CIPHERTEXT = /^v1\.(?<keyId>[\w-]+)\.(?<iv>[\w-]+)\.(?<tag>[\w-]+)\.(?<body>[\w-]*)$/;

/**
 * AES-256-GCM with keys that the operator keeps. The first key encrypts; all of them decrypt, so a key is rotated by
 * putting a new one in front and saving the credentials again. A ciphertext is `v1.<key id>.<iv>.<tag>.<body>`, the
 * parts base64url.
 */
export class LocalCipher implements CredentialCipher {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #currentId: string;

  constructor(keys: readonly EncryptionKey[]) {
    const [current] = keys;
    if (current === undefined) throw new RangeError('Credential encryption needs at least one key.');
    this.#keys = new Map(keys.map(({ id, secret }) => [id, secret]));
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
