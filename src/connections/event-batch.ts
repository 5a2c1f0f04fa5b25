import { Decimal } from '../domain/decimal';
import type { ExecutionUpdate, OrderStatus, OrderUpdate } from '../domain/order';
import type { StreamEvent } from './event-buffer';

/** What a stretch of the stream amounts to. */
export interface EventBatch {
  /** All executions, in the order they arrived. */
  executions: ExecutionUpdate[];
  /** The last word on each order that may say more than its executions do; at most one an order. */
  updates: OrderUpdate[];
}

export function batchOf(events: readonly StreamEvent[]): EventBatch {
  const executions: ExecutionUpdate[] = [];
  const updates = new Map<string, OrderUpdate>();
  for (const event of events) {
    if (event.kind === 'execution') executions.push(event.execution);
    else if (saysMore(event.update)) keepLast(updates, event.update);
  }
  return { executions, updates: [...updates.values()] };
}

/** Statuses after which the exchange fills no more, whatever was filled. */
const BROKEN_OFF: ReadonlySet<OrderStatus> = new Set(['CANCELLED', 'EXPIRED', 'REJECTED']);

export function isBrokenOff({ status }: Pick<OrderUpdate, 'status'>): boolean {
  return BROKEN_OFF.has(status);
}

/** That an order is open has been said by the reply to its submission. */
function saysMore({ status }: OrderUpdate): boolean {
  return status !== 'OPEN' && status !== 'PENDING';
}

/** Events may overtake each other: an end stays the end, and of two words on fills the larger is the later. */
function keepLast(updates: Map<string, OrderUpdate>, update: OrderUpdate): void {
  const before = updates.get(update.orderId);
  if (before === undefined || outranks(update, before)) updates.set(update.orderId, update);
}

function outranks(update: OrderUpdate, before: OrderUpdate): boolean {
  if (isBrokenOff(update) !== isBrokenOff(before)) return isBrokenOff(update);
  return new Decimal(update.filledQuantity).gte(before.filledQuantity);
}
