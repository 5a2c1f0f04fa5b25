import type { EncryptedCredentials, ExchangeConfig } from '../domain/exchange';

/** A configuration for people: that there are credentials shows, not their ciphertext. */
export function displayConfig(config: ExchangeConfig): ExchangeConfig {
  const masked = Object.fromEntries(Object.keys(config.credentials).map((field) => [field, '••••••••']));
  return { ...config, credentials: masked as Partial<EncryptedCredentials> as EncryptedCredentials };
}
