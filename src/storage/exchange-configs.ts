import type { ExchangeConfig, ExchangeId } from '../domain/exchange';

/** The ExchangeConfigs table. Credentials are stored as ciphertext only. */
export interface ExchangeConfigStore {
  /** Strongly consistent: a status set before this call is seen by it. */
  get(tenantId: string, exchangeId: ExchangeId): Promise<ExchangeConfig | undefined>;
  list(tenantId: string): Promise<ExchangeConfig[]>;
  /**
   * Writes a configuration in place of the one whose updatedAt is `replacing`, or a first one when that is undefined.
   * False, and nothing written, when something else is stored: another writer was faster.
   */
  put(config: ExchangeConfig, replacing: string | undefined): Promise<boolean>;
}
