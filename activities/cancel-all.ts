import type { OrderError } from '../src/domain/errors';
import { orderError, ServiceError } from '../src/domain/errors';
import { RETRY } from '../src/domain/retry';
import type { ActivityDeps } from './deps';
import type { CancelAllInput, CancelAllResult } from './order-activities';

/** Orders of ours among the cancelled ones hear of it on their stream, or when they are looked at. */
export function createCancelAll({
  exchanges,
  clock,
}: Pick<ActivityDeps, 'exchanges' | 'clock'>): (input: CancelAllInput) => Promise<CancelAllResult> {
  return async function cancelAll(input) {
    try {
      return await ask(input);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return notDone(error.toOrderError());
    }
  };

  async function ask({ tenantId, exchangeId, assetId }: CancelAllInput): Promise<CancelAllResult> {
    const adapter = await exchanges.getAdapter(tenantId, exchangeId);
    if (adapter.cancelAll === undefined) {
      const what = `${exchangeId} has no call that cancels all orders of an account: cancel the others there.`;
      return notDone(orderError('UNSUPPORTED', what));
    }
    const outcome = await adapter.cancelAll(assetId);
    switch (outcome.outcome) {
      case 'accepted':
        return { result: 'cancelled', orders: outcome.value.cancelled };
      case 'unknown':
        return notDone(outcome.error, clock.now());
      case 'denied':
        return notDone(outcome.error, outcome.retryAt);
      case 'rejected':
        return notDone(outcome.error);
    }
  }

  function notDone(error: OrderError, retryAt?: number): CancelAllResult {
    if (retryAt !== undefined) return { result: 'retry', retryAt, error };
    const passes = RETRY.retryableCategories.includes(error.category);
    return passes ? { result: 'retry', retryAt: clock.now(), error } : { result: 'failed', error };
  }
}
