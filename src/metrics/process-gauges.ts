import { Gauge, type Registry } from 'prom-client';
import type { Connection } from '../domain/connection';
import type { ExchangeId } from '../domain/exchange';
import type { RateLimiterCounts, RateLimitState } from '../ratelimit/rate-limiter';
import { PREFIX } from './prometheus-sink';
import { showRateLimits } from './rate-limit-gauges';

/** What a process shows of itself at each scrape. */
export interface ProcessSources {
  connections(): readonly Connection[];
  rateLimits(): readonly { exchangeId: ExchangeId; counts: RateLimiterCounts }[];
  /** The limits of the accounts that it has connections to. Never rejects: what can't be read is left out. */
  limitStates(): Promise<readonly RateLimitState[]>;
}

const CONNECTION_LABELS = ['tenantId', 'exchangeId', 'connectionType', 'connectionId'] as const;

/** Of each connection; the values of one that is closed go with it. */
const CONNECTION_GAUGES = {
  connection_up: ['1 where it is open.', ({ status }) => (status === 'CONNECTED' ? 1 : 0)],
  connection_uptime_seconds: ['Time for which it was open.', ({ metrics }) => metrics.uptimeMs / 1_000],
  connection_latency_p95_seconds: ['Of the last minute.', ({ metrics }) => metrics.latencyP95Ms / 1_000],
  connection_reconnections: ['Since it was opened first.', ({ metrics }) => metrics.reconnectionCount],
  connection_messages_received: ['Since it was opened first.', ({ metrics }) => metrics.messagesReceived],
  connection_messages_sent: ['Since it was opened first.', ({ metrics }) => metrics.messagesSent],
} satisfies Record<string, [help: string, valueOf: (connection: Connection) => number]>;

/** Of each exchange, in this process. */
const LIMITER_GAUGES = {
  ratelimit_granted: ['Calls let through since the start.', ({ granted }) => granted],
  ratelimit_denied: ['Calls refused since the start.', ({ denied }) => denied],
  ratelimit_waited: ['Of those let through, how many had to wait.', ({ waited }) => waited],
  ratelimit_waited_seconds: ['How long they waited together.', ({ waitedMs }) => waitedMs / 1_000],
  ratelimit_waiting: ['Calls that wait now.', ({ waiting }) => waiting],
  ratelimit_bans: ['Bans by the exchange since the start.', ({ bans }) => bans],
  ratelimit_alone: ['1 while this process counts without Redis.', ({ alone }) => (alone ? 1 : 0)],
} satisfies Record<string, [help: string, valueOf: (counts: RateLimiterCounts) => number]>;

export function showProcess(registry: Registry, { connections, rateLimits, limitStates }: ProcessSources): void {
  for (const [name, [help, valueOf]] of Object.entries(CONNECTION_GAUGES))
    new Gauge({
      name: `${PREFIX}${name}`,
      help,
      labelNames: CONNECTION_LABELS,
      registers: [registry],
      collect() {
        this.reset();
        for (const connection of connections()) {
          const { tenantId, exchangeId, type: connectionType, connectionId } = connection;
          this.set({ tenantId, exchangeId, connectionType, connectionId }, valueOf(connection));
        }
      },
    });
  for (const [name, [help, valueOf]] of Object.entries(LIMITER_GAUGES))
    new Gauge({
      name: `${PREFIX}${name}`,
      help,
      labelNames: ['exchangeId'],
      registers: [registry],
      collect() {
        for (const { exchangeId, counts } of rateLimits()) this.set({ exchangeId }, valueOf(counts));
      },
    });
  showRateLimits(registry, limitStates);
}
