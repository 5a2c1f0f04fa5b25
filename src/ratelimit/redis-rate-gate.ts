import type { Redis } from 'ioredis';
import type { Clock } from '../platform/clock';
import type { Logger } from '../platform/logger';
import { MemoryRateGate } from './memory-rate-gate';
import type { RateGate, RateScope } from './rate-gate';
import { blockKeyOf } from './rate-gate';

/** A call must not wait for a Redis that is away: then what this process knows itself counts. */
export const REDIS_WAIT_MS_MAX = 200;

/** Keeps the later of two blocks, so that workers with different news don't shorten each other's. */
const EXTEND = `
local known = tonumber(redis.call('GET', KEYS[1]) or '0')
if known >= tonumber(ARGV[1]) then return known end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return tonumber(ARGV[1])`;

/** Blocks shared by all workers through Redis; each also remembers its own, for when Redis is away. */
export class RedisRateGate implements RateGate {
  private readonly own: MemoryRateGate;

  constructor(
    private readonly redis: Redis,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.own = new MemoryRateGate(clock);
  }

  async blockedUntil(scope: RateScope): Promise<number | undefined> {
    const own = await this.own.blockedUntil(scope);
    if (own !== undefined) return own;
    const shared = await this.attempt(() => this.redis.get(blockKeyOf(scope)));
    const untilMs = typeof shared === 'string' ? Number(shared) : 0;
    return untilMs > this.clock.now() ? untilMs : undefined;
  }

  async block(scope: RateScope, untilMs: number, reason: string): Promise<void> {
    await this.own.block(scope, untilMs);
    const key = blockKeyOf(scope);
    const ttlMs = Math.ceil(untilMs - this.clock.now());
    this.logger.warn({ key, ttlMs, reason }, 'The exchange refuses calls; none are made until the block ends.');
    if (ttlMs > 0) await this.attempt(() => this.redis.eval(EXTEND, 1, key, Math.ceil(untilMs), ttlMs));
  }

  private async attempt(command: () => Promise<unknown>): Promise<unknown> {
    const done = new AbortController();
    const late = this.clock.sleep(REDIS_WAIT_MS_MAX, done.signal).then(
      () => Promise.reject(new Error(`no answer within ${REDIS_WAIT_MS_MAX} ms`)),
      () => undefined,
    );
    try {
      return await Promise.race([command(), late]);
    } catch (error) {
      this.logger.warn({ error: (error as Error).message }, 'Redis does not answer: only own rate limit blocks count.');
      return undefined;
    } finally {
      done.abort();
    }
  }
}
