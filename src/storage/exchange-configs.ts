import type { ExchangeConfig, ExchangeId } from '../domain/exchange';

/** The ExchangeConfigs table. Credentials are stored as ciphertext only. */
export interface ExchangeConfigStore {
  /** Strongly consistent: a status set before this call is seen by it. */
  get(tenantId: string, exchangeId: ExchangeId): Promise<ExchangeConfig | undefined>;
  list(tenantId: string): Promise<ExchangeConfig[]>;
  put(config: ExchangeConfig): Promise<void>;
}
