import type { ExchangeId } from '../src/domain/exchange';
import { clientOrderIdOf } from '../src/domain/ids';
import type { OrderRequest } from '../src/domain/order-request';
import type { OrderRef } from '../src/exchanges/adapter';

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
