import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ConnectionMetrics, ExecutionMetrics, MetricsSink } from './metrics';

/** Of every metric's name. */
export const PREFIX = 'exchange_integration_';
const LATENCY_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Basis points on either side of the mid, as ratios. */
const SLIPPAGE_RATIOS = [-0.01, -0.001, -0.0001, 0, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05];
const FILL_RATIOS = [0, 0.25, 0.5, 0.75, 0.9, 0.99, 1];
/** Instruments told apart in one process. Each has about fifty series for each tenant, exchange and order type. */
const LABEL_SETS_MAX = 500;
const OTHER = 'other';

const ORDER_LABELS = ['tenantId', 'exchangeId', 'assetId', 'orderType'] as const;
const CONNECTION_LABELS = ['tenantId', 'exchangeId', 'connectionType'] as const;
type OrderLabels = Record<(typeof ORDER_LABELS)[number], string>;

/** The measures as a process's `/metrics`, with those of Node itself. */
export class PrometheusSink implements MetricsSink {
  readonly registry = new Registry();
  private readonly labelSets = new Set<string>();
  private readonly latency = this.orderHistogram(
    'execution_latency_seconds',
    'From sending an order to its acknowledgement.',
    LATENCY_SECONDS,
  );
  private readonly slippage = this.orderHistogram(
    'execution_slippage_ratio',
    'Average filled price against the mid at submit; positive is worse.',
    SLIPPAGE_RATIOS,
  );
  private readonly fillRate = this.orderHistogram(
    'execution_fill_ratio',
    'Filled of ordered quantity at the end of an order.',
    FILL_RATIOS,
  );
  private readonly commission = new Counter({
    name: `${PREFIX}execution_commission_total`,
    help: 'Commissions in quote currency, without rebates.',
    labelNames: ORDER_LABELS,
    registers: [this.registry],
  });
  private readonly connectionLatency = this.connectionGauge('connection_latency_seconds', 'Mean of the last interval.');
  private readonly errorRate = this.connectionGauge('connection_error_ratio', 'Failures of the last interval.');
  private readonly messageRate = this.connectionGauge('connection_messages_per_second', 'Of the last interval.');

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  execution({ latencyMs, slippage, commission, fillRate, ...order }: ExecutionMetrics): void {
    const labels = this.labelsOf(order);
    this.fillRate.observe(labels, Number(fillRate));
    if (latencyMs !== undefined) this.latency.observe(labels, latencyMs / 1_000);
    if (slippage !== undefined) this.slippage.observe(labels, Number(slippage));
    if (commission !== undefined) this.commission.inc(labels, Math.max(0, Number(commission)));
  }

  connections(interval: readonly ConnectionMetrics[]): void {
    for (const gauge of [this.connectionLatency, this.errorRate, this.messageRate]) gauge.reset();
    for (const { tenantId, exchangeId, connectionType, latencyMs, errorRate, messagesPerSecond } of interval) {
      const labels = { tenantId, exchangeId, connectionType };
      if (latencyMs !== undefined) this.connectionLatency.set(labels, latencyMs / 1_000);
      this.errorRate.set(labels, errorRate);
      this.messageRate.set(labels, messagesPerSecond);
    }
  }

  close(): Promise<void> {
    this.registry.clear();
    return Promise.resolve();
  }

  /** Every new set of labels costs memory for ever: beyond the limit instruments are not told apart any more. */
  private labelsOf({ tenantId, exchangeId, assetId, orderType }: OrderLabels): OrderLabels {
    const key = `${tenantId}/${exchangeId}/${assetId}/${orderType}`;
    const isKnown = this.labelSets.has(key);
    if (!isKnown && this.labelSets.size >= LABEL_SETS_MAX)
      return { tenantId: OTHER, exchangeId, assetId: OTHER, orderType };
    this.labelSets.add(key);
    return { tenantId, exchangeId, assetId, orderType };
  }

  private orderHistogram(name: string, help: string, buckets: number[]): Histogram<(typeof ORDER_LABELS)[number]> {
    return new Histogram({
      name: `${PREFIX}${name}`,
      help,
      labelNames: ORDER_LABELS,
      buckets,
      registers: [this.registry],
    });
  }

  private connectionGauge(name: string, help: string): Gauge<(typeof CONNECTION_LABELS)[number]> {
    return new Gauge({ name: `${PREFIX}${name}`, help, labelNames: CONNECTION_LABELS, registers: [this.registry] });
  }
}
