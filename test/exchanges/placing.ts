import { clientOrderIdOf } from '../../src/domain/ids';
import type { OrderRequest, OrderRequestInput } from '../../src/domain/order-request';
import { parseOrderRequest } from '../../src/domain/order-request';
import type { OrderRef, PlacedOrder } from '../../src/exchanges/adapter';
import { cleared } from '../safeguards/no-safeguards';
import { TENANT } from './binance-sandbox';
import { restingOrder } from '../stack/resting-order';

export const SEND_WITHIN_MS = 5_000;

/** A valid order; `fields` override a resting BUY LIMIT of 0.01 BTC at 20000. */
export function orderOf(fields: Partial<OrderRequestInput> = {}): OrderRequest {
  const parsed = parseOrderRequest(restingOrder(TENANT, { price: '20000', ...fields }));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.request;
}

export function placed(request: OrderRequest, generation = 0): PlacedOrder {
  return {
    request,
    clientOrderId: clientOrderIdOf(request.orderId, generation),
    sendBy: Date.now() + SEND_WITHIN_MS,
    lastCheck: cleared,
  };
}

export function refOf({ tenantId, orderId, assetId }: OrderRequest, generation = 0): OrderRef {
  return { tenantId, orderId, assetId, clientOrderId: clientOrderIdOf(orderId, generation) };
}
