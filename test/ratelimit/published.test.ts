import { Redis } from 'ioredis';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import type { Budget } from '../../src/ratelimit/budget';
import { createRateLimiter } from '../../src/ratelimit/create-rate-limiter';
import { MemoryRateStore } from '../../src/ratelimit/memory-rate-store';
import { RedisRateStore } from '../../src/ratelimit/redis-rate-store';
import { ManualClock } from '../alerts/manual-clock';
import { testStack } from '../stack/stack';
import { aBudget } from './budgets';

test('budgets that nobody has used for a day leave Redis', async () => {
  const redis = new Redis(testStack().redisUrl);
  await redis.del('ratelimit:{FINOA}:BUDGETS');
  let nowMs = Date.parse('2026-01-31T12:00:00.000Z');
  const store = new RedisRateStore({ redis, random: systemRandom, now: () => nowMs });
  const [left, used] = [aBudget({ exchangeId: 'FINOA' }), aBudget({ exchangeId: 'FINOA' })];
  for (const budget of [left, used]) await store.publish(budget);
  nowMs += 86_400_000;
  await store.publish(used);
  expect(await redis.hkeys('ratelimit:{FINOA}:BUDGETS')).toEqual([used.key]);
  await redis.quit();
});

test('a budget that others could not be told of is told again soon', async () => {
  const clock = new ManualClock();
  class FailingOnce extends MemoryRateStore {
    tries = 0;
    override async publish(budget: Budget): Promise<void> {
      this.tries += 1;
      if (this.tries === 1) throw new Error('Redis is away.');
      await super.publish(budget);
    }
  }
  const store = new FailingOnce(clock);
  const limitsOf = (): Promise<never> => Promise.reject(new Error('Nobody is registered here.'));
  const limiter = createRateLimiter({ store, clock, random: systemRandom, logger: silentLogger, limitsOf });
  const budget = aBudget();
  const call = { exchangeId: 'BINANCE', charges: [{ budget, cost: 1 }], gates: [], priority: 'NORMAL' } as const;
  await limiter.acquire(call);
  await limiter.acquire(call);
  expect(store.tries).toBe(1);
  await clock.pass(10_000);
  await limiter.acquire(call);
  expect(await store.published('BINANCE')).toEqual([budget]);
});
