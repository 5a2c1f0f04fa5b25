import { clientOrderIdOf } from '../../src/domain/ids';
import type { OrderRequest, OrderRequestInput } from '../../src/domain/order-request';
import { parseOrderRequest } from '../../src/domain/order-request';
import type { OrderRef, PlacedOrder } from '../../src/exchanges/adapter';
import { systemRandom } from '../../src/platform/random';
import { cleared } from '../safeguards/no-safeguards';
import { TENANT } from './binance-sandbox';

export const SEND_WITHIN_MS = 5_000;

/** A valid order; `fields` override a resting BUY LIMIT of 0.01 BTC at 20000. */
export function orderOf(fields: Partial<OrderRequestInput> = {}): OrderRequest {
  const parsed = parseOrderRequest({
    tenantId: TENANT,
    strategyId: 'test',
    assetId: 'BTC/USDT',
    side: 'BUY',
    orderType: 'LIMIT',
    quantity: '0.01',
    price: '20000',
    timeInForce: 'GTC',
    exchangeId: 'BINANCE',
    idempotencyKey: systemRandom.uuid(),
    timestamp: new Date().toISOString(),
    ...fields,
  });
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
