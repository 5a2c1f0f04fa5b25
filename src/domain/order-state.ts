import type { DecimalString } from './decimal';
import { Decimal, formatDecimal, sum } from './decimal';
import type { OrderError } from './errors';
import { clientOrderIdOf } from './ids';
import type {
  CancelResponse,
  ExecutionUpdate,
  Fill,
  LedgerSums,
  Lifecycle,
  Order,
  OrderEvent,
  OrderPhase,
  OrderResponse,
  OrderState,
  OrderStatus,
  OrderUpdate,
} from './order';
import { addCommission } from './position';
import { FILLS_KEPT_MAX } from './order';
import type { OrderRequest } from './order-request';

export const EVENTS_KEPT_MAX = 200;

const TERMINAL_PHASES: ReadonlySet<OrderPhase> = new Set(['FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED']);

export function newOrderState(request: OrderRequest, at: string): OrderState {
  const created: OrderEvent = { type: 'CREATED', at, by: 'service' };
  return {
    request,
    lifecycle: { version: 0, phase: 'PENDING', generation: 0, events: [created], createdAt: at, updatedAt: at },
    ledger: emptyLedger(),
  };
}

export function emptyLedger(): LedgerSums {
  return { version: 0, filledQuantity: '0', cost: '0', commissions: {}, fillCount: 0, recentFills: [] };
}

/** The status that follows from the exchange's word and what is booked. */
export function statusOf({ request, lifecycle, ledger }: OrderState): OrderStatus {
  const filled = new Decimal(ledger.filledQuantity);
  if (filled.gte(request.quantity)) return 'FILLED';
  switch (lifecycle.phase) {
    case 'PENDING':
    case 'OPEN':
      return filled.gt(0) ? 'PARTIALLY_FILLED' : lifecycle.phase;
    case 'FILLED':
      return filled.gte(lifecycle.exchangeFilledQuantity ?? request.quantity) ? 'FILLED' : 'PARTIALLY_FILLED';
    case 'CANCELLED':
    case 'REJECTED':
    case 'EXPIRED':
      return lifecycle.phase;
  }
}

/** The exchange will fill no more of the order, by its own word or because all of it is booked as filled. */
export function isEnded(state: OrderState): boolean {
  return TERMINAL_PHASES.has(state.lifecycle.phase) || isFullyBooked(state);
}

/** The order has ended and what is booked equals what the exchange says was filled: it may close. */
export function isSettled(state: OrderState): boolean {
  return isEnded(state) && !isShortOfFills(state);
}

/** The exchange says that more was filled than is booked. */
export function isShortOfFills({ lifecycle, ledger, request }: OrderState): boolean {
  const filledAtExchange = lifecycle.exchangeFilledQuantity ?? (lifecycle.phase === 'FILLED' ? request.quantity : '0');
  return new Decimal(ledger.filledQuantity).lt(filledAtExchange);
}

function isFullyBooked({ request, ledger }: OrderState): boolean {
  return new Decimal(ledger.filledQuantity).gte(request.quantity);
}

/** A step in an order's life, from whoever knows of it. */
export interface LifecycleChange {
  phase?: OrderPhase;
  exchangeOrderId?: string;
  exchangeFilledQuantity?: DecimalString;
  error?: OrderError;
  submittedAt?: string;
  events?: OrderEvent[];
}

/**
 * The order after a step. An end is final: a later word that the order is open, or has ended differently, only adds
 * what it says of fills. Returns the same object when nothing changes.
 */
export function advance(state: OrderState, change: LifecycleChange, at: string): OrderState {
  const { lifecycle } = state;
  const phase = nextPhase(lifecycle.phase, change.phase);
  const exchangeFilledQuantity = larger(lifecycle.exchangeFilledQuantity, change.exchangeFilledQuantity);
  const fresh: Partial<Lifecycle> = {
    phase,
    ...(exchangeFilledQuantity !== undefined && { exchangeFilledQuantity }),
    ...(lifecycle.exchangeOrderId === undefined &&
      change.exchangeOrderId !== undefined && { exchangeOrderId: change.exchangeOrderId }),
    ...(lifecycle.error === undefined && change.error !== undefined && { error: change.error }),
    ...(lifecycle.submittedAt === undefined && change.submittedAt !== undefined && { submittedAt: change.submittedAt }),
  };
  const events = newEvents(lifecycle.events, change.events ?? []);
  const changed = (Object.keys(fresh) as (keyof Lifecycle)[]).some((key) => fresh[key] !== lifecycle[key]);
  if (!changed && events.length === 0) return state;
  const kept = [...lifecycle.events, ...events].slice(-EVENTS_KEPT_MAX);
  const next = { ...lifecycle, ...fresh, version: lifecycle.version + 1, events: kept, updatedAt: at };
  return completed({ ...state, lifecycle: next }, at);
}

