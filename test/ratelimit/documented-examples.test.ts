import type { ExchangeId } from '../../src/domain/exchange';
import { RATE_LIMITS } from '../../src/exchanges/binance/rate-limits';
import { learnLimits, observedUses } from '../../src/exchanges/binance/rate-limits';
import { systemClock } from '../../src/platform/clock';
import type { RateLimitConfig } from '../../src/ratelimit/account-limits';
import { AccountLimits } from '../../src/ratelimit/account-limits';
import { shareOf } from '../../src/ratelimit/budget';
import { BYBIT_RATE_LIMITS } from '../../src/ratelimit/declarations/bybit';
import { COINBASE_RATE_LIMITS, tokenBucket } from '../../src/ratelimit/declarations/coinbase';
import {
  KRAKEN_ADD_COST,
  krakenAmendCost,
  krakenCancelCost,
  krakenRateLimits,
} from '../../src/ratelimit/declarations/kraken';
import { OKX_RATE_LIMITS } from '../../src/ratelimit/declarations/okx';
import { MemoryRateStore } from '../../src/ratelimit/memory-rate-store';
import type { RateCall } from '../../src/ratelimit/rate-limiter';
import { aBudget, aRequest } from './budgets';

let nowMs = 0;
beforeEach(() => (nowMs = 1_800_000_000_000));
const newStore = (): MemoryRateStore => new MemoryRateStore({ ...systemClock, now: () => nowMs });

/** 0 when the call was made (and answered at once), else how long it would wait, ms. */
async function made(store: MemoryRateStore, { charges, gates, exchangeId, priority }: RateCall): Promise<number> {
  const [first] = charges;
  if (first === undefined) throw new Error('The call costs nothing.');
  const request = { ...aRequest(first.budget), exchangeId, charges, gates, critical: priority === 'CRITICAL' };
  const verdict = await store.acquire(request);
  if (!verdict.granted) return verdict.waitMs;
  await verdict.permit.release({ sent: true });
  return 0;
}

async function madeOf(store: MemoryRateStore, count: number, call: () => RateCall): Promise<number> {
  for (let done = 0; done < count; done += 1) if ((await made(store, call())) > 0) return done;
  return count;
}

/** As declared, without what we keep back or space out: the exchange's own arithmetic. */
const limitsOf = (exchangeId: ExchangeId, config: RateLimitConfig, tenantId = 't'): AccountLimits =>
  new AccountLimits(
    { ...config, criticalReservationPercent: 0, warningThresholdPercent: 100 },
    { exchangeId, mode: 'PRODUCTION', restEndpoint: 'https://exchange.example', tenantId },
  );

describe('Binance', () => {
  it('"at most 100 new orders between 12:34:00 and 12:34:10, then 100 more" (faqs/order_count_decrement.md)', async () => {
    const limits = limitsOf('BINANCE', RATE_LIMITS);
    learnLimits(limits, [{ rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10, limit: 100 }]);
    const store = newStore();
    const order = (): RateCall => limits.call({ ORDERS: 1, WEIGHT: 1 }, 'NORMAL');
    expect(await madeOf(store, 200, order)).toBe(100);
    nowMs += 10_100;
    expect(await madeOf(store, 200, order)).toBe(100);
  });

  it('weights add up by address, whoever calls', async () => {
    const limits = limitsOf('BINANCE', RATE_LIMITS);
    learnLimits(limits, [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 6_000 }]);
    const other = new AccountLimits(RATE_LIMITS, {
      exchangeId: 'BINANCE',
      mode: 'PRODUCTION',
      restEndpoint: 'https://api1.binance.com',
      tenantId: 'other',
    });
    const store = newStore();
    expect(await madeOf(store, 75, () => limits.call({ WEIGHT: 80 }, 'NORMAL'))).toBe(75);
    expect(await made(store, other.call({ WEIGHT: 1 }, 'CRITICAL'))).toBeGreaterThan(59_000);
  });

  it('"300 connections per attempt every 5 minutes per IP" (web-socket-streams.md), whoever connects', async () => {
    const store = newStore();
    let accounts = 0;
    const connection = (): RateCall => {
      accounts += 1;
      return limitsOf('BINANCE', RATE_LIMITS, `tenant-${accounts}`).call({ WEBSOCKET: 1 }, 'HIGH');
    };
    expect(await madeOf(store, 350, connection)).toBe(300);
    nowMs += 299_000;
    expect(await made(store, connection())).toBeGreaterThan(0);
    nowMs += 3_000;
    expect(await madeOf(store, 350, connection)).toBe(300);
  });

  it('when counts are lost, streams that have to connect are not kept blind for those 5 minutes', async () => {
    const store = newStore();
    store.forget();
    const connection = limitsOf('BINANCE', RATE_LIMITS).call({ WEBSOCKET: 1 }, 'HIGH');
    expect(await made(store, connection)).toBeLessThanOrEqual(1_000);
  });

  it('its headers name what was counted, and of which window', () => {
    const limits = limitsOf('BINANCE', RATE_LIMITS);
    const headers = { 'x-mbx-used-weight': '7', 'x-mbx-used-weight-1m': '8', 'x-mbx-order-count-10s': '3', date: 'x' };
    expect(observedUses(headers, limits)).toEqual([
      { budgetKey: 'ratelimit:ip:{BINANCE}:WEIGHT', windowMs: 60_000, used: 8 },
      { budgetKey: 'ratelimit:t:{BINANCE}:ORDERS', windowMs: 10_000, used: 3 },
    ]);
  });
});

