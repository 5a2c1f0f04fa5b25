import type { ConnectionMetrics, ExecutionMetrics, MetricsSink } from '../../src/metrics/metrics';

/** Keeps what it is told, for the test to read. */
export class KeptMetrics implements MetricsSink {
  readonly executions: ExecutionMetrics[] = [];
  readonly connections: ConnectionMetrics[] = [];

  execution(metrics: ExecutionMetrics): void {
    this.executions.push(metrics);
  }

  connection(metrics: ConnectionMetrics): void {
    this.connections.push(metrics);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
