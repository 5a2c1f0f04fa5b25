import type { AccountLimits, RateLimitConfig } from '../../ratelimit/account-limits';
import type { ObservedUse, RateLimitCategory, WindowLimit } from '../../ratelimit/budget';
import type { WireRateLimit } from './wire';

/**
 * How Binance limits us (rest-api.md, LIMITS): weight by address, new orders by account, messages by connection, and
 * attempts to connect by address: 300 in 5 minutes, which web-socket-api.md and web-socket-streams.md say in the same
 * words, so both count as one. A stream takes WEBSOCKET once, when it connects. Cancels take weight alone. Queries have no limit but their weight; what is here only
 * keeps a burst of them in bounds, and a registration may set more.
 */
export const RATE_LIMITS: RateLimitConfig = {
  limits: [
    { category: 'ORDERS', scope: 'ACCOUNT', servesCancels: false },
    {
      category: 'QUERIES',
      scope: 'ACCOUNT',
      servesCancels: false,
      model: { windows: [{ limit: 1_000, windowMs: 1_000 }] },
    },
    { category: 'WEBSOCKET', scope: 'ACCOUNT', servesCancels: false },
    {
      category: 'WEBSOCKET',
      scope: 'IP',
      servesCancels: false,
      model: { windows: [{ limit: 300, windowMs: 300_000 }] },
    },
    { category: 'WEIGHT', scope: 'IP', servesCancels: true, costMax: 80 },
  ],
  criticalReservationPercent: 10,
  warningThresholdPercent: 80,
  burstAllowed: true,
  documented: {
    ordersPerSecond: 50,
    ordersPerMinute: 300,
    queriesPerSecond: 1_000,
    queriesPerMinute: 6_000,
    wsMessagesPerSecond: 5,
    weightPerMinute: 6_000,
  },
};

/** What connecting to the WebSocket API and subscribing there weighs (web-socket-api.md). */
export const STREAM_WEIGHT = 4;

const UNIT_MS: Record<string, number> = { S: 1_000, M: 60_000, H: 3_600_000, D: 86_400_000 };
/**
 * RAW_REQUESTS is left out: each request weighs 1 or more, and five minutes of weight are half of what it allows.
 */
const CATEGORY_OF_TYPE: Record<string, RateLimitCategory> = { REQUEST_WEIGHT: 'WEIGHT', ORDERS: 'ORDERS' };
/** X-MBX-USED-WEIGHT-1M, X-MBX-ORDER-COUNT-10S: what was used, and of which window. */
const USAGE_HEADER = /^x-mbx-(?<what>used-weight|order-count)-(?<count>\d+)(?<unit>[smhd])$/;
const CATEGORY_OF_HEADER: Record<string, RateLimitCategory> = { 'used-weight': 'WEIGHT', 'order-count': 'ORDERS' };

/** Takes the limits that hold for this account from exchangeInfo. */
export function learnLimits(limits: AccountLimits, stated: readonly WireRateLimit[]): void {
  const windows = new Map<RateLimitCategory, WindowLimit[]>();
  for (const { rateLimitType, interval, intervalNum, limit } of stated) {
    const category = CATEGORY_OF_TYPE[rateLimitType];
    const unitMs = UNIT_MS[interval.charAt(0)];
    if (category === undefined || unitMs === undefined || limit < 1) continue;
    windows.set(category, [...(windows.get(category) ?? []), { limit, windowMs: intervalNum * unitMs }]);
  }
  for (const [category, all] of windows) limits.learn(category, all);
}

/** What Binance says in a reply that it has counted. */
export function observedUses(headers: Readonly<Record<string, string>>, limits: AccountLimits): ObservedUse[] {
  return Object.entries(headers).flatMap(([header, value]) => {
    const { what = '', count = '', unit = '' } = USAGE_HEADER.exec(header)?.groups ?? {};
    const category = CATEGORY_OF_HEADER[what];
    const unitMs = UNIT_MS[unit.toUpperCase()];
    const used = Number(value);
    if (category === undefined || unitMs === undefined || !Number.isSafeInteger(used)) return [];
    return limits.of(category).map(({ key }) => ({ budgetKey: key, windowMs: Number(count) * unitMs, used }));
  });
}
