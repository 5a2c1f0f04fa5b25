import type { Clock } from '../platform/clock';
import type { MetricsSettings } from '../platform/environment';
import type { Logger } from '../platform/logger';
import type { OrderState } from '../domain/order';
import type { CallObserver } from '../transport/call-observer';
import { ConnectionTally } from './connection-tally';
import { MeasuredOrders, type MeasuredOrdersParts } from './measured-orders';
import type { MetricsSink, SubmitMeasures } from './metrics';
import type { RouteServer } from '../platform/route-server';
import { serveMetrics } from './metrics-server';
import { type ProcessSources, showProcess } from './process-gauges';
import { PrometheusSink } from './prometheus-sink';
import { TimestreamSink } from './timestream-sink';

/** What measures a process, as far as its settings ask for it. */
export interface Metrics extends SubmitMeasures {
  /** To be shown every state of an order that is written. */
  project(states: readonly OrderState[]): Promise<void>;
  /** Undefined where nothing is measured. */
  observe(account: Parameters<ConnectionTally['observe']>[0]): CallObserver | undefined;
  /** In processes that stay: measures their connections also while they do nothing, and serves `/metrics`. */
  start(sources: ProcessSources): Promise<void>;
  close(): Promise<void>;
}

export interface MetricsParts extends Pick<MeasuredOrdersParts, 'marks' | 'mid'> {
  settings: MetricsSettings;
  clock: Clock;
  logger: Logger;
}

export function openMetrics({ settings, ...parts }: MetricsParts): Metrics {
  const prometheus = settings.address && new PrometheusSink();
  const timestream = settings.timestream && new TimestreamSink({ ...parts, ...settings.timestream });
  const sinks = [prometheus, timestream].filter((sink) => sink !== undefined);
  if (sinks.length === 0) return NOTHING_MEASURED;
  const sink = allOf(sinks);
  const orders = new MeasuredOrders({ ...parts, sink });
  const tally = new ConnectionTally(sink, parts.clock);
  let server: RouteServer | undefined;
  return {
    sending: (request) => orders.sending(request),
    project: (states) => orders.project(states),
    observe: (account) => tally.observe(account),
    start: async (sources) => {
      tally.lookAt(sources.connections);
      if (prometheus === undefined || settings.address === undefined) return;
      showProcess(prometheus.registry, sources);
      server = await serveMetrics(prometheus.registry, settings.address, parts.logger);
    },
    close: async () => {
      await tally.close();
      await sink.close();
      await server?.close();
    },
  };
}

const NOTHING_MEASURED: Metrics = {
  sending() {},
  project: () => Promise.resolve(),
  observe: () => undefined,
  start: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

function allOf(sinks: readonly MetricsSink[]): MetricsSink {
  return {
    execution: (metrics) => sinks.forEach((sink) => sink.execution(metrics)),
    connections: (metrics) => sinks.forEach((sink) => sink.connections(metrics)),
    close: async () => void (await Promise.all(sinks.map((sink) => sink.close()))),
  };
}
