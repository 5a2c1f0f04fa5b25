import { CALL_OPERATIONS, type OperationStats } from '../domain/audit';
import { ERROR_CATEGORIES, type ErrorCategory, ServiceError } from '../domain/errors';
import { isoTime } from '../platform/clock';
import type { CallFigures } from '../storage/audit-logs';

/** Calls that are looked at for one answer; a longer list is refused, since its percentile would not be exact. */
const CALLS_MAX = 1_000_000;
const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

const calls: ReadonlySet<string> = new Set(CALL_OPERATIONS);

/** @throws ServiceError INVALID_INPUT for more than CALLS_MAX calls */
export async function operationStats(figures: AsyncIterable<CallFigures>): Promise<OperationStats> {
  const latencies: number[] = [];
  const errors = Object.fromEntries(ERROR_CATEGORIES.map((category) => [category, 0])) as Record<ErrorCategory, number>;
  let failed = 0;
  for await (const { operationType, latencyMs, success, errorCategory } of figures) {
    if (!calls.has(operationType)) continue;
    if (latencies.length >= CALLS_MAX) throw invalidPeriod(`covers more than ${CALLS_MAX} calls: take a shorter one`);
    latencies.push(latencyMs);
    if (success) continue;
    failed += 1;
    errors[errorCategory ?? 'EXCHANGE_ERROR'] += 1;
  }
  const total = latencies.length;
  const sorted = latencies.sort((a, b) => a - b);
  return {
    totalOperations: total,
    successRate: total === 0 ? 1 : (total - failed) / total,
    averageLatencyMs: total === 0 ? 0 : sorted.reduce((sum, latency) => sum + latency, 0) / total,
    p95LatencyMs: sorted[Math.ceil(total * 0.95) - 1] ?? 0,
    errorsByCategory: errors,
  };
}

/**
 * A period: the last `15m`, `24h` or `7d`, or `<instant>/<instant>` in ISO 8601, both inclusive.
 * @throws ServiceError INVALID_INPUT
 */
export function periodOf(period: string, nowMs: number): { startTime: string; endTime: string } {
  const { count, unit = '' } = /^(?<count>\d{1,4})(?<unit>[mhd])$/.exec(period)?.groups ?? {};
  const unitMs = UNIT_MS[unit];
  if (unitMs !== undefined) return { startTime: isoTime(nowMs - Number(count) * unitMs), endTime: isoTime(nowMs) };
  const [start = '', end = '', ...more] = period.split('/');
  const instants = [start, end].map((text) => Date.parse(text));
  const [startMs = NaN, endMs = NaN] = instants;
  if (more.length > 0 || instants.some(Number.isNaN) || startMs > endMs) {
    throw invalidPeriod(`must be like 24h, 7d or <instant>/<instant>, got ${JSON.stringify(period.slice(0, 80))}`);
  }
  return { startTime: isoTime(startMs), endTime: isoTime(endMs) };
}

function invalidPeriod(message: string): ServiceError {
  return new ServiceError('INVALID_INPUT', `The period ${message}.`, [{ field: 'period', message }]);
}
