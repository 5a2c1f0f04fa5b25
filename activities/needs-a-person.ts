import type { OrderError } from '../src/domain/errors';
import { ServiceError } from '../src/domain/errors';
import type { Clock } from '../src/platform/clock';

/** What no repetition mends within minutes: a missing registration, wrong credentials, a wrong setting. */
export function needsAPerson(error: unknown): error is ServiceError {
  return error instanceof ServiceError && (error.category === 'FATAL' || error.code === 'EXCHANGE_NOT_REGISTERED');
}

/**
 * What only a person can mend is told to the order, which is in doubt then, and stuck before long. Thrown, Temporal
 * would repeat the activity for ever, and nobody would hear of it.
 */
export async function orInDoubt<T>(
  clock: Clock,
  work: () => Promise<T>,
): Promise<T | { result: 'unknown'; retryAt: number; error: OrderError }> {
  try {
    return await work();
  } catch (error) {
    if (!needsAPerson(error)) throw error;
    return { result: 'unknown', retryAt: clock.now(), error: error.toOrderError() };
  }
}
