import type { Credentials, EncryptedCredentials, ExchangeId } from '../../domain/exchange';
import { ClearCredentials } from './clear-credentials';

/** Where a secret belongs. A ciphertext opens at its own place only, so that it can't be moved to another tenant. */
export interface SecretPlace {
  tenantId: string;
  exchangeId: ExchangeId;
  field: keyof Credentials;
}

/** Encrypts secrets one by one: with a local key, or with an envelope of a key service. */
export interface CredentialCipher {
  encrypt(secret: string, place: SecretPlace): Promise<string>;
  /** @throws ServiceError CONFIGURATION when the key is missing or the text is not of this place */
  decrypt(text: string, place: SecretPlace): Promise<string>;
}

type Owner = Omit<SecretPlace, 'field'>;

export async function encryptCredentials(
  cipher: CredentialCipher,
  owner: Owner,
  credentials: Credentials,
): Promise<EncryptedCredentials> {
  return await mapFields(credentials, (secret, field) => cipher.encrypt(secret, { ...owner, field }));
}

/** The credentials in the clear, in a form that does not print. */
export async function decryptCredentials(
  cipher: CredentialCipher,
  owner: Owner,
  credentials: EncryptedCredentials,
): Promise<Credentials> {
  return new ClearCredentials(await mapFields(credentials, (text, field) => cipher.decrypt(text, { ...owner, field })));
}

async function mapFields(
  fields: Credentials | EncryptedCredentials,
  change: (value: string, field: keyof Credentials) => Promise<string>,
): Promise<Credentials> {
  const entries = Object.entries(fields).filter(
    (entry): entry is [keyof Credentials, string] => entry[1] !== undefined,
  );
  const changed = await Promise.all(
    entries.map(async ([field, value]) => [field, await change(value, field)] as const),
  );
  return Object.fromEntries(changed) as Partial<Credentials> as Credentials;
}
