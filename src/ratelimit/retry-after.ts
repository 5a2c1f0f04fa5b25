/** A longer wait than this is no answer to a rate limit: Binance's longest ban. */
export const RETRY_AFTER_MS_MAX = 3 * 86_400_000;
const SECONDS = /^\d{1,9}$/;

/**
 * How long a Retry-After header asks to wait, ms: seconds or an HTTP date (RFC 9110, 10.2.3). Undefined for one that is
 * absent or says neither; a date that has passed is 0.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (SECONDS.test(text)) return Math.min(Number(text) * 1_000, RETRY_AFTER_MS_MAX);
  const atMs = /[A-Za-z]/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(atMs) ? undefined : waitMsUntil(atMs, nowMs);
}

/** How long to wait for an instant that an exchange names, ms; 0 for one that has passed. */
export function waitMsUntil(atMs: number, nowMs: number): number {
  return Math.min(Math.max(0, atMs - nowMs), RETRY_AFTER_MS_MAX);
}
