import type { ConnectionMetrics, ExecutionMetrics, MetricsSink } from '../../src/metrics/metrics';

/** Keeps what it is told, for the test to read. */
export class KeptMetrics implements MetricsSink {
  readonly executions: ExecutionMetrics[] = [];
  /** Of the last interval. */
  connected: readonly ConnectionMetrics[] = [];

  execution(metrics: ExecutionMetrics): void {
    this.executions.push(metrics);
  }

  connections(metrics: readonly ConnectionMetrics[]): void {
    this.connected = metrics;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
