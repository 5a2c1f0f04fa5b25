import { ServiceError } from '../../src/domain/errors';
import type { Clock } from '../../src/platform/clock';

const TRIES_MAX = 6;
const FIRST_PAUSE_MS = 1_000;
const PAUSE_MAX_MS = 15_000;

/** Repeats a query that the rate limit or a passing fault refused, with growing pauses. @throws the last try's error */
export async function patiently<T>(clock: Clock, query: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await query();
    } catch (error) {
      if (tries === TRIES_MAX || !passes(error)) throw error;
      await clock.sleep(Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), PAUSE_MAX_MS));
    }
  }
}

function passes(error: unknown): boolean {
  return error instanceof ServiceError && (error.category === 'RATE_LIMITED' || error.category === 'RETRYABLE');
}
