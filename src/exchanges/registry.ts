import type { ExchangeId } from '../domain/exchange';
import { ServiceError } from '../domain/errors';
import { binance } from './binance';
import type { ExchangeModule } from './exchange-module';

/** Every exchange that can be used: one line each. Nothing else names one. */
export const EXCHANGES: Partial<Record<ExchangeId, ExchangeModule>> = {
  BINANCE: binance,
};

/** @throws ServiceError UNSUPPORTED for an exchange that has no adapter */
export function exchangeModule(exchangeId: ExchangeId): ExchangeModule {
  const found = EXCHANGES[exchangeId];
  if (found !== undefined) return found;
  const known = Object.keys(EXCHANGES).join(', ');
  throw new ServiceError('UNSUPPORTED', `There is no adapter for ${exchangeId} yet (there is for ${known}).`);
}
