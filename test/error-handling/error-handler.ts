import type { ErrorHandlerParts } from '../../src/error-handling/exchange-error-handler';
import { ExchangeErrorHandler } from '../../src/error-handling/exchange-error-handler';
import { EXCHANGES } from '../../src/exchanges/registry';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { KeptAlerts } from '../alerts/kept-alerts';

/** The service's ErrorHandler with the tables of all its exchanges. */
export function errorHandler(parts: Partial<ErrorHandlerParts> = {}): ExchangeErrorHandler {
  return new ExchangeErrorHandler({
    tableOf: (exchangeId) => EXCHANGES[exchangeId]?.errors,
    alerts: new KeptAlerts(),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    ...parts,
  });
}
