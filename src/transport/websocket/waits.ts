import type { Clock } from '../../platform/clock';

/** Whether the signal aborts within `ms`. */
export function isInTime(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  return clock.sleep(ms, signal).then(
    () => false,
    () => true,
  );
}

/** Resolves when the signal aborts. */
export function endingWith(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
