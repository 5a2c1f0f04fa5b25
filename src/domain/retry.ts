import type { ErrorCategory } from './errors';

/** How what failed is tried again (specification: RetryConfig). Delays in ms. */
export interface RetryConfig {
  /** Tries after the first one. */
  maxRetries: number;
  initialDelayMs: number;
  maxDelayMs: number;
  multiplier: number;
  retryableCategories: readonly ErrorCategory[];
}

/** How all of the service tries again. A server timer ticks at about a second: shorter first delays gain nothing. */
export const RETRY: RetryConfig = {
  maxRetries: 4,
  initialDelayMs: 1_000,
  maxDelayMs: 10_000,
  multiplier: 2,
  retryableCategories: ['RETRYABLE', 'RATE_LIMITED'],
};

/** The delay (ms) after failed attempt `attemptNumber`, counted from 0: initialDelay × multiplier^attemptNumber, at most maxDelay (property 6). */
export function getRetryDelay(
  attemptNumber: number,
  { initialDelayMs, maxDelayMs, multiplier }: RetryConfig = RETRY,
): number {
  return Math.min(initialDelayMs * multiplier ** attemptNumber, maxDelayMs);
}
