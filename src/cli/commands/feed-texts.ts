import type { FeedMessage, FeedOrder } from '../../domain/feed';

/** A message as one line for people. */
export function feedLine(message: FeedMessage): string {
  return `${String(message.sequence).padStart(SEQUENCE_WIDTH)}  ${textOf(message)}`;
}

const SEQUENCE_WIDTH = 8;

function textOf(message: FeedMessage): string {
  switch (message.kind) {
    case 'RESYNC':
      return `RESYNC     ${message.reason} Read the orders anew.`;
    case 'EXECUTION': {
      const { execution, orderId, side, assetId, exchangeId } = message;
      const { timestamp, quantity, price, executionId } = execution;
      return `${timestamp}  ${orderId}  EXECUTION  ${side} ${quantity} ${assetId} at ${price} (${exchangeId} trade ${executionId})`;
    }
    case 'ORDER': {
      const { order, events } = message;
      const steps = events.map(({ type, by }) => `${type} by ${by}`).join(', ');
      return `${order.updatedAt}  ${order.orderId}  ${standing(order)}${steps === '' ? '' : `: ${steps}`}`;
    }
  }
}

function standing({ status, side, quantity, assetId, orderType, price, filledQuantity }: FeedOrder): string {
  const what = `${side} ${quantity} ${assetId} ${orderType}${price === undefined ? '' : ` ${price}`}`;
  return `${status}  ${what}${filledQuantity === '0' ? '' : `, filled ${filledQuantity}`}`;
}
