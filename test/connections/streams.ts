import type { ExecutionUpdate, OrderState, OrderUpdate } from '../../src/domain/order';
import { clientOrderIdOf } from '../../src/domain/ids';
import { newOrderState } from '../../src/domain/order-state';
import type { OrderRequest } from '../../src/domain/order-request';
import { parseOrderRequest } from '../../src/domain/order-request';

export const AT = '2026-06-01T12:00:00.000Z';

export function aRequest(key: string, fields: object = {}): OrderRequest {
  const parsed = parseOrderRequest({
    tenantId: 'tenant',
    strategyId: 'test',
    assetId: 'BTC/USDT',
    side: 'BUY',
    orderType: 'LIMIT',
    quantity: '1',
    price: '20000',
    timeInForce: 'GTC',
    exchangeId: 'BINANCE',
    idempotencyKey: key,
    timestamp: AT,
    ...fields,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.request;
}

/** An order that the exchange has acknowledged as `exchangeOrderId`. */
export function anOpenOrder(key: string, exchangeOrderId: string, fields: object = {}): OrderState {
  const state = newOrderState(aRequest(key, fields), AT);
  return { ...state, lifecycle: { ...state.lifecycle, version: 1, phase: 'OPEN', exchangeOrderId } };
}

export function anUpdate({ request, lifecycle }: OrderState, fields: Partial<OrderUpdate> = {}): OrderUpdate {
  const { orderId, tenantId, assetId, exchangeId = 'BINANCE', quantity } = request;
  const exchangeOrderId = lifecycle.exchangeOrderId ?? clientOrderIdOf(orderId, 0);
  const common = { orderId, tenantId, assetId, exchangeId, exchangeOrderId, timestamp: AT };
  return { ...common, status: 'OPEN', filledQuantity: '0', remainingQuantity: quantity, ...fields };
}

export function anExecution(
  order: OrderState,
  executionId: string,
  fields: Partial<ExecutionUpdate> = {},
): ExecutionUpdate {
  const { orderId, tenantId, assetId, exchangeId, exchangeOrderId, timestamp } = anUpdate(order);
  return {
    executionId,
    orderId,
    tenantId,
    assetId,
    exchangeId,
    exchangeOrderId,
    side: order.request.side,
    quantity: '0.5',
    price: '20000',
    commission: '0',
    commissionAsset: 'BNB',
    timestamp,
    receivedAt: timestamp,
    ...fields,
  };
}
