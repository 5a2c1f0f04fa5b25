import type { Random } from '../platform/random';

/** How a lost connection is opened again (specification: ReconnectionStrategy). */
export interface ReconnectionStrategy {
  initialDelayMs: number;
  maxDelayMs: number;
  multiplier: number;
  /** Failures in a row after which the holder gives up, so that another worker may have better luck. */
  maxAttempts: number;
  /** A delay is off by at most this share in either direction, so that connections don't return all at once. */
  jitterPercent: number;
}

export const DEFAULT_RECONNECTION: ReconnectionStrategy = {
  initialDelayMs: 1_000,
  maxDelayMs: 60_000,
  multiplier: 2,
  maxAttempts: 8,
  jitterPercent: 20,
};

/** The pause (ms) before the attempt that follows `failures` failures in a row: 1, 2, 4 … s, jittered, never above the maximum. */
export function reconnectDelayMs(
  failures: number,
  random: Random,
  { initialDelayMs, maxDelayMs, multiplier, jitterPercent }: ReconnectionStrategy = DEFAULT_RECONNECTION,
): number {
  const delayMs = Math.min(initialDelayMs * multiplier ** Math.max(failures - 1, 0), maxDelayMs);
  const jitter = ((random.fraction() * 2 - 1) * jitterPercent) / 100;
  return Math.min(Math.round(delayMs * (1 + jitter)), maxDelayMs);
}
