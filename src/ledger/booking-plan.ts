import { Decimal, formatDecimal } from '../domain/decimal';
import type { ExecutionUpdate, OrderState } from '../domain/order';
import { EVENTS_KEPT_MAX, withLedger } from '../domain/order-lifecycle';
import { addFills } from '../domain/order-state';
import type { PositionHistory, PositionState } from '../domain/position';
import { applyFill } from '../domain/position';
import type { FillItem } from '../storage/dynamodb/order-fills';
import type { FillSource } from '../storage/orders';

/** One execution that a caller wants booked. */
export interface FillToBook {
  execution: ExecutionUpdate;
  source: FillSource;
}

/** Everything that one transaction writes, computed from what was read. */
export interface BookingPlan {
  position: { before: PositionState; after: PositionState };
  histories: PositionHistory[];
  orders: { before: OrderState; after: OrderState }[];
  fillItems: FillItem[];
}

/** The effects of new fills, all of one position, on it and on their orders. Pure; `at` is the instant of booking. */
export function planBooking(
  before: { position: PositionState; orders: ReadonlyMap<string, OrderState> },
  fills: readonly FillToBook[],
  at: string,
): BookingPlan {
  let position = before.position;
  const booked = withReversals(before.orders, fills);
  const histories = booked.map(({ execution }) => {
    const { position: next, history } = applyFill(position, execution, at);
    position = next;
    return history;
  });
  const byOrder = new Map<string, FillToBook[]>();
  for (const fill of booked)
    byOrder.set(fill.execution.orderId, [...(byOrder.get(fill.execution.orderId) ?? []), fill]);
  const plans = [...byOrder].flatMap(([orderId, own]) => {
    const order = before.orders.get(orderId);
    return order === undefined ? [] : [planOrder(order, own, at)];
  });
  return {
    position: { before: before.position, after: position },
    histories,
    orders: plans.map(({ change }) => change),
    fillItems: plans.flatMap(({ fillItems }) => fillItems),
  };
}

/**
 * The fills, and before the first true one of an order whose fills a person reported, the reversals of those: what the
 * exchange says takes their place.
 */
function withReversals(orders: ReadonlyMap<string, OrderState>, fills: readonly FillToBook[]): FillToBook[] {
  const reversed = new Set<string>();
  return fills.flatMap((fill) => {
    const { execution } = fill;
    const order = orders.get(execution.orderId);
    if (execution.provisional === true || order === undefined || reversed.has(execution.orderId)) return [fill];
    reversed.add(execution.orderId);
    return [...reversalsOf(order, execution).map((reversal) => ({ ...fill, execution: reversal })), fill];
  });
}

/** The same fill with its signs turned, in the name of the true one. */
function reversalsOf({ ledger }: OrderState, truth: ExecutionUpdate): ExecutionUpdate[] {
  const ids = new Set(ledger.recentFills.map(({ executionId }) => executionId));
  return ledger.recentFills
    .filter(({ provisional, executionId }) => provisional === true && !ids.has(reversalIdOf(executionId)))
    .map(({ executionId, quantity, price, commission, commissionAsset }) => ({
      ...truth,
      executionId: reversalIdOf(executionId),
      quantity: negated(quantity),
      price,
      commission: negated(commission),
      commissionAsset,
    }));
}

function reversalIdOf(executionId: string): string {
  return `${executionId}-reversed`;
}

function negated(amount: string): string {
  return formatDecimal(new Decimal(amount).neg());
}

function planOrder(
  before: OrderState,
  fills: readonly FillToBook[],
  at: string,
): { change: { before: OrderState; after: OrderState }; fillItems: FillItem[] } {
  const executions = fills.map(({ execution }) => execution);
  const after = withLedger(lateFillsNoted(before, executions, at), addFills(before.ledger, executions), at);
  const fillItems = fills.map(({ execution, source }, position) => ({
    execution,
    source,
    bookedAt: at,
    fillNumber: before.ledger.fillCount + position + 1,
  }));
  return { change: { before, after }, fillItems };
}

/** A fill that comes after the order was closed is booked all the same, and told in its life. */
function lateFillsNoted(order: OrderState, executions: readonly ExecutionUpdate[], at: string): OrderState {
  const { lifecycle } = order;
  if (lifecycle.completedAt === undefined) return order;
  const events = executions.map(({ executionId, exchangeId, quantity, price }) => ({
    type: 'LATE_FILL' as const,
    at,
    by: exchangeId,
    detail: `trade ${executionId}: ${quantity} at ${price}, after the order was closed at ${lifecycle.completedAt}`,
  }));
  return { ...order, lifecycle: { ...lifecycle, events: [...lifecycle.events, ...events].slice(-EVENTS_KEPT_MAX) } };
}
