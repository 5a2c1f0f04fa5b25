import type { Clock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { createRateLimiter } from '../../src/ratelimit/create-rate-limiter';
import { MemoryRateStore } from '../../src/ratelimit/memory-rate-store';
import type { RateLimiter } from '../../src/ratelimit/rate-limiter';

/** A limiter that nobody shares; accounts bring their limits along. */
export function ownRateLimiter(clock: Clock): RateLimiter {
  return createRateLimiter({
    store: new MemoryRateStore(clock),
    clock,
    random: systemRandom,
    logger: silentLogger,
    limitsOf: () => Promise.reject(new Error('Nobody is registered here.')),
  });
}
