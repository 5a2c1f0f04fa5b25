import type { DecimalString } from '../domain/decimal';
import { Decimal, formatDecimal } from '../domain/decimal';
import type { BookedExecution, Fill, OrderEvent, OrderState } from '../domain/order';
import { EVENTS_KEPT_MAX, withLedger } from '../domain/order-lifecycle';
import { addFills, termsOf } from '../domain/order-state';
import type { PositionHistory, PositionState } from '../domain/position';
import { applyFill } from '../domain/position-changes';
import type { FillItem } from '../storage/dynamodb/order-fills';
import type { BookedAdjustmentItem } from '../storage/dynamodb/position-item';
import type { FillSource } from '../storage/orders';
import { reversalIdOf, reversalOfFill } from './restatement';

/** One execution that a caller wants booked. */
export interface FillToBook {
  execution: BookedExecution;
  source: FillSource;
}

/** With what it realizes in the position, in quote. */
type PlannedFill = FillToBook & { realizedPnL: DecimalString };

/** Everything that one transaction writes, computed from what was read. */
export interface BookingPlan {
  position: { before: PositionState; after: PositionState };
  histories: PositionHistory[];
  orders: { before: OrderState; after: OrderState }[];
  fillItems: FillItem[];
  /** Where the change is one of no fill. */
  adjustment?: BookedAdjustmentItem;
}

/** What new fills meet: their position, their orders by id, and of all those the fills that standingReportsOf names. */
export interface BooksBefore {
  position: PositionState;
  orders: ReadonlyMap<string, OrderState>;
  reports: readonly FillItem[];
}

/** The effects of new fills, all of one position, on it and on their orders. Pure; `at` is the instant of booking. */
export function planBooking(before: BooksBefore, fills: readonly FillToBook[], at: string): BookingPlan {
  let position = before.position;
  const histories: PositionHistory[] = [];
  const byOrder = new Map<string, PlannedFill[]>();
  for (const fill of withReversals(before.reports, fills)) {
    const { position: next, history } = applyFill(position, fill.execution, at);
    const realizedPnL = formatDecimal(new Decimal(next.realizedPnL).minus(position.realizedPnL));
    const { orderId } = fill.execution;
    byOrder.set(orderId, [...(byOrder.get(orderId) ?? []), { ...fill, realizedPnL }]);
    histories.push(history);
    position = next;
  }
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

/** The fills of an order that a person reported, as long as nothing has taken their place. */
export function standingReportsOf({ ledger: { recentFills } }: OrderState): Fill[] {
  const ids = new Set(recentFills.map(({ executionId }) => executionId));
  return recentFills.filter(
    ({ provisional, executionId }) => provisional === true && !ids.has(reversalIdOf(executionId)),
  );
}

/**
 * The fills, and before the first true one of an order whose fills a person reported, the reversals of those: what the
 * exchange says takes their place.
 */
function withReversals(reports: readonly FillItem[], fills: readonly FillToBook[]): FillToBook[] {
  const reversed = new Set<string>();
  return fills.flatMap((fill) => {
    const { execution } = fill;
    const isTrue = execution.provisional !== true && execution.restates === undefined;
    if (!isTrue || reversed.has(execution.orderId)) return [fill];
    reversed.add(execution.orderId);
    const own = reports.filter((report) => report.execution.orderId === execution.orderId);
    return [...reversalsOf(own, execution).map((reversal) => ({ ...fill, execution: reversal })), fill];
  });
}

/** The last one first, so that each finds the position as its fill left it. */
function reversalsOf(reports: readonly FillItem[], truth: BookedExecution): BookedExecution[] {
  const word = { reason: 'the exchange has reported its own fills', by: truth.exchangeId };
  return [...reports].sort((a, b) => b.fillNumber - a.fillNumber).map((report) => reversalOfFill(report, word, truth));
}

function planOrder(
  before: OrderState,
  fills: readonly PlannedFill[],
  at: string,
): { change: { before: OrderState; after: OrderState }; fillItems: FillItem[] } {
  const executions = fills.map(({ execution }) => execution);
  const { strategyId } = before.request;
  const after = withLedger(closedOrderTold(before, executions, at), addFills(before.ledger, executions), at);
  const fillItems = fills.map((fill, position) => ({
    ...fill,
    strategyId,
    bookedAt: at,
    fillNumber: before.ledger.fillCount + position + 1,
  }));
  return { change: { before, after: isRestated(executions) ? endRestated(after) : after }, fillItems };
}

/** What is booked on an order after it was closed is told in its life. */
function closedOrderTold(order: OrderState, executions: readonly BookedExecution[], at: string): OrderState {
  const { lifecycle } = order;
  if (lifecycle.completedAt === undefined) return order;
  const events = executions.map((execution) => closedOrderEvent(execution, lifecycle.completedAt ?? at, at));
  return { ...order, lifecycle: { ...lifecycle, events: [...lifecycle.events, ...events].slice(-EVENTS_KEPT_MAX) } };
}

function closedOrderEvent(execution: BookedExecution, completedAt: string, at: string): OrderEvent {
  const { executionId, exchangeId, quantity, price, restates } = execution;
  if (restates === undefined) {
    const detail = `trade ${executionId}: ${quantity} at ${price}, after the order was closed at ${completedAt}`;
    return { type: 'LATE_FILL', at, by: exchangeId, detail };
  }
  const what = restates.kind === 'REVERSAL' ? 'is cancelled' : `is corrected to ${quantity} at ${price}`;
  return {
    type: 'FILL_RESTATED',
    at,
    by: restates.by,
    detail: `trade ${restates.executionId} ${what}: ${restates.reason}`,
  };
}

/** By itself, not because true fills have come in the place of provisional ones. */
function isRestated(executions: readonly BookedExecution[]): boolean {
  return executions.every(({ restates }) => restates !== undefined);
}

/**
 * Filled is what is booked now, by the exchange's word too; an order that was filled whole and is no more has ended
 * short of it.
 */
function endRestated(order: OrderState): OrderState {
  const { lifecycle, ledger } = order;
  if (lifecycle.completedAt === undefined) return order;
  const isWhole = new Decimal(ledger.filledQuantity).gte(termsOf(order).quantity);
  const hasEndedShort =
    !isWhole && (lifecycle.phase === 'FILLED' || lifecycle.phase === 'OPEN' || lifecycle.phase === 'PENDING');
  const phase = hasEndedShort ? 'CANCELLED' : lifecycle.phase;
  return { ...order, lifecycle: { ...lifecycle, phase, exchangeFilledQuantity: ledger.filledQuantity } };
}
