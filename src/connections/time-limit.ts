import { ServiceError } from '../domain/errors';
import type { Clock } from '../platform/clock';

/**
 * The promise's result, if it comes within `limitMs`; the work itself is not stopped.
 * @throws ServiceError DEPENDENCY_UNAVAILABLE when it does not; `what` names what was waited for
 */
export async function withinLimit<T>(clock: Clock, limitMs: number, what: string, promise: Promise<T>): Promise<T> {
  const done = new AbortController();
  const late = clock.sleep(limitMs, done.signal).then(
    () => {
      throw new ServiceError('DEPENDENCY_UNAVAILABLE', `${what} took longer than ${limitMs} ms.`);
    },
    // Aborted, because the promise was in time.
    () => promise,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    done.abort(new Error('in time'));
  }
}