describe('Kraken', () => {
  it.each([
    [0, 8, 4],
    [4_999, 8, 4],
    [5_000, 6, 3],
    [10_000, 5, 2],
    [15_000, 4, 1],
    [45_000, 2, 1],
    [90_000, 1, 1],
    [300_000, 0, 1],
  ])('an order that rested %i ms costs %i to cancel and %i to amend', (restedMs, cancel, amend) => {
    expect([krakenCancelCost(restedMs), krakenAmendCost(restedMs)]).toEqual([cancel, amend]);
  });

  it('quick cancels use up one pair’s count, which then falls at the tier’s pace; other pairs don’t notice', async () => {
    const limits = limitsOf('KRAKEN', krakenRateLimits('STARTER'));
    const store = newStore();
    const add = (assetId = 'BTC/USD'): RateCall => limits.call({ ORDERS: KRAKEN_ADD_COST }, 'NORMAL', { assetId });
    const cancel = (): RateCall => limits.call({ ORDERS: krakenCancelCost(1_000) }, 'CRITICAL', { assetId: 'BTC/USD' });
    // 60 ÷ (1 + 8): six pairs of calls make 54; the seventh order 55, its cancel would make 63.
    for (let pair = 0; pair < 6; pair += 1)
      expect([await made(store, add()), await made(store, cancel())]).toEqual([0, 0]);
    expect(await made(store, add())).toBe(0);
    expect(await made(store, cancel())).toBe(3_000);
    expect(await made(store, add('LTC/EUR'))).toBe(0);
    nowMs += 3_000;
    expect(await made(store, cancel())).toBe(0);
  });
});

describe('Coinbase', () => {
  it('its token bucket’s documented example: burst 3, refresh 1', async () => {
    const budget = aBudget({ model: tokenBucket({ burst: 3, refresh: 1 }) });
    const store = newStore();
    const startMs = nowMs;
    const example: [atSeconds: number, made: boolean, tokens: number][] = [
      [0.5, true, 2],
      [0.8, true, 1.3],
      [0.9, true, 0.4],
      [1.0, false, 0.5],
      [1.4, false, 0.9],
      [1.8, true, 0.3],
      [5.0, true, 2],
    ];
    for (const [atSeconds, granted, tokens] of example) {
      nowMs = startMs + atSeconds * 1_000;
      const call: RateCall = { exchangeId: 'BINANCE', charges: [{ budget, cost: 1 }], gates: [], priority: 'NORMAL' };
      expect((await made(store, call)) === 0).toBe(granted);
      const [usage] = await store.usage('BINANCE', [budget]);
      expect(3 - (usage?.uses[0]?.used ?? NaN)).toBeCloseTo(tokens, 6);
    }
  });

  it('counts private calls by key and public ones by address', async () => {
    const limits = limitsOf('COINBASE', COINBASE_RATE_LIMITS);
    const store = newStore();
    expect(await madeOf(store, 99, () => limits.call({ ORDERS: 1, WEIGHT: 1 }, 'NORMAL'))).toBe(30);
    expect(await made(store, limits.call({ WEIGHT: 1 }, 'NORMAL'))).toBeGreaterThan(0);
    expect(await madeOf(store, 99, () => limits.call({ QUERIES: 1 }, 'NORMAL'))).toBe(10);
  });
});

test('OKX: 60 orders in 2 s on each instrument, 1000 on the account', async () => {
  const limits = limitsOf('OKX', OKX_RATE_LIMITS);
  const store = newStore();
  const on = (assetId: string) => () => limits.call({ ORDERS: 1 }, 'NORMAL', { assetId });
  for (let instrument = 0; instrument < 16; instrument += 1) {
    expect(await madeOf(store, 99, on(`A${instrument}/USDT`))).toBe(60);
  }
  expect(await madeOf(store, 99, on('LAST/USDT'))).toBe(40);
  nowMs += 2_020;
  expect(await madeOf(store, 99, on('LAST/USDT'))).toBe(60);
});

test('Bybit: 600 requests in 5 s from one address, 20 orders a second on one account', async () => {
  const limits = limitsOf('BYBIT', BYBIT_RATE_LIMITS);
  const store = newStore();
  expect(await madeOf(store, 99, () => limits.call({ ORDERS: 1, WEIGHT: 1 }, 'NORMAL'))).toBe(20);
  expect(await madeOf(store, 999, () => limits.call({ WEIGHT: 1 }, 'NORMAL'))).toBe(580);
});

test('a share is never more than the limit by all, and takes the dearest call', () => {
  for (const workers of [1, 4, 16]) {
    const budget = aBudget({ model: { windows: [{ limit: 100, windowMs: 1_000 }] }, costMax: 20 });
    const { model } = shareOf(budget, workers);
    const [{ limit, windowMs } = { limit: 0, windowMs: 1 }] = 'windows' in model ? model.windows : [];
    expect(limit).toBeGreaterThanOrEqual(20);
    expect((limit * workers) / windowMs).toBeLessThanOrEqual(100 / 1_000);
  }
});
