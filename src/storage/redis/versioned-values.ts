import type { Alerts } from '../../alerts/alerts';
import { ServiceError } from '../../domain/errors';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { RedisConnection } from './client';

/** A value of which only newer versions replace older ones. */
export interface VersionedValue {
  version: number;
  value: object;
  /** Absent: kept until it is written anew. */
  ttlMs?: number;
}

export interface VersionedWrite extends VersionedValue {
  key: string;
  /** Gives the value as its record has it now, strongly consistent. Absent where there is no record. */
  reread?: () => Promise<VersionedValue | undefined>;
}

export interface VersionedValuesParts {
  clock: Clock;
  logger: Logger;
  alerts: Alerts;
}

const KEYS_PER_CALL_MAX = 100;
const WARN_EVERY_MS = 10_000;
/** Each but the first was met by another loss. */
const REREADS_MAX = 3;
/** How long a value may take to be read anew. */
const LOSS_KEPT_MS = 30_000;
/** In place of a mark: whatever was lost, this may be written. */
const ANY = 'ANY';

/**
 * Values begin with their version, so that the script need not parse the rest. Where a value is gone (Redis was lost or
 * flushed, or the value has expired), a write may be a late one, and nothing there can tell: it gets a mark of the loss
 * back, and may only write what was read from the record after that, as long as the mark stands. KEYS: value, mark; one
 * slot of a cluster. ARGV: version, value, ms to keep, mark, ms to keep a mark.
 */
const SET_IF_NEWER = `
local current = redis.call('GET', KEYS[1])
local version = current and tonumber(string.match(current, '^{"version":(%d+)'))
if version and version > tonumber(ARGV[1]) then return 0 end
if not current and ARGV[4] ~= '${ANY}' then
  local mark = redis.call('GET', KEYS[2])
  if not mark or mark ~= ARGV[4] then
    if not mark then
      local time = redis.call('TIME')
      mark = time[1] .. '.' .. time[2]
    end
    redis.call('SET', KEYS[2], mark, 'PX', ARGV[5])
    return mark
  end
end
if ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
redis.call('DEL', KEYS[2])
return 1`;

/** Values in Redis that can be done without: late writes are discarded there, lost values read anew, failures logged. */
export class VersionedValues {
  private warnedAtMs = Number.NEGATIVE_INFINITY;
  private failures = 0;

  constructor(
    private readonly redis: RedisConnection,
    private readonly parts: VersionedValuesParts,
  ) {}

  /** Never rejects; takes as long as the connection's command limit, for each hundred values, unless values were lost. */
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
    const replies = await Promise.allSettled(writes.map((write) => this.set(write)));
    return replies.flatMap((reply) => (reply.status === 'rejected' ? [reply.reason as unknown] : []));
  }

  private async set({ key, reread, ...given }: VersionedWrite): Promise<void> {
    let lost = await this.setIfNewer(key, given, reread === undefined ? ANY : '');
    for (let rereads = 0; rereads < REREADS_MAX; rereads++) {
      if (lost === undefined || reread === undefined) return;
      const current = await reread();
      if (current === undefined) return;
      lost = await this.setIfNewer(key, current, lost);
    }
    throw new ServiceError('DEPENDENCY_UNAVAILABLE', `Redis lost ${key} ${REREADS_MAX} times while it was read anew.`);
  }

  /** The mark of a loss, when the value is gone and `mark` is not that of this loss. */
  private async setIfNewer(
    key: string,
    { version, value, ttlMs }: VersionedValue,
    mark: string,
  ): Promise<string | undefined> {
    const expiry = ttlMs === undefined ? '' : Math.max(1, Math.ceil(ttlMs));
    const values = [version, JSON.stringify({ version, ...value }), expiry, mark, LOSS_KEPT_MS];
    const reply = await this.redis.eval(SET_IF_NEWER, 2, key, `{${key}}:lost`, ...values);
    return typeof reply === 'string' ? reply : undefined;
  }

  private warn(failed: number, reason: unknown): void {
    const { clock, alerts, logger } = this.parts;
    this.failures += failed;
    const nowMs = clock.now();
    if (nowMs - this.warnedAtMs < WARN_EVERY_MS) return;
    const fields = { failures: this.failures, error: reason instanceof Error ? reason.message : String(reason) };
    alerts.raise({ code: 'PROJECTION_FAILED', details: fields });
    logger.warn(fields, 'Redis failed on projections; what they show is in DynamoDB all the same.');
    this.warnedAtMs = nowMs;
    this.failures = 0;
  }
}
