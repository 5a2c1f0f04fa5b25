import type { RateLimitConfig } from '../account-limits';

/** How long to stay away after "403, access too frequent": the ban is lifted after 10 minutes. */
export const BYBIT_BAN_MS = 10 * 60_000;

/**
 * Bybit v5 spot (bybit-exchange.github.io/docs/v5/rate-limit): 600 requests in 5 s for each address, of whatever kind
 * (WEIGHT); 20 orders, 20 cancels and 50 queries a second for each account. Orders and cancels share one budget here,
 * on the safe side.
 */
export const BYBIT_RATE_LIMITS: RateLimitConfig = {
  limits: [
    { category: 'ORDERS', scope: 'ACCOUNT', servesCancels: true, model: { windows: [{ limit: 20, windowMs: 1_000 }] } },
    {
      category: 'QUERIES',
      scope: 'ACCOUNT',
      servesCancels: false,
      model: { windows: [{ limit: 50, windowMs: 1_000 }] },
    },
    { category: 'WEIGHT', scope: 'IP', servesCancels: true, model: { windows: [{ limit: 600, windowMs: 5_000 }] } },
    { category: 'WEBSOCKET', scope: 'ACCOUNT', servesCancels: false },
  ],
  criticalReservationPercent: 20,
  warningThresholdPercent: 80,
  burstAllowed: true,
  documented: {
    ordersPerSecond: 20,
    ordersPerMinute: 1_200,
    queriesPerSecond: 50,
    queriesPerMinute: 3_000,
    wsMessagesPerSecond: 10,
    weightPerMinute: 7_200,
  },
};
