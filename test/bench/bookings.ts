import { silentLogger } from '../../src/platform/logger';
import { createRedis, type RedisConnection, redisReady } from '../../src/storage/redis/client';

/** Says when a position was booked: its projection follows the transaction at once, and Redis tells of every write. */
export interface Bookings {
  /** The instant of the next booking, ms since the epoch. */
  next(): Promise<number>;
  close(): void;
}

export async function watchBookings(redisUrl: string, positionKey: string): Promise<Bookings> {
  const redis = await open(redisUrl);
  await redis.config('SET', 'notify-keyspace-events', 'K$');
  redis.disconnect();
  const subscriber = await open(redisUrl);
  await subscriber.subscribe(`__keyspace@0__:${positionKey}`);
  return {
    next: () => new Promise((resolve) => subscriber.once('message', () => resolve(Date.now()))),
    close: () => subscriber.disconnect(),
  };
}

async function open(redisUrl: string): Promise<RedisConnection> {
  const redis = createRedis(redisUrl, silentLogger);
  await redisReady(redis);
  return redis;
}
