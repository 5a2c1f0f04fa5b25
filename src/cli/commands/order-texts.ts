import { roundForDisplay } from '../../domain/decimal';
import type { FeedOrder } from '../../domain/feed';
import type { CancelResponse, Fill, Order, OrderResponse, StuckOrder } from '../../domain/order';
import { fieldsOf, tableOf } from '../tables';

/** Orders as people read them on a terminal. */

export function responseText(response: OrderResponse): string {
  return fieldsOf({
    order: response.orderId,
    status: response.status,
    exchange: response.exchangeId,
    'exchange order': response.exchangeOrderId,
    filled: response.filledQuantity,
    remaining: response.remainingQuantity,
    'average price': shown(response.averagePrice),
    'done by the service': response.emulated?.join(', '),
    commission: response.commission && `${response.commission} ${response.commissionAsset}`,
    updated: response.updatedAt,
  });
}

export function cancelText({ orderId, status, reason, cancelledAt }: CancelResponse): string {
  return fieldsOf({ order: orderId, status, reason, cancelled: cancelledAt });
}

export function orderTable(orders: readonly FeedOrder[]): string {
  return tableOf(
    [
      'created',
      'order',
      'strategy',
      'exchange',
      'asset',
      'side',
      'type',
      'quantity',
      'price',
      'filled',
      'average',
      'status',
    ],
    orders.map((order) => [
      order.createdAt,
      order.orderId,
      order.strategyId,
      order.exchangeId,
      order.assetId,
      order.side,
      order.orderType,
      order.quantity,
      order.price ?? order.stopPrice,
      order.filledQuantity,
      shown(order.averageFilledPrice),
      order.status,
    ]),
  );
}

export function stuckTable(orders: StuckOrder[]): string {
  return tableOf(
    ['stuck since', 'order', 'exchange', 'exchange order', 'status', 'attempts', 'reason'],
    orders.map((order) => [
      order.stuckSince,
      order.orderId,
      order.exchangeId,
      order.exchangeOrderId,
      order.lastKnownStatus,
      order.resolutionAttempts,
      order.reason,
    ]),
  );
}

export function orderText(order: Order): string {
  const { price, stopPrice, trailingDelta, fills, fillCount } = order;
  const fields = fieldsOf({
    order: order.orderId,
    status: order.status,
    'stuck since': order.stuckSince,
    what: `${order.side} ${order.quantity} ${order.assetId} ${order.orderType} ${order.timeInForce}`,
    price,
    'stop price': stopPrice,
    'trailing delta': trailingDelta,
    exchange: order.exchangeId,
    'exchange order': order.exchangeOrderId,
    'client order id': order.clientOrderId,
    'done by the service': order.emulated?.join(', '),
    strategy: order.strategyId,
    key: order.idempotencyKey,
    filled: `${order.filledQuantity} of ${order.quantity}${fillCount === 0 ? '' : ` in ${fillCount} fills`}`,
    'average price': shown(order.averageFilledPrice),
    commissions: Object.entries(order.commissions)
      .map(([asset, amount]) => `${amount} ${asset}`)
      .join(', '),
    metadata: order.metadata && JSON.stringify(order.metadata),
    error: order.error && `${order.error.code}: ${order.error.message}`,
  });
  const events = order.events.map(({ at, type, by, detail }) => [at, type, by, detail]);
  const parts = [fields, tableOf(['time', 'event', 'by', 'detail'], events)];
  return (fills.length === 0 ? parts : [...parts, fillTable(fills)]).join('\n\n');
}

export function fillTable(fills: Fill[]): string {
  return tableOf(
    ['time', 'execution', 'quantity', 'price', 'commission', 'liquidity'],
    fills.map((fill) => [
      fill.timestamp,
      fill.executionId,
      fill.quantity,
      fill.price,
      `${fill.commission} ${fill.commissionAsset}`,
      fill.liquidity,
    ]),
  );
}

function shown(value: string | undefined): string | undefined {
  return value === undefined ? undefined : roundForDisplay(value);
}
