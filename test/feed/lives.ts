import type { FeedMessage } from '../../src/domain/feed';
import type { Order } from '../../src/domain/order';
import { viewOrder } from '../../src/domain/order-view';
import { anExecution, anIntent, anOrder, type Stores } from '../storage/stores';

/** An order from its creation to its last fill, as its writers write it; `fills` of 0.1 each. */
export async function liveThrough({ orders, ledger }: Stores, tenantId: string, fills = 2): Promise<string> {
  const order = anOrder(tenantId, { quantity: `0.${fills}` });
  const { orderId } = order;
  await orders.claimIntent(order, anIntent());
  const at = new Date().toISOString();
  const events = [{ type: 'ACKNOWLEDGED' as const, at, by: 'BINANCE', detail: 'exchange order 77' }];
  await orders.recordLifecycle(tenantId, orderId, { phase: 'OPEN', exchangeOrderId: '77', submittedAt: at, events });
  for (let fill = 1; fill <= fills; fill++)
    await ledger.bookFills([anExecution(order, `${orderId}-${fill}`)], 'STREAM');
  return orderId;
}

/** That the messages tell of an order all that its record says, once each and in order, whatever was delivered twice. */
export function expectWholeStory(messages: readonly FeedMessage[], order: Order): void {
  const own = uniqueByEvent(messages).filter((message) => 'orderId' in message && message.orderId === order.orderId);
  const steps = own.flatMap((message) => (message.kind === 'ORDER' ? [message] : []));
  expect(steps.flatMap(({ events }) => events)).toEqual(order.events);
  expect(own.flatMap((message) => (message.kind === 'EXECUTION' ? [message.execution] : []))).toEqual(order.fills);
  const { fills: _fills, events: _events, metadata: _metadata, ...rest } = order;
  expect(steps.at(-1)?.order).toEqual(rest);
  const versions = own.map((message) => ('version' in message ? message.version : 0));
  expect(versions).toEqual([...versions].sort((a, b) => a - b));
}

export async function orderOf({ orders }: Stores, tenantId: string, orderId: string): Promise<Order> {
  const record = await orders.get(tenantId, orderId);
  if (record === undefined) throw new Error(`There is no order ${orderId}.`);
  return viewOrder(record.state);
}

/** Each message where it came first. */
export function uniqueByEvent(messages: readonly FeedMessage[]): FeedMessage[] {
  const first = new Map<string, FeedMessage>();
  for (const message of messages) if (!first.has(message.eventId)) first.set(message.eventId, message);
  return [...first.values()];
}

/** So many orders have ended. */
export function ended(count: number): (messages: FeedMessage[]) => boolean {
  return (messages) =>
    new Set(
      messages.flatMap((message) =>
        message.kind === 'ORDER' && message.order.completedAt !== undefined ? [message.orderId] : [],
      ),
    ).size >= count;
}
