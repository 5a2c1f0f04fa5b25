import { Cluster, Redis } from 'ioredis';
import type { Logger } from '../../platform/logger';

/** One server, or a cluster of them: what is asked of them is the same. */
export type RedisConnection = Redis | Cluster;

const CONNECT_LIMIT_MS = 2_000;
/** What Redis holds are projections: one that takes longer is given up. */
const COMMAND_LIMIT_MS = 250;
/** How long a connection that is closed while Redis is away keeps its process alive. */
const DISCONNECT_LIMIT_MS = 250;
const RECONNECT_PAUSE_MS_MAX = 2_000;
/** How often one command follows a slot to another node, or waits for a node to take over: within its limit. */
const REDIRECTIONS_MAX = 3;
const REDIRECTION_PAUSE_MS = 50;

/**
 * A connection that is never waited for: while Redis is away commands fail at once instead of piling up, and each has
 * a limit. It reconnects by itself, for ever. Several URLs, separated by commas, are nodes of a cluster.
 */
export function createRedis(url: string, logger: Logger, commandLimitMs = COMMAND_LIMIT_MS): RedisConnection {
  const redis = connect(url, commandLimitMs);
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

function connect(url: string, commandTimeout: number): RedisConnection {
  const limits = { connectTimeout: CONNECT_LIMIT_MS, disconnectTimeout: DISCONNECT_LIMIT_MS, commandTimeout };
  const retryStrategy = (attempt: number): number => Math.min(attempt * 50, RECONNECT_PAUSE_MS_MAX);
  const impatient = {
    enableOfflineQueue: false,
    enableAutoPipelining: true, // commands of one turn of the event loop are one write to the socket
  };
  const nodes = url.split(',').map((node) => new URL(node.trim()));
  const [first] = nodes;
  if (nodes.length === 1 || first === undefined) {
    const options = { ...limits, ...impatient, maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false };
    return new Redis(url, { ...options, retryStrategy });
  }
  return new Cluster(nodes.map(nodeOf), {
    ...impatient,
    redisOptions: { ...limits, ...credentialsOf(first) },
    clusterRetryStrategy: retryStrategy,
    maxRedirections: REDIRECTIONS_MAX,
    retryDelayOnFailover: REDIRECTION_PAUSE_MS,
    retryDelayOnClusterDown: REDIRECTION_PAUSE_MS,
    retryDelayOnTryAgain: REDIRECTION_PAUSE_MS,
  });
}

function nodeOf({ hostname, port }: URL): { host: string; port: number } {
  return { host: hostname, port: Number(port || 6379) };
}

/** The nodes of a cluster have one user and one kind of connection. */
function credentialsOf({ protocol, username, password }: URL): { username?: string; password?: string; tls?: object } {
  return {
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  };
}

/** The connection, as soon as it serves or its connect limit is over. */
export async function openRedis(url: string, logger: Logger, commandLimitMs?: number): Promise<RedisConnection> {
  const redis = createRedis(url, logger, commandLimitMs);
  await redisReady(redis);
  return redis;
}

/** Resolves once the connection serves, or after its connect limit all the same: the service starts without Redis. */
export function redisReady(redis: RedisConnection): Promise<void> {
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
