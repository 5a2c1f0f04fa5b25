import { ServiceError } from '../domain/errors';
import { positionIdOf } from '../domain/position';
import type { PositionRef } from '../storage/dynamodb/keys';
import type { LedgerParts } from './ledger-parts';

/** Each attempt but the last met another writer's success in between. */
const ATTEMPTS_MAX = 30;
/** Drawn between nothing and this for each attempt made, so that writers that met once don't meet again. */
const PAUSE_MS = 10;
const PAUSE_MS_MAX = 200;
/** The store's client has tried each call a few times already before it counts as a failure here. */
const STORE_FAILURES_MAX = 3;
const STORE_PAUSE_MS = 250;

/**
 * Reads, plans and writes until the write is committed: at once again when another writer was faster, after a pause
 * when the store did not answer. What fails all the same is alerted: somebody's position is behind.
 * @param attempt gives undefined when something was changed in between; `number` counts from 1
 * @throws ServiceError DEPENDENCY_UNAVAILABLE, and whatever else `attempt` throws, at once
 */
export async function untilCommitted<T>(
  parts: Pick<LedgerParts, 'alerts' | 'clock' | 'random'>,
  ref: PositionRef,
  attempt: (number: number) => Promise<T | undefined>,
): Promise<T> {
  let failures = 0;
  for (let number = 1; number <= ATTEMPTS_MAX; number++) {
    try {
      const result = await attempt(number);
      if (result !== undefined) return result;
      await parts.clock.sleep(parts.random.fraction() * Math.min(PAUSE_MS * number, PAUSE_MS_MAX));
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== 'DEPENDENCY_UNAVAILABLE') throw error;
      if (++failures === STORE_FAILURES_MAX) throw alerted(parts, ref, error);
      await parts.clock.sleep(STORE_PAUSE_MS * 2 ** failures);
    }
  }
  const what = `Booking on position ${positionIdOf(ref)} met other writers ${ATTEMPTS_MAX} times in a row.`;
  throw alerted(parts, ref, new ServiceError('DEPENDENCY_UNAVAILABLE', what));
}

function alerted(
  { alerts }: Pick<LedgerParts, 'alerts'>,
  { tenantId, exchangeId, assetId }: PositionRef,
  error: ServiceError,
): ServiceError {
  const details = { assetId, problem: error.message };
  alerts.raise({ code: 'POSITION_UPDATE_FAILED', tenantId, exchangeId, aspect: assetId, details });
  return error;
}
