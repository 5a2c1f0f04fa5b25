import type { Connection, ConnectionType } from '../domain/connection';
import type { ExchangeId } from '../domain/exchange';
import type { Clock } from '../platform/clock';
import { isoTime } from '../platform/clock';
import type { CallObserver, ObservedCall, ObservedEnd } from '../transport/call-observer';
import type { ConnectionWatch } from '../transport/connection-observer';
import { UNWATCHED, watchedBy } from '../transport/connection-observer';
import type { ConnectionMetrics, MetricsSink } from './metrics';

export const TALLY_INTERVAL_MS = 10_000;

interface Account {
  tenantId: string;
  exchangeId: ExchangeId;
}

interface Counts {
  messages: number;
  failures: number;
  latencies: number;
  latencySumMs: number;
}

interface Tally extends Account, Counts {
  connectionType: ConnectionType;
  /** Of the connections' last minute, the worst. */
  recentErrorRate: number;
}

/**
 * Counts what accounts' transports do, and tells it once an interval. A connection that is there and does nothing is told
 * of too: a stream that fell silent, or that nobody could open again, must not look as it did last.
 */
export class ConnectionTally {
  private tallies = new Map<string, Tally>();
  private connections: () => readonly Connection[] = () => [];
  private readonly life = new AbortController();
  private readonly running: Promise<void>;

  constructor(
    private readonly sink: MetricsSink,
    private readonly clock: Clock,
    private readonly intervalMs = TALLY_INTERVAL_MS,
  ) {
    this.running = this.tellAgainAndAgain();
  }

  /** To be told by an account's transports, beside the audit. Of REST it counts the private calls. */
  observe(account: Account): CallObserver {
    return {
      begin: (call) => (end) => this.called(account, call, end),
      watch: ({ type }) => (type === 'REST' ? UNWATCHED : this.watch(account, type)),
    };
  }

  /** From now on connections that do nothing are told of too. */
  lookAt(connections: () => readonly Connection[]): void {
    this.connections = connections;
  }

  private watch(account: Account, type: ConnectionType): ConnectionWatch {
    return {
      ...UNWATCHED,
      received: () => void (this.tallyOf(account, type).messages += 1),
      answered: (latencyMs) => this.count(account, type, { latencies: 1, latencySumMs: latencyMs }),
      failed: () => void (this.tallyOf(account, type).failures += 1),
    };
  }

  async close(): Promise<void> {
    this.life.abort(new Error('closed'));
    await this.running;
  }

  private called(account: Account, { sent }: ObservedCall, end: ObservedEnd): void {
    const failed = 'error' in end || (end.status ?? 0) >= 500;
    const type = 'url' in sent ? 'REST' : 'WEBSOCKET';
    const answer = failed ? { failures: 1 } : { latencies: 1, latencySumMs: end.latencyMs };
    this.count(account, type, type === 'REST' ? { messages: 1, ...answer } : answer);
  }

  private count(
    account: Account,
    type: ConnectionType,
    { messages = 0, failures = 0, latencies = 0, latencySumMs = 0 }: Partial<Counts>,
  ): void {
    const tally = this.tallyOf(account, type);
    tally.messages += messages;
    tally.failures += failures;
    tally.latencies += latencies;
    tally.latencySumMs += latencySumMs;
  }

  private tallyOf({ tenantId, exchangeId }: Account, connectionType: ConnectionType): Tally {
    const key = `${tenantId}/${exchangeId}/${connectionType}`;
    const known = this.tallies.get(key);
    if (known !== undefined) return known;
    const counts = { messages: 0, failures: 0, latencies: 0, latencySumMs: 0 };
    const fresh = { tenantId, exchangeId, connectionType, ...counts, recentErrorRate: 0 };
    this.tallies.set(key, fresh);
    return fresh;
  }

  private async tellAgainAndAgain(): Promise<void> {
    for (let sinceMs = this.clock.now(); ; sinceMs = this.clock.now()) {
      const isOver = await this.clock.sleep(this.intervalMs, this.life.signal).then(
        () => false,
        () => true,
      );
      this.tell(this.clock.now() - sinceMs);
      if (isOver) return;
    }
  }

  private tell(elapsedMs: number): void {
    for (const connection of this.connections()) {
      const tally = this.tallyOf(connection, connection.type);
      tally.recentErrorRate = Math.max(tally.recentErrorRate, connection.metrics.errorRate);
    }
    const told = [...this.tallies.values()];
    this.tallies = new Map();
    const timestamp = isoTime(this.clock.now());
    this.sink.connections(told.map((tally) => metricsOf(tally, elapsedMs, timestamp)));
  }
}

function metricsOf(tally: Tally, elapsedMs: number, timestamp: string): ConnectionMetrics {
  const { tenantId, exchangeId, connectionType, messages, failures, latencies, latencySumMs, recentErrorRate } = tally;
  const outcomes = (connectionType === 'REST' ? latencies : messages + latencies) + failures;
  return {
    tenantId,
    exchangeId,
    connectionType,
    ...(latencies > 0 && { latencyMs: latencySumMs / latencies }),
    errorRate: outcomes > 0 ? failures / outcomes : recentErrorRate,
    messagesPerSecond: (messages * 1_000) / Math.max(1, elapsedMs),
    timestamp,
  };
}

/** One observer that tells several. */
export function together(observers: readonly Partial<CallObserver>[]): CallObserver {
  return {
    begin(call) {
      const ends = observers.flatMap((observer) => observer.begin?.(call) ?? []);
      return (end) => ends.forEach((tell) => tell(end));
    },
    redact: (text) => observers.reduce((clean, observer) => observer.redact?.(clean) ?? clean, text),
    watch: (connection) => watchedBy(observers.flatMap((observer) => observer.watch?.(connection) ?? [])),
  };
}
