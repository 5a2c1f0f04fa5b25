import type { FeedOrder, NamedNotice, OrderNotice } from './feed';
import type { Fill, OrderEvent, OrderState } from './order';
import { orderVersionOf } from './order-state';
import { viewOrder } from './order-view';

/**
 * What one write of an order's record tells its readers: the fills it booked, then the order's step. Pure, so that the
 * same write read twice makes the same notices under the same ids; empty when no reader can see a difference.
 */
export function noticesOf(before: OrderState | undefined, after: OrderState): NamedNotice[] {
  const version = orderVersionOf(after);
  if (before !== undefined && orderVersionOf(before) === version) return [];
  const { orderId } = after.request;
  return [
    ...newFills(before, after).map((fill) => executed(after, version, fill)),
    changed(before, after, version),
  ].map((notice, position) => ({ ...notice, eventId: `${orderId}:${version}:${position}` }));
}

function changed(before: OrderState | undefined, after: OrderState, version: number): OrderNotice {
  const { fills: _fills, events: _events, metadata: _metadata, ...order } = viewOrder(after);
  const events = newEvents(before?.lifecycle.events ?? [], after.lifecycle.events);
  return { kind: 'ORDER', orderId: order.orderId, version, events, order: order satisfies FeedOrder };
}

function executed({ request }: OrderState, version: number, execution: Fill): OrderNotice {
  const { orderId, strategyId, exchangeId, assetId, side } = request;
  const place = { strategyId, ...(exchangeId !== undefined && { exchangeId }), assetId, side };
  return { kind: 'EXECUTION', orderId, version, ...place, execution };
}

/** One write books fewer fills than a record keeps, so that all of its fills are among those kept. */
function newFills(before: OrderState | undefined, after: OrderState): Fill[] {
  const known = new Set(before?.ledger.recentFills.map(({ fillId }) => fillId));
  return after.ledger.recentFills.filter(({ fillId }) => !known.has(fillId));
}

/** Events have no ids and are kept in order of time: each old one accounts for one that is the same. */
function newEvents(before: readonly OrderEvent[], after: readonly OrderEvent[]): OrderEvent[] {
  const known = new Map<string, number>();
  for (const event of before) known.set(textOf(event), (known.get(textOf(event)) ?? 0) + 1);
  return after.filter((event) => {
    const left = known.get(textOf(event)) ?? 0;
    known.set(textOf(event), left - 1);
    return left <= 0;
  });
}

function textOf({ type, at, by, detail }: OrderEvent): string {
  return JSON.stringify([type, at, by, detail]);
}
