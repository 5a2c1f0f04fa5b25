import type { ActivityDeps } from './deps';
import type { OrderFacts, SyncOrderInput } from './order-activities';
import { exchangeIdOf, refOf } from './order-refs';
import { factsOf, recordWord } from './settlement';
import { ServiceError } from '../src/domain/errors';

/** Brings an order's record up to what the exchange says of it. */
export function createSyncOrder(deps: ActivityDeps): (input: SyncOrderInput) => Promise<OrderFacts> {
  const { exchanges, orders } = deps;

  return async function syncOrder({ request, generation, exchangeOrderId }) {
    const { tenantId, orderId } = request;
    const adapter = await exchanges.getAdapter(tenantId, exchangeIdOf(request));
    const found = await adapter.findOrder(refOf(request, generation, exchangeOrderId));
    if (found.found) return factsOf(await recordWord(deps, found));
    const record = await orders.get(tenantId, orderId);
    if (record === undefined)
      throw new ServiceError('ORDER_NOT_FOUND', `Order ${orderId} of tenant ${tenantId} is not recorded.`);
    return factsOf(record.state);
  };
}
