import type { Redis } from 'ioredis';
import type { Alerts } from '../../alerts/alerts';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';

/** A value of which only newer versions replace older ones. */
export interface VersionedWrite {
  key: string;
  version: number;
  value: object;
  /** Absent: kept until it is written anew. */
  ttlMs?: number;
}

const KEYS_PER_CALL_MAX = 100;
const WARN_EVERY_MS = 10_000;

/** Values begin with their version, so that the script need not parse the rest. */
const SET_IF_NEWER = `
local current = redis.call('GET', KEYS[1])
local version = current and tonumber(string.match(current, '^{"version":(%d+)'))
if version and version > tonumber(ARGV[1]) then return 0 end
if ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1`;

/** Values in Redis that can be done without: late writes are discarded there, failing calls are logged. */
export class VersionedValues {
  private warnedAtMs = Number.NEGATIVE_INFINITY;
  private failures = 0;

  constructor(
    private readonly redis: Redis,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly alerts: Alerts,
  ) {}

  /** Never rejects; takes as long as the connection's command limit at most, for each hundred values. */
  async write(writes: readonly VersionedWrite[]): Promise<void> {
    for (let start = 0; start < writes.length; start += KEYS_PER_CALL_MAX) {
      const errors = await this.setAll(writes.slice(start, start + KEYS_PER_CALL_MAX));
      if (errors.length > 0) this.warn(errors.length, errors[0]);
    }
  }

  /** Undefined when there is none, and when Redis does not answer. */
  async read(key: string): Promise<object | undefined> {
    try {
      const json = await this.redis.get(key);
      return json === null ? undefined : (JSON.parse(json) as object);
    } catch (error) {
      this.warn(1, error);
      return undefined;
    }
  }

  /** One round trip, as the client joins what is asked of it at once; the errors of those that failed. */
  private async setAll(writes: readonly VersionedWrite[]): Promise<unknown[]> {
    const replies = await Promise.allSettled(
      writes.map(({ key, version, value, ttlMs }) => {
        const expiry = ttlMs === undefined ? '' : Math.max(1, Math.ceil(ttlMs));
        return this.redis.eval(SET_IF_NEWER, 1, key, version, JSON.stringify({ version, ...value }), expiry);
      }),
    );
    return replies.flatMap((reply) => (reply.status === 'rejected' ? [reply.reason as unknown] : []));
  }

  private warn(failed: number, reason: unknown): void {
    this.failures += failed;
    const nowMs = this.clock.now();
    if (nowMs - this.warnedAtMs < WARN_EVERY_MS) return;
    const fields = { failures: this.failures, error: reason instanceof Error ? reason.message : String(reason) };
    this.alerts.raise({ code: 'PROJECTION_FAILED', details: fields });
    this.logger.warn(fields, 'Redis failed on projections; what they show is in DynamoDB all the same.');
    this.warnedAtMs = nowMs;
    this.failures = 0;
  }
}
