import type { SafeguardSettings } from '../domain/safeguards';
import type { Connection, ReportedConnection, Shortfall } from '../domain/connection';

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

/**
 * Whether it is open, no worse than it may be, and has failed at nothing for so long. That no shortfall is known is not
 * enough: a few calls that nobody answers are too few to judge by. REST must have answered; streams have heartbeats.
 */
export function isGoodFor(
  { type, status, shortfalls, metrics }: ReportedConnection,
  durationMs: number,
  nowMs: number,
): boolean {
  const isWithin = (at: string | undefined): boolean => at !== undefined && nowMs - Date.parse(at) < durationMs;
  const { lastAnswerAt, lastErrorAt } = metrics;
  if (status !== 'CONNECTED' || shortfalls !== undefined || isWithin(lastErrorAt)) return false;
  return type !== 'REST' || isWithin(lastAnswerAt);
}
