import type { RateLimitConfig } from '../account-limits';
import type { BudgetScope, DecayLimit } from '../budget';

/** Coinbase's lazy-fill token bucket: `burst` tokens, `refresh` a second (docs.cdp.coinbase.com/exchange/rest-api/rate-limits). */
export function tokenBucket({ burst, refresh }: { burst: number; refresh: number }): { decay: DecayLimit } {
  return { decay: { limit: burst, perSecond: refresh } };
}

const PRIVATE: { scope: BudgetScope } = { scope: 'ACCOUNT' };

/**
 * Coinbase Advanced Trade: 30 private requests a second for each key's user, of whatever kind (WEIGHT), and 10 public
 * ones a second for each address (QUERIES). A private query takes WEIGHT alone.
 */
export const COINBASE_RATE_LIMITS: RateLimitConfig = {
  limits: [
    { ...PRIVATE, category: 'ORDERS', servesCancels: false },
    { ...PRIVATE, category: 'WEIGHT', servesCancels: true, model: { windows: [{ limit: 30, windowMs: 1_000 }] } },
    { category: 'QUERIES', scope: 'IP', servesCancels: false, model: { windows: [{ limit: 10, windowMs: 1_000 }] } },
    { ...PRIVATE, category: 'WEBSOCKET', servesCancels: false },
  ],
  criticalReservationPercent: 10,
  warningThresholdPercent: 80,
  burstAllowed: true,
  documented: {
    ordersPerSecond: 30,
    ordersPerMinute: 1_800,
    queriesPerSecond: 10,
    queriesPerMinute: 600,
    wsMessagesPerSecond: 8,
    weightPerMinute: 1_800,
  },
};
