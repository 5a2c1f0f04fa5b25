import type { Alerts } from '../../alerts/alerts';
import {
  type AccountName,
  CONNECTION_TYPES,
  type ConnectionType,
  type ReportedConnection,
} from '../../domain/connection';
import type { Clock } from '../../platform/clock';
import { isoTime } from '../../platform/clock';
import type { RedisConnection } from './client';
import { CONNECTION_REPORT_KEPT_MS, type ConnectionStates } from '../connection-states';

/**
 * Several processes share a key: each puts its own connections in and takes those out that nobody reports any more.
 * ARGV: since when reports count (ISO), how long the key is kept (ms), then id and JSON of each ("" takes it out).
 */
const MERGE = `
local text = redis.call('GET', KEYS[1])
local state = text and cjson.decode(text) or { connections = {} }
for id, connection in pairs(state.connections) do
  if connection.reportedAt < ARGV[1] then state.connections[id] = nil end
end
for i = 3, #ARGV, 2 do
  state.connections[ARGV[i]] = ARGV[i + 1] ~= '' and cjson.decode(ARGV[i + 1]) or nil
end
if next(state.connections) == nil then return redis.call('DEL', KEYS[1]) end
return redis.call('SET', KEYS[1], cjson.encode(state), 'PX', ARGV[2])`;

/** `connection:{tenantId}:{exchangeId}:{type}` → `{connections: {<connectionId>: ReportedConnection}}` */
export class RedisConnectionStates implements ConnectionStates {
  constructor(
    private readonly redis: RedisConnection,
    private readonly clock: Clock,
    private readonly alerts: Alerts,
  ) {}

  async report(connections: readonly ReportedConnection[]): Promise<void> {
    await this.merge(connections, (connection) => JSON.stringify(connection));
  }

  async forget(connections: readonly ReportedConnection[]): Promise<void> {
    await this.merge(connections, () => '');
  }

  async list(account: AccountName): Promise<ReportedConnection[] | undefined> {
    try {
      const texts = await Promise.all(CONNECTION_TYPES.map((type) => this.redis.get(keyOf(account, type))));
      const since = this.since();
      return texts
        .flatMap((text) => (text === null ? [] : connectionsOf(text)))
        .filter(({ reportedAt }) => reportedAt >= since);
    } catch (error) {
      this.warn(error);
      return undefined;
    }
  }

  private async merge(
    connections: readonly ReportedConnection[],
    textOf: (connection: ReportedConnection) => string,
  ): Promise<void> {
    const byKey = new Map<string, string[]>();
    for (const connection of connections) {
      const key = keyOf(connection, connection.type);
      byKey.set(key, [...(byKey.get(key) ?? []), connection.connectionId, textOf(connection)]);
    }
    const since = this.since();
    try {
      await Promise.all(
        [...byKey].map(([key, entries]) =>
          this.redis.eval(MERGE, 1, key, since, CONNECTION_REPORT_KEPT_MS, ...entries),
        ),
      );
    } catch (error) {
      this.warn(error);
    }
  }

  private since(): string {
    return isoTime(this.clock.now() - CONNECTION_REPORT_KEPT_MS);
  }

  private warn(error: unknown): void {
    const details = { what: 'connections', error: error instanceof Error ? error.message : String(error) };
    this.alerts.raise({ code: 'PROJECTION_FAILED', details });
  }
}

function keyOf({ tenantId, exchangeId }: AccountName, type: ConnectionType): string {
  return `connection:${tenantId}:${exchangeId}:${type}`;
}

function connectionsOf(text: string): ReportedConnection[] {
  return Object.values((JSON.parse(text) as { connections: Record<string, ReportedConnection> }).connections);
}
