import type { SafeguardSettings } from '../domain/safeguards';
import type { Connection, Shortfall } from '../domain/connection';

/** What a connection may be at worst before people are told. */
export interface QualityThresholds {
  latencyMsMax: number;
  /** 0 to 1. */
  errorRateMax: number;
}

/** Where a tenant has set nothing. An exchange that works answers in tens to hundreds of milliseconds. */
export const QUALITY_DEFAULTS: QualityThresholds = { latencyMsMax: 2_000, errorRateMax: 0.2 };
/** Fewer answers and failures within the meter's window say nothing. */
export const SAMPLES_MIN = 5;

export function thresholdsOf({
  maxConnectionLatencyMs,
  maxConnectionErrorPercent,
}: SafeguardSettings): QualityThresholds {
  const { latencyMsMax, errorRateMax } = QUALITY_DEFAULTS;
  return {
    latencyMsMax: maxConnectionLatencyMs ?? latencyMsMax,
    errorRateMax: maxConnectionErrorPercent === undefined ? errorRateMax : maxConnectionErrorPercent / 100,
  };
}

/** @param samples how many answers and failures the metrics stand on */
export function shortfallsOf(
  { metrics }: Pick<Connection, 'metrics'>,
  samples: number,
  { latencyMsMax, errorRateMax }: QualityThresholds,
): Shortfall[] {
  const { latencyMs, errorRate } = metrics;
  if (samples < SAMPLES_MIN) return [];
  return [
    ...(latencyMs > latencyMsMax ? [{ cause: 'LATENCY', measured: latencyMs, threshold: latencyMsMax } as const] : []),
    ...(errorRate > errorRateMax ? [{ cause: 'ERRORS', measured: errorRate, threshold: errorRateMax } as const] : []),
  ];
}
