import { orderError } from '../src/domain/errors';
import type { ActivityDeps } from './deps';
import type { CancelAllInput, CancelAllResult } from './order-activities';

/** Orders of ours among the cancelled ones hear of it on their stream, or when they are looked at. */
export function createCancelAll({
  exchanges,
}: Pick<ActivityDeps, 'exchanges'>): (input: CancelAllInput) => Promise<CancelAllResult> {
  return async function cancelAll({ tenantId, exchangeId, assetId }) {
    const adapter = await exchanges.getAdapter(tenantId, exchangeId);
    if (adapter.cancelAll === undefined) {
      const what = `${exchangeId} has no call that cancels all orders of an account: cancel the others there.`;
      return { result: 'failed', error: orderError('UNSUPPORTED', what) };
    }
    const outcome = await adapter.cancelAll(assetId);
    return outcome.outcome === 'accepted'
      ? { result: 'cancelled', orders: outcome.value.cancelled }
      : { result: 'failed', error: outcome.error };
  };
}
