import { systemClock } from '../../src/platform/clock';
import { MemoryRateGate } from '../../src/ratelimit/memory-rate-gate';
import type { RateScope } from '../../src/ratelimit/rate-gate';
import { blockKeyOf } from '../../src/ratelimit/rate-gate';

const IP: RateScope = { kind: 'IP', exchangeId: 'BINANCE' };
const ORDERS: RateScope = { kind: 'ORDERS', exchangeId: 'BINANCE', tenantId: 'a' };

it('blocks one scope until its time, only ever longer', async () => {
  let now = 1_000;
  const gate = new MemoryRateGate({ ...systemClock, now: () => now });
  expect(await gate.blockedUntil(IP)).toBeUndefined();
  await gate.block(IP, 5_000);
  await gate.block(IP, 2_000);
  expect(await gate.blockedUntil(IP)).toBe(5_000);
  expect(await gate.blockedUntil(ORDERS)).toBeUndefined();
  now = 5_000;
  expect(await gate.blockedUntil(IP)).toBeUndefined();
});

it('keys carry the exchange as hash tag and never meet', () => {
  expect(blockKeyOf(IP)).toBe('ratelimit:ip:{BINANCE}:BAN');
  expect(blockKeyOf({ ...ORDERS, tenantId: 'ip' })).not.toBe(blockKeyOf(IP));
});
