import type { ExchangeId, ExchangeRateLimits } from '../../src/domain/exchange';
import { systemRandom } from '../../src/platform/random';
import type { CategoryLimit } from '../../src/ratelimit/account-limits';
import { AccountLimits } from '../../src/ratelimit/account-limits';
import type { RatePlace } from '../../src/ratelimit/scopes';

/** An account with every category, on an address of its own. */
export function aLimitedAccount(
  rateLimits: Partial<ExchangeRateLimits> = {},
  more: { exchangeId?: ExchangeId; limits?: readonly CategoryLimit[] } = {},
): { limits: AccountLimits; place: RatePlace } {
  const { exchangeId = 'BINANCE' } = more;
  const place = { exchangeId, tenantId: `t-${systemRandom.uuid()}` };
  const documented: ExchangeRateLimits = {
    ordersPerSecond: 10,
    ordersPerMinute: 100,
    queriesPerSecond: 20,
    queriesPerMinute: 400,
    wsMessagesPerSecond: 5,
    weightPerMinute: 1_000,
    ...rateLimits,
  };
  const limits = new AccountLimits(
    {
      limits: more.limits ?? [
        { category: 'ORDERS', scope: 'ACCOUNT', servesCancels: false },
        { category: 'QUERIES', scope: 'ACCOUNT', servesCancels: false },
        { category: 'WEBSOCKET', scope: 'ACCOUNT', servesCancels: false },
        { category: 'WEIGHT', scope: 'IP', servesCancels: true },
      ],
      criticalReservationPercent: 10,
      warningThresholdPercent: 100,
      burstAllowed: true,
      documented,
    },
    { ...place, mode: 'SANDBOX', restEndpoint: `http://${systemRandom.uuid()}.example` },
  );
  return { limits, place };
}
