import type { ExchangeId } from '../domain/exchange';
import type { Clock } from '../platform/clock';
import { isoTime } from '../platform/clock';
import type { CallObserver, ObservedCall, ObservedEnd } from '../transport/call-observer';
import type { ConnectionType, MetricsSink } from './metrics';

export const TALLY_INTERVAL_MS = 10_000;

interface Account {
  tenantId: string;
  exchangeId: ExchangeId;
}

interface Tally extends Account {
  connectionType: ConnectionType;
  messages: number;
  failures: number;
  latencies: number;
  latencySumMs: number;
}

/** Counts what accounts' transports do, and tells it once an interval. Accounts that do nothing are not told of. */
export class ConnectionTally {
  private tallies = new Map<string, Tally>();
  private readonly life = new AbortController();
  private readonly running: Promise<void>;

  constructor(
    private readonly sink: MetricsSink,
    private readonly clock: Clock,
    private readonly intervalMs = TALLY_INTERVAL_MS,
  ) {
    this.running = this.tellAgainAndAgain();
  }

  /** To be told by an account's transports, beside the audit. */
  observe(account: Account): CallObserver {
    return {
      begin: (call) => (end) => this.called(account, call, end),
      heard: () => this.count(account, 'WEBSOCKET', { messages: 1 }),
      answeredPing: (latencyMs) => this.count(account, 'WEBSOCKET', { latencies: 1, latencySumMs: latencyMs }),
      failed: () => this.count(account, 'WEBSOCKET', { failures: 1 }),
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
    { tenantId, exchangeId }: Account,
    connectionType: ConnectionType,
    more: Partial<Pick<Tally, 'messages' | 'failures' | 'latencies' | 'latencySumMs'>>,
  ): void {
    const key = `${tenantId}/${exchangeId}/${connectionType}`;
    const none = { messages: 0, failures: 0, latencies: 0, latencySumMs: 0 };
    const tally = this.tallies.get(key) ?? { tenantId, exchangeId, connectionType, ...none };
    const { messages = 0, failures = 0, latencies = 0, latencySumMs = 0 } = more;
    tally.messages += messages;
    tally.failures += failures;
    tally.latencies += latencies;
    tally.latencySumMs += latencySumMs;
    this.tallies.set(key, tally);
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
    const told = this.tallies;
    this.tallies = new Map();
    const timestamp = isoTime(this.clock.now());
    for (const { tenantId, exchangeId, connectionType, messages, failures, latencies, latencySumMs } of told.values()) {
      const answers = connectionType === 'REST' ? latencies : messages + latencies;
      this.sink.connection({
        tenantId,
        exchangeId,
        connectionType,
        ...(latencies > 0 && { latencyMs: latencySumMs / latencies }),
        errorRate: failures / Math.max(1, answers + failures),
        messagesPerSecond: (messages * 1_000) / Math.max(1, elapsedMs),
        timestamp,
      });
    }
  }
}

/** One observer that tells several. */
export function together(observers: readonly CallObserver[]): CallObserver {
  return {
    begin(call) {
      const ends = observers.map((observer) => observer.begin(call));
      return (end) => ends.forEach((tell) => tell(end));
    },
    heard: () => observers.forEach((observer) => observer.heard?.()),
    answeredPing: (latencyMs) => observers.forEach((observer) => observer.answeredPing?.(latencyMs)),
    failed: () => observers.forEach((observer) => observer.failed?.()),
  };
}
