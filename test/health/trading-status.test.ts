import type { ReportedConnection } from '../../src/domain/connection';
import type { ExchangeConfig } from '../../src/domain/exchange';
import { judgeTrading } from '../../src/health/trading-status';
import type { RateLimitState } from '../../src/ratelimit/rate-limiter';

const config = { exchangeId: 'BINANCE', status: 'ACTIVE' } as ExchangeConfig;
const stream = { type: 'WEBSOCKET', status: 'CONNECTED' } as ReportedConnection;
const orders: RateLimitState = {
  ...{ exchangeId: 'BINANCE', tenantId: 'demo', scope: 'ACCOUNT', category: 'ORDERS', windowMs: 10_000 },
  ...{ limit: 50, used: 10, remaining: 40, reservedForCritical: 0, queued: 0, resetsAt: '2026-01-31T12:00:10.000Z' },
};
const weight: RateLimitState = {
  ...orders,
  ...{ scope: 'IP', category: 'WEIGHT', windowMs: 60_000, limit: 6_000, used: 0, remaining: 6_000 },
  reservedForCritical: 600,
};

function reasonsWith(...limits: RateLimitState[]): string[] {
  const [judged] = judgeTrading(
    [],
    [],
    [{ config, connections: [stream], limits, halts: [], unpolledQueues: [] }],
  ).exchanges;
  return judged?.reasons ?? ['not judged'];
}

test('limits that leave room for an order keep nobody from trading, whatever else is used up', () => {
  const queries: RateLimitState = { ...orders, category: 'QUERIES', used: 50, remaining: 0 };
  expect(
    reasonsWith({ ...orders, used: 49, remaining: 1 }, { ...weight, used: 5_399, remaining: 601 }, queries),
  ).toEqual([]);
});

test('status says that nothing can be traded while the weight is used up', () => {
  expect(reasonsWith(orders, { ...weight, used: 6_000, remaining: 0 })).toEqual([
    'All 6000 WEIGHT per 60 s but 600 for cancels are used until 2026-01-31T12:00:10.000Z; orders wait (limits).',
  ]);
});

test('status does not count what is kept for cancels as left for orders', () => {
  expect(reasonsWith(orders, { ...weight, used: 5_400, remaining: 600 })).toHaveLength(1);
  expect(reasonsWith({ ...orders, used: 50, remaining: 0 })).toEqual([
    'All 50 ORDERS per 10 s are used until 2026-01-31T12:00:10.000Z; orders wait (limits).',
  ]);
});
