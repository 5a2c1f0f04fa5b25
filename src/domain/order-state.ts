import { Decimal, formatDecimal, sum } from './decimal';
import type { DecimalString } from './decimal';
import type {
  BookedExecution,
  Fill,
  LedgerSums,
  OrderEvent,
  OrderPhase,
  OrderState,
  OrderStatus,
  OrderTerms,
} from './order';
import { FILLS_KEPT_MAX } from './order';
import type { OrderRequest } from './order-request';
import { addCommission } from './position';

export const TERMINAL_PHASES: ReadonlySet<OrderPhase> = new Set(['FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED']);

export function newOrderState(request: OrderRequest, at: string): OrderState {
  const created: OrderEvent = { type: 'CREATED', at, by: 'service' };
  return {
    request,
    lifecycle: { version: 0, phase: 'PENDING', generation: 0, events: [created], createdAt: at, updatedAt: at },
    ledger: emptyLedger(),
  };
}

/** Grows with every write of an order, by whichever writer: of two states the larger is the newer. */
export function orderVersionOf({ lifecycle, ledger }: OrderState): number {
  return lifecycle.version + ledger.version;
}

export function emptyLedger(): LedgerSums {
  return { version: 0, filledQuantity: '0', cost: '0', commissions: {}, fillCount: 0, recentFills: [] };
}

/** The order's terms as they stand: those of the request until the exchange confirms a change. */
export function termsOf({ request, lifecycle }: Pick<OrderState, 'request' | 'lifecycle'>): OrderTerms {
  return lifecycle.terms ?? askedTermsOf(request);
}

export function askedTermsOf({ quantity, price, stopPrice }: OrderRequest): OrderTerms {
  return { quantity, ...(price !== undefined && { price }), ...(stopPrice !== undefined && { stopPrice }) };
}

/** The order as it would be asked for now: the request with its terms as they stand. */
export function currentRequestOf(state: Pick<OrderState, 'request' | 'lifecycle'>): OrderRequest {
  return { ...state.request, ...termsOf(state) };
}

/** The status that follows from the exchange's word and what is booked. */
export function statusOf(state: OrderState): OrderStatus {
  const { lifecycle, ledger } = state;
  const filled = new Decimal(ledger.filledQuantity);
  if (filled.gte(termsOf(state).quantity)) return 'FILLED';
  switch (lifecycle.phase) {
    case 'PENDING':
    case 'OPEN':
      if (filled.gt(0)) return 'PARTIALLY_FILLED';
      return lifecycle.armedAt === undefined ? lifecycle.phase : 'OPEN';
    case 'FILLED':
      return filled.gte(quantityFilledAtExchange(state)) ? 'FILLED' : 'PARTIALLY_FILLED';
    case 'CANCELLED':
    case 'REJECTED':
    case 'EXPIRED':
      return lifecycle.phase;
  }
}

/**
 * The exchange will fill no more of the order, by its own word or because all of it is booked as filled. While a change
 * is on its way that is not said yet: it may make the order larger, or place it anew.
 */
export function isEnded(state: OrderState): boolean {
  if (state.lifecycle.amendment !== undefined) return false;
  return TERMINAL_PHASES.has(state.lifecycle.phase) || isFullyBooked(state);
}

/** The order has ended and what is booked equals what the exchange says was filled: it may close. */
export function isSettled(state: OrderState): boolean {
  return isEnded(state) && !isShortOfFills(state);
}

/** The exchange says that more was filled than is booked. */
export function isShortOfFills(state: OrderState): boolean {
  return new Decimal(state.ledger.filledQuantity).lt(quantityFilledAtExchange(state));
}

/** More is booked than the exchange counted when the order ended: the fill came after the end. */
export function isBeyondEnd(state: OrderState): boolean {
  const { lifecycle, ledger } = state;
  return new Decimal(ledger.filledQuantity).gt(lifecycle.exchangeFilledQuantity ?? termsOf(state).quantity);
}

function quantityFilledAtExchange(state: OrderState): DecimalString {
  const { exchangeFilledQuantity, phase } = state.lifecycle;
  return exchangeFilledQuantity ?? (phase === 'FILLED' ? termsOf(state).quantity : '0');
}

function isFullyBooked(state: OrderState): boolean {
  return new Decimal(state.ledger.filledQuantity).gte(termsOf(state).quantity);
}

export function remainingQuantityOf(state: OrderState): DecimalString {
  return formatDecimal(new Decimal(termsOf(state).quantity).minus(state.ledger.filledQuantity));
}

/** The ledger's sums after further fills, which the caller knows to be new. */
export function addFills(ledger: LedgerSums, executions: readonly BookedExecution[]): LedgerSums {
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

export function fillOf(execution: BookedExecution): Fill {
  const { executionId, quantity, price, commission, commissionAsset, liquidity, provisional, restates } = execution;
  const fillId = `${execution.orderId}/${executionId}`;
  return {
    fillId,
    executionId,
    quantity,
    price,
    commission,
    commissionAsset,
    ...(liquidity && { liquidity }),
    ...(provisional === true && { provisional }),
    ...(restates !== undefined && { restates }),
    timestamp: execution.timestamp,
  };
}
