import type { RedisConnection } from '../../src/storage/redis/client';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import type { RateLimiterParts } from '../../src/ratelimit/create-rate-limiter';
import { createRateLimiter } from '../../src/ratelimit/create-rate-limiter';
import type { RateLimiter } from '../../src/ratelimit/rate-limiter';
import { RedisRateStore } from '../../src/ratelimit/redis-rate-store';
import type { SharedRateStoreOptions } from '../../src/ratelimit/shared-rate-store';
import { SharedRateStore } from '../../src/ratelimit/shared-rate-store';

const PLATFORM = { clock: systemClock, random: systemRandom, logger: silentLogger };

/** A limiter as one process has it, on a real Redis. */
export function sharedRateLimiter(
  redis: RedisConnection,
  {
    limitsOf = () => Promise.reject(new Error('Nobody is registered here.')),
    ...options
  }: Partial<Pick<SharedRateStoreOptions, 'workersMax' | 'patienceMs' | 'probeMs'>> &
    Partial<Pick<RateLimiterParts, 'limitsOf'>> = {},
): RateLimiter {
  const store = new SharedRateStore({
    redis: new RedisRateStore({ redis, random: systemRandom }),
    ...PLATFORM,
    ...options,
  });
  return createRateLimiter({ store, ...PLATFORM, limitsOf, countsAlone: () => store.countsAlone });
}
