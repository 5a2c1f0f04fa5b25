import { isoTime } from '../platform/clock';
import type { ConnectionMetrics } from '../domain/connection';

/** How far back latencies and the error rate look. */
export const METER_WINDOW_MS = 60_000;
/** Samples kept at most; of a busier connection the window is shorter. */
const SAMPLES_MAX = 2_000;

interface KeptSample {
  atMs: number;
  latencyMs: number | undefined;
  failed: boolean;
}

/** Measures one connection, from what its transport tells. */
export class ConnectionMeter {
  private samples: KeptSample[] = [];
  private messagesReceived = 0;
  private messagesSent = 0;
  private reconnectionCount = 0;
  private openedAtMs: number | undefined;
  private earlierUptimeMs = 0;
  private lastAnswerAtMs: number | undefined;
  private lastFailure: { atMs: number; reason: string } | undefined;

  opened(atMs: number): void {
    this.openedAtMs ??= atMs;
  }

  closed(atMs: number): void {
    if (this.openedAtMs !== undefined) this.earlierUptimeMs += Math.max(0, atMs - this.openedAtMs);
    this.openedAtMs = undefined;
  }

  reconnected(): void {
    this.reconnectionCount += 1;
  }

  sent(): void {
    this.messagesSent += 1;
  }

  received(): void {
    this.messagesReceived += 1;
  }

  /** Something came in good order; with a latency, where it answers something. */
  answered(atMs: number, latencyMs?: number): void {
    this.keep({ atMs, latencyMs, failed: false });
    this.lastAnswerAtMs = atMs;
  }

  failed(atMs: number, reason: string): void {
    this.keep({ atMs, latencyMs: undefined, failed: true });
    this.lastFailure = { atMs, reason };
  }

  /** How many answers and failures the latencies and the error rate stand on. */
  samplesWithin(atMs: number): number {
    return this.recent(atMs).length;
  }

  metrics(atMs: number): ConnectionMetrics {
    const recent = this.recent(atMs);
    const latencies = recent.flatMap(({ latencyMs }) => latencyMs ?? []).sort((a, b) => a - b);
    const { messagesReceived, messagesSent, reconnectionCount, lastAnswerAtMs, lastFailure } = this;
    const sinceOpenedMs = this.openedAtMs === undefined ? 0 : Math.max(0, atMs - this.openedAtMs);
    return {
      uptimeMs: this.earlierUptimeMs + sinceOpenedMs,
      latencyMs: latencies.reduce((sum, latency) => sum + latency, 0) / Math.max(1, latencies.length),
      latencyP95Ms: latencies[Math.ceil(latencies.length * 0.95) - 1] ?? 0,
      errorRate: recent.filter(({ failed }) => failed).length / Math.max(1, recent.length),
      messagesReceived,
      messagesSent,
      reconnectionCount,
      ...(lastAnswerAtMs !== undefined && { lastAnswerAt: isoTime(lastAnswerAtMs) }),
      ...(lastFailure && { lastErrorAt: isoTime(lastFailure.atMs), lastError: lastFailure.reason }),
    };
  }

  private keep(sample: KeptSample): void {
    this.samples.push(sample);
    if (this.samples.length >= 2 * SAMPLES_MAX) this.samples = this.samples.slice(-SAMPLES_MAX);
  }

  private recent(atMs: number): KeptSample[] {
    return this.samples.slice(-SAMPLES_MAX).filter((sample) => atMs - sample.atMs < METER_WINDOW_MS);
  }
}