/** The order with newer sums from the ledger; older ones change nothing. */
export function withLedger(state: OrderState, ledger: LedgerSums, at: string): OrderState {
  if (ledger.version <= state.ledger.version) return state;
  return completed({ ...state, ledger, lifecycle: { ...state.lifecycle, updatedAt: at } }, at);
}

/** The step that an exchange's word on an order amounts to. */
export function changeOfUpdate(update: OrderUpdate): LifecycleChange {
  const phase = phaseOfStatus(update.status);
  const { exchangeOrderId, exchangeId: by, timestamp, reason } = update;
  const type = END_EVENTS[phase];
  return {
    phase,
    exchangeOrderId,
    ...(TERMINAL_PHASES.has(phase) && { exchangeFilledQuantity: update.filledQuantity }),
    ...(type !== undefined && {
      events: [{ type, at: timestamp, by, ...(reason !== undefined && { detail: reason }) }],
    }),
  };
}

const END_EVENTS: Partial<Record<OrderPhase, OrderEvent['type']>> = {
  CANCELLED: 'CANCELLED',
  EXPIRED: 'EXPIRED',
  REJECTED: 'REJECTED',
};

export function phaseOfStatus(status: OrderStatus): OrderPhase {
  return status === 'PARTIALLY_FILLED' ? 'OPEN' : status;
}

/** The ledger's sums after further fills, which the caller knows to be new. */
export function addFills(ledger: LedgerSums, executions: readonly ExecutionUpdate[]): LedgerSums {
  const commissions = executions.reduce(addCommission, ledger.commissions);
  return {
    version: ledger.version + 1,
    filledQuantity: sum([ledger.filledQuantity, ...executions.map(({ quantity }) => quantity)]),
    cost: sum([
      ledger.cost,
      ...executions.map(({ quantity, price }) => formatDecimal(new Decimal(quantity).times(price))),
    ]),
    commissions,
    fillCount: ledger.fillCount + executions.length,
    recentFills: [...ledger.recentFills, ...executions.map(fillOf)].slice(-FILLS_KEPT_MAX),
  };
}

export function fillOf(execution: ExecutionUpdate): Fill {
  const { executionId, quantity, price, commission, commissionAsset, liquidity, timestamp } = execution;
  const fillId = `${execution.orderId}/${executionId}`;
  return {
    fillId,
    executionId,
    quantity,
    price,
    commission,
    commissionAsset,
    ...(liquidity && { liquidity }),
    timestamp,
  };
}

/** The order as clients read it. */
export function viewOrder(state: OrderState): Order {
  const { request, lifecycle, ledger } = state;
  const { timestamp: _timestamp, submitBefore: _submitBefore, ...asked } = request;
  const { version: _version, phase: _phase, generation, exchangeFilledQuantity: _filled, ...life } = lifecycle;
  const averageFilledPrice = averagePriceOf(ledger);
  return {
    schemaVersion: 1,
    ...asked,
    clientOrderId: clientOrderIdOf(request.orderId, generation),
    status: statusOf(state),
    filledQuantity: ledger.filledQuantity,
    remainingQuantity: remainingQuantityOf(state),
    ...(averageFilledPrice !== undefined && { averageFilledPrice }),
    commissions: ledger.commissions,
    fills: ledger.recentFills,
    fillCount: ledger.fillCount,
    ...life,
    events: [...life.events].sort(byTime),
  };
}

