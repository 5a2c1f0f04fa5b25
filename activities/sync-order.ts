import { ServiceError } from '../src/domain/errors';
import type { ActivityDeps } from './deps';
import type { OrderPlace, SyncOrderResult } from './order-activities';
import { exchangeIdOf, recordOf, refOf } from './order-refs';
import { factsOf, recordWord } from './settlement';

/** Brings an order's record up to what the exchange says of it. */
export function createSyncOrder(deps: ActivityDeps): (place: OrderPlace) => Promise<SyncOrderResult> {
  return async function syncOrder({ request, generation, exchangeOrderId }) {
    try {
      const adapter = await deps.exchanges.getAdapter(request.tenantId, exchangeIdOf(request));
      const found = await adapter.findOrder(refOf(request, generation, exchangeOrderId));
      if (found.found) return { result: 'answered', facts: factsOf(await recordWord(deps, found)) };
      return { result: 'absent', facts: factsOf((await recordOf(deps.orders, request)).state) };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return { result: 'unanswered', error: error.toOrderError() };
    }
  };
}
