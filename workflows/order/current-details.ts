import type { Order } from '../../src/domain/order';
import type { RefusedOrder } from './intake';

/** The order as the Temporal UI shows it under "current details": markdown, for the person who has to decide something. */
export function describeOrder(order: Order, doing: string): string {
  const { side, quantity, assetId, orderType, price, timeInForce, exchangeId = 'no exchange', status } = order;
  const lines = [
    `**${status}** — ${side} ${quantity} ${assetId} ${orderType}${price === undefined ? '' : ` @ ${price}`} ${timeInForce} on ${exchangeId}`,
    '',
    `- filled ${order.filledQuantity} of ${quantity}${order.averageFilledPrice === undefined ? '' : ` at ${order.averageFilledPrice} on average`} in ${order.fillCount} fills`,
    `- exchange order ${order.exchangeOrderId ?? 'not known yet'}, client order id \`${order.clientOrderId ?? ''}\``,
    `- now: ${doing}`,
    ...(order.error === undefined ? [] : [`- error ${order.error.code}: ${order.error.message}`]),
    `- since ${order.updatedAt}`,
  ];
  return lines.join('\n');
}

export function describeRefused({ error }: RefusedOrder): string {
  return [
    `**REJECTED** — ${error.code}`,
    '',
    error.message,
    ...error.faults.map(({ field, message }) => `- ${field} ${message}`),
  ].join('\n');
}
