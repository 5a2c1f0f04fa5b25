/** The door to time outside of workflows (a workflow's own Date is deterministic already). */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when that aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(abortError(signal));
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', aborted, { once: true });
      function done(): void {
        signal?.removeEventListener('abort', aborted);
        resolve();
      }
      function aborted(): void {
        clearTimeout(timer);
        reject(abortError(signal as AbortSignal));
      }
    }),
};

const SECOND_MS = 1_000;
const lastSecond = { startMs: NaN, text: '' };

/**
 * The instant as the ISO 8601 string that records and messages carry.
 * @throws RangeError for what is no instant
 */
export function isoTime(ms: number): string {
  const whole = Math.trunc(ms);
  const inSecond = whole - lastSecond.startMs;
  // Streams name instants that lie close together: the second is written out once.
  if (inSecond >= 0 && inSecond < SECOND_MS) return `${lastSecond.text}${String(inSecond).padStart(3, '0')}Z`;
  const text = new Date(whole).toISOString();
  lastSecond.startMs = Math.floor(whole / SECOND_MS) * SECOND_MS;
  lastSecond.text = text.slice(0, -4);
  return text;
}

function abortError(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(`Aborted: ${String(signal.reason)}`);
}