/** The answer to submit, as the order stands. */
export function viewResponse(state: OrderState): OrderResponse {
  const { request, lifecycle, ledger } = state;
  const averagePrice = averagePriceOf(ledger);
  const [commission, ...others] = Object.entries(ledger.commissions);
  return {
    schemaVersion: 1,
    orderId: request.orderId,
    ...(lifecycle.exchangeOrderId !== undefined && { exchangeOrderId: lifecycle.exchangeOrderId }),
    ...(request.exchangeId !== undefined && { exchangeId: request.exchangeId }),
    status: statusOf(state),
    filledQuantity: ledger.filledQuantity,
    remainingQuantity: remainingQuantityOf(state),
    ...(averagePrice !== undefined && { averagePrice }),
    ...(commission !== undefined &&
      others.length === 0 && { commissionAsset: commission[0], commission: commission[1] }),
    ...(lifecycle.error !== undefined && { error: lifecycle.error }),
    createdAt: lifecycle.createdAt,
    updatedAt: lifecycle.updatedAt,
  };
}

/** The answer to cancel, as the order stands; `failure` says why the last attempt did not work. */
export function viewCancelResponse(state: OrderState, failure?: string): CancelResponse {
  const { request, lifecycle } = state;
  const status = statusOf(state);
  const base = {
    schemaVersion: 1 as const,
    orderId: request.orderId,
    ...(lifecycle.exchangeOrderId !== undefined && { exchangeOrderId: lifecycle.exchangeOrderId }),
  };
  if (status === 'CANCELLED')
    return { ...base, status: 'CANCELLED', ...(lifecycle.completedAt && { cancelledAt: lifecycle.completedAt }) };
  if (isEnded(state))
    return { ...base, status: 'FAILED', reason: `The order has ended as ${status}: nothing was left to cancel.` };
  if (failure !== undefined) return { ...base, status: 'FAILED', reason: failure };
  return { ...base, status: 'PENDING_CANCEL' };
}

export function remainingQuantityOf({ request, ledger }: OrderState): DecimalString {
  return formatDecimal(new Decimal(request.quantity).minus(ledger.filledQuantity));
}

function averagePriceOf({ filledQuantity, cost }: LedgerSums): DecimalString | undefined {
  const filled = new Decimal(filledQuantity);
  return filled.isZero() ? undefined : formatDecimal(new Decimal(cost).div(filled).toSignificantDigits(AVERAGE_DIGITS));
}

/** An average has no exact decimal form; it is shown to this many significant digits and never computed with. */
const AVERAGE_DIGITS = 28;

function nextPhase(current: OrderPhase, word: OrderPhase | undefined): OrderPhase {
  if (word === undefined || TERMINAL_PHASES.has(current)) return current;
  return current === 'OPEN' && word === 'PENDING' ? current : word;
}

function larger(a: DecimalString | undefined, b: DecimalString | undefined): DecimalString | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return new Decimal(a).gte(b) ? a : b;
}

function newEvents(known: readonly OrderEvent[], said: readonly OrderEvent[]): OrderEvent[] {
  return said.filter(
    (event) => !known.some((old) => old.type === event.type && (ONCE.has(event.type) || old.at === event.at)),
  );
}

/** Events are recorded as they become known; the exchange's come with its own, earlier time. */
function byTime(a: OrderEvent, b: OrderEvent): number {
  return a.at < b.at ? -1 : a.at > b.at ? 1 : 0;
}

/** Steps that an order takes at most once, however often they are reported. */
const ONCE: ReadonlySet<OrderEvent['type']> = new Set([
  'CREATED',
  'ACKNOWLEDGED',
  'FILLED',
  'CANCELLED',
  'EXPIRED',
  'REJECTED',
  'DENIED',
]);

function completed(state: OrderState, at: string): OrderState {
  if (!isSettled(state) || state.lifecycle.completedAt !== undefined) return state;
  const { lifecycle, request } = state;
  const filled: OrderEvent[] =
    statusOf(state) === 'FILLED'
      ? newEvents(lifecycle.events, [{ type: 'FILLED', at, by: request.exchangeId ?? 'service' }])
      : [];
  return { ...state, lifecycle: { ...lifecycle, completedAt: at, events: [...lifecycle.events, ...filled] } };
}
