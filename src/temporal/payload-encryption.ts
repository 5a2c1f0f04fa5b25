import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { ServiceError } from '../domain/errors';
import type { EncryptionKey } from '../platform/environment';

const PayloadMessage = temporal.api.common.v1.Payload;
const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** The names that Temporal's encryption samples use in all languages: other clients can decrypt with those. */
const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';

/**
 * Encrypts whole payloads with AES-256-GCM: data is IV (12 bytes), ciphertext, tag (16 bytes). The first key encrypts,
 * every key decrypts, so a key is rotated by putting a new one in front. Payloads in clear are read as they are, so
 * that encryption can be switched on while workflows run.
 */
export class PayloadEncryption implements PayloadCodec {
  private readonly current: EncryptionKey;

  constructor(private readonly keys: readonly EncryptionKey[]) {
    const [current] = keys;
    if (current === undefined) throw new RangeError('Payload encryption needs at least one key.');
    this.current = current;
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.resolve(payloads.map((payload) => encrypted(payload, this.current)));
  }

  /** @throws ServiceError CONFIGURATION when the key is not known or does not fit */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => this.decrypted(payload));
  }

  private decrypted(payload: Payload): Payload {
    if (metadataText(payload, 'encoding') !== ENCODING) return payload;
    const keyId = metadataText(payload, KEY_ID);
    const key = this.keys.find(({ id }) => id === keyId);
    if (key === undefined) {
      const known = this.keys.map(({ id }) => id).join(', ');
      throw new ServiceError(
        'CONFIGURATION',
        `A payload is encrypted with key ${keyId}; PAYLOAD_ENCRYPTION_KEY has ${known}.`,
      );
    }
    return PayloadMessage.decode(opened(Buffer.from(payload.data ?? []), key));
  }
}

function encrypted(payload: Payload, { id, secret }: EncryptionKey): Payload {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, secret, iv);
  const clear = PayloadMessage.encode(payload).finish();
  const data = Buffer.concat([iv, cipher.update(clear), cipher.final(), cipher.getAuthTag()]);
  return { metadata: { encoding: Buffer.from(ENCODING), [KEY_ID]: Buffer.from(id) }, data };
}

function opened(data: Buffer, { id, secret }: EncryptionKey): Buffer {
  try {
    const decipher = createDecipheriv(CIPHER, secret, data.subarray(0, IV_BYTES));
    decipher.setAuthTag(data.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(data.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch (error) {
    const what = `A payload can't be decrypted with key ${id}: it was altered, or the key is not the one it names.`;
    throw new ServiceError('CONFIGURATION', what, [], { cause: error });
  }
}

function metadataText({ metadata }: Payload, name: string): string | undefined {
  const value = metadata?.[name];
  return value === undefined || value === null ? undefined : Buffer.from(value).toString();
}
