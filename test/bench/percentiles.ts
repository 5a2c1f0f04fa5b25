export interface Percentiles {
  count: number;
  p50: number;
  p99: number;
}

/** Nearest-rank percentiles of milliseconds, to a tenth. */
export function percentiles(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN);
  return { count: values.length, p50: at(0.5), p99: at(0.99) };
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

export function ratio(a: number, b: number): number {
  return Math.round((a / b) * 100) / 100;
}
