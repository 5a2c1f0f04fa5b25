import { Decimal } from '../domain/decimal';
import type { OrderState, OrderUpdate } from '../domain/order';
import { isShortOfFills } from '../domain/order-state';

export interface BackfillPlan {
  /** Instruments whose executions are read. */
  assetIds: string[];
  /** Orders whose state only a lookup of their own can tell, oldest first. */
  lookups: OrderState[];
  /** Orders that the exchange has ended since then: whoever recorded it may have died before telling them. */
  retold: OrderState[];
}

export interface BackfillView {
  /** Ours that may still trade, as recorded before `atExchange` was asked. */
  open: readonly OrderState[];
  recentlyClosed: readonly OrderState[];
  /** Ours that the exchange lists as open. */
  atExchange: readonly OrderUpdate[];
  sinceMs: number;
}

/** What must be read so that nothing that happened since `sinceMs` is missed. */
export function planBackfill({ open, recentlyClosed, atExchange, sinceMs }: BackfillView): BackfillPlan {
  return {
    assetIds: [...new Set([...open, ...recentlyClosed].map(({ request }) => request.assetId))].sort(),
    lookups: ordersToLookUp([...open, ...recentlyClosed.filter(isIncomplete)], atExchange),
    retold: recentlyClosed.filter((order) => isEndedByWord(order) && endedSince(order, sinceMs)),
  };
}

/** Orders of which the exchange's list of open orders says less than we need to know, oldest first. */
export function ordersToLookUp(orders: readonly OrderState[], atExchange: readonly OrderUpdate[]): OrderState[] {
  const listed = new Map(atExchange.map((update) => [update.orderId, update]));
  return orders
    .filter((order) => !isExplained(order, listed.get(order.request.orderId)))
    .sort((a, b) => (a.lifecycle.createdAt < b.lifecycle.createdAt ? -1 : 1));
}

function isIncomplete(order: OrderState): boolean {
  return isShortOfFills(order) || isUnacknowledged(order);
}

/** It was filled before its acknowledgement was recorded, and the workflow that waited for that may have been terminated. */
function isUnacknowledged({ lifecycle, ledger }: OrderState): boolean {
  return lifecycle.exchangeOrderId === undefined && ledger.fillCount > 0;
}

/** What ended by its fills alone is told by its executions. */
function isEndedByWord({ lifecycle }: OrderState): boolean {
  return lifecycle.phase !== 'PENDING' && lifecycle.phase !== 'OPEN';
}

/** Whether the order has not ended, or ended at `sinceMs` or later. */
export function endedSince({ lifecycle }: OrderState, sinceMs: number): boolean {
  return lifecycle.completedAt === undefined || Date.parse(lifecycle.completedAt) >= sinceMs;
}

/** The exchange lists it as open, under the id that we know, with no fill that we lack. */
function isExplained({ lifecycle, ledger }: OrderState, update: OrderUpdate | undefined): boolean {
  if (update === undefined || lifecycle.exchangeOrderId !== update.exchangeOrderId) return false;
  return new Decimal(ledger.filledQuantity).gte(update.filledQuantity);
}
