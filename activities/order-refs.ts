import { ServiceError } from '../src/domain/errors';
import type { ExchangeId } from '../src/domain/exchange';
import { clientOrderIdOf } from '../src/domain/ids';
import type { OrderRequest } from '../src/domain/order-request';
import type { OrderRef } from '../src/exchanges/adapter';
import type { OrderRecord, OrderStore } from '../src/storage/orders';

/** How an exchange is told which order is meant. */
export function refOf(request: OrderRequest, generation: number, exchangeOrderId?: string): OrderRef {
  const { tenantId, orderId, assetId } = request;
  const clientOrderId = clientOrderIdOf(orderId, generation);
  return { tenantId, orderId, assetId, clientOrderId, ...(exchangeOrderId !== undefined && { exchangeOrderId }) };
}

/** Only orders that name an exchange reach these activities: the workflow refuses the others. */
export function exchangeIdOf({ orderId, exchangeId }: OrderRequest): ExchangeId {
  if (exchangeId === undefined) throw new TypeError(`Order ${orderId} names no exchange.`);
  return exchangeId;
}

/** @throws ServiceError ORDER_NOT_FOUND */
export async function recordOf(
  orders: OrderStore,
  { tenantId, orderId }: Pick<OrderRequest, 'tenantId' | 'orderId'>,
): Promise<OrderRecord> {
  const record = await orders.get(tenantId, orderId);
  if (record !== undefined) return record;
  throw new ServiceError('ORDER_NOT_FOUND', `Order ${orderId} of tenant ${tenantId} is not recorded.`);
}
