import type { RedisConnection } from '../storage/redis/client';
import { ServiceError } from '../domain/errors';
import type { OrderRequest } from '../domain/order-request';

const WINDOW_MS = 1_000;

/**
 * Counts a send into the last second by Redis's own time, unless the second is full. An order counts once, however often
 * it is judged; a refused one does not count. KEYS: the tenant's sends. ARGV: the send, window in ms, limit.
 */
const COUNT = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2] * 1000)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return redis.call('ZCARD', KEYS[1]) end
local used = redis.call('ZCARD', KEYS[1])
if used >= tonumber(ARGV[3]) then return used + 1 end
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return used + 1`;

/** How many orders a tenant sends in any one second, over all workers. */
export class OrderRate {
  constructor(private readonly redis: RedisConnection) {}

  /**
   * The place of this order among those of the last second, itself included.
   * @throws ServiceError DEPENDENCY_UNAVAILABLE: without Redis nobody knows, so nothing is sent
   */
  async count(order: OrderRequest, limit: number): Promise<number> {
    const { tenantId, orderId, quantity, price, stopPrice } = order;
    // An amendment is a send of its own, and the same one again is not.
    const send = JSON.stringify([orderId, quantity, price, stopPrice]);
    try {
      return Number(await this.redis.eval(COUNT, 1, `safeguards:{${tenantId}}:SENDS`, send, WINDOW_MS, limit));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const what = `Redis did not count the orders of ${tenantId} for ordersPerSecond (${reason}).`;
      throw new ServiceError('DEPENDENCY_UNAVAILABLE', what, [], { cause: error });
    }
  }
}
