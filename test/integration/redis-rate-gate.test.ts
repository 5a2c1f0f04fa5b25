import { Redis } from 'ioredis';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import type { RateScope } from '../../src/ratelimit/rate-gate';
import { blockKeyOf } from '../../src/ratelimit/rate-gate';
import { RedisRateGate } from '../../src/ratelimit/redis-rate-gate';
import { testStack } from '../stack/stack';

const scope: RateScope = { kind: 'ORDERS', exchangeId: 'BINANCE', tenantId: systemRandom.uuid() };
const redis = new Redis(testStack().redisUrl);
const gate = (of: Redis): RedisRateGate => new RedisRateGate(of, systemClock, silentLogger);

afterAll(() => redis.quit());

it('what one worker is told holds for all, is only ever extended, and ends by itself', async () => {
  const [one, other] = [gate(redis), gate(redis)];
  const untilMs = Date.now() + 60_000;
  await one.block(scope, untilMs, 'status 429');
  expect(await other.blockedUntil(scope)).toBe(untilMs);
  await other.block(scope, untilMs - 30_000, 'status 429');
  expect(await gate(redis).blockedUntil(scope)).toBe(untilMs);
  const ttlMs = await redis.pttl(blockKeyOf(scope));
  expect(ttlMs).toBeGreaterThan(55_000);
  expect(ttlMs).toBeLessThanOrEqual(60_000);
});

it('without Redis a worker keeps to what it was told itself', async () => {
  const away = new Redis('redis://127.0.0.1:9', { retryStrategy: () => null, lazyConnect: true });
  away.on('error', () => undefined);
  const alone = gate(away);
  expect(await alone.blockedUntil(scope)).toBeUndefined();
  const untilMs = Date.now() + 60_000;
  await alone.block(scope, untilMs, 'status 418');
  expect(await alone.blockedUntil(scope)).toBe(untilMs);
  away.disconnect();
});
