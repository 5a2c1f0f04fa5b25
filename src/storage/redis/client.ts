import { Redis } from 'ioredis';
import type { Logger } from '../../platform/logger';

const CONNECT_LIMIT_MS = 2_000;
/** What Redis holds are projections: one that takes longer is given up. */
const COMMAND_LIMIT_MS = 250;
const RECONNECT_PAUSE_MS_MAX = 2_000;

/**
 * A connection that is never waited for: while Redis is away commands fail at once instead of piling up, and each has
 * a limit. It reconnects by itself, for ever.
 */
export function createRedis(url: string, logger: Logger, commandLimitMs = COMMAND_LIMIT_MS): Redis {
  const redis = new Redis(url, {
    connectTimeout: CONNECT_LIMIT_MS,
    commandTimeout: commandLimitMs,
    enableOfflineQueue: false,
    enableAutoPipelining: true, // commands of one turn of the event loop are one write to the socket
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (attempt) => Math.min(attempt * 50, RECONNECT_PAUSE_MS_MAX),
  });
  let lost = false;
  redis.on('ready', () => {
    if (lost) logger.info({ part: 'redis' }, 'Redis answers again.');
    lost = false;
  });
  redis.on('error', (error: Error) => {
    if (!lost)
      logger.warn({ part: 'redis', error: error.message }, 'Redis does not answer; it is tried again and again.');
    lost = true;
  });
  return redis;
}

/** Resolves once the connection serves, or after its connect limit all the same: the service starts without Redis. */
export function redisReady(redis: Redis): Promise<void> {
  if (redis.status === 'ready') return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, CONNECT_LIMIT_MS);
    redis.once('ready', done);
    function done(): void {
      clearTimeout(timer);
      redis.off('ready', done);
      resolve();
    }
  });
}
