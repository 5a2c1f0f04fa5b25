import type { DecimalString } from '../domain/decimal';
import type { ExchangeId } from '../domain/exchange';

/** The best prices of an instrument at one moment, in quote currency. */
export interface Quote {
  bid: DecimalString;
  ask: DecimalString;
  /** (bid + ask) ÷ 2, exact. */
  mid: DecimalString;
  /** When we received it, ms since the epoch. */
  at: number;
}

/** Market prices that are never older than the age limit of whoever implements this. */
export interface MarketData {
  /** @throws ServiceError PRICE_UNAVAILABLE when there is none within the age limit */
  quote(exchangeId: ExchangeId, assetId: string): Promise<Quote>;
  /** Ends all connections; nothing is asked for afterwards. */
  close(): Promise<void>;
}
