import type { RateLimitConfig } from '../account-limits';

/**
 * OKX (docs-v5, Rate Limits; okx.com/help/fill-ratio-sub-account-rate-limit): 60 orders in 2 s for each account and
 * instrument, over REST and WebSocket together, and 1000 in 2 s for the account. OKX counts cancels and amendments
 * apart from orders; one budget for the three is the safe side, and keeps a part for cancels. It sends no headers.
 */
export const OKX_RATE_LIMITS: RateLimitConfig = {
  limits: [
    {
      category: 'ORDERS',
      scope: 'INSTRUMENT',
      servesCancels: true,
      model: { windows: [{ limit: 60, windowMs: 2_000 }] },
    },
    {
      category: 'ORDERS',
      scope: 'ACCOUNT',
      servesCancels: true,
      model: { windows: [{ limit: 1_000, windowMs: 2_000 }] },
    },
    {
      category: 'QUERIES',
      scope: 'ACCOUNT',
      servesCancels: false,
      model: { windows: [{ limit: 60, windowMs: 2_000 }] },
    },
    {
      category: 'WEBSOCKET',
      scope: 'ACCOUNT',
      servesCancels: false,
      model: { windows: [{ limit: 480, windowMs: 3_600_000 }] },
    },
  ],
  criticalReservationPercent: 20,
  warningThresholdPercent: 80,
  burstAllowed: true,
  documented: {
    ordersPerSecond: 30,
    ordersPerMinute: 1_800,
    queriesPerSecond: 30,
    queriesPerMinute: 1_800,
    wsMessagesPerSecond: 8,
  },
};
