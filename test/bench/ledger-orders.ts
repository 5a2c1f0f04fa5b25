import type { ExecutionUpdate } from '../../src/domain/order';
import type { OrderRequest } from '../../src/domain/order-request';
import { anExecution, anIntent, anOrder, freshTenant, type Stores } from '../storage/stores';

/** Fills take turns over the positions, and over each position's orders. */
export function fillOf(orders: readonly OrderRequest[], fill: number): ExecutionUpdate {
  const order = orders[fill % orders.length];
  if (order === undefined) throw new RangeError('There are no orders to fill.');
  return anExecution(order, String(fill), { quantity: '0.001' });
}

/** Orders of a tenant of their own, taking turns over the positions. */
export async function openOrders(
  stores: Stores,
  { positions, orders: count }: { positions: number; orders: number },
): Promise<OrderRequest[]> {
  const tenantId = freshTenant();
  const orders = Array.from({ length: count }, (_, order) =>
    anOrder(tenantId, { assetId: `A${order % positions}/USDT`, quantity: '1000' }),
  );
  for (const order of orders) await stores.orders.claimIntent(order, anIntent());
  return orders;
}
