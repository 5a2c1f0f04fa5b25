import type { DecimalString } from './decimal';
import { Decimal, formatDecimal } from './decimal';
import type { OrderError } from './errors';
import { clientOrderIdOf } from './ids';
import type { CancelResponse, LedgerSums, Order, OrderEvent, OrderResponse, OrderState, StuckOrder } from './order';
import { isEnded, remainingQuantityOf, statusOf, termsOf } from './order-state';

/** The order as clients read it. */
export function viewOrder(state: OrderState): Order {
  const { request, lifecycle, ledger } = state;
  const { timestamp: _timestamp, submitBefore: _submitBefore, ...asked } = request;
  const {
    generation,
    exchangeOrderId,
    emulated,
    stuck,
    error,
    events,
    createdAt,
    updatedAt,
    submittedAt,
    completedAt,
  } = lifecycle;
  const averageFilledPrice = averagePriceOf(ledger);
  return {
    schemaVersion: 1,
    ...asked,
    ...termsOf(state),
    ...(exchangeOrderId !== undefined && { exchangeOrderId }),
    clientOrderId: clientOrderIdOf(request.orderId, generation),
    ...(emulated !== undefined && { emulated }),
    status: statusOf(state),
    ...(stuck !== undefined && { stuckSince: stuck.since }),
    filledQuantity: ledger.filledQuantity,
    remainingQuantity: remainingQuantityOf(state),
    ...(averageFilledPrice !== undefined && { averageFilledPrice }),
    commissions: ledger.commissions,
    fills: ledger.recentFills,
    fillCount: ledger.fillCount,
    events: [...events].sort(byTime),
    ...(error !== undefined && { error }),
    createdAt,
    updatedAt,
    ...(submittedAt !== undefined && { submittedAt }),
    ...(completedAt !== undefined && { completedAt }),
  };
}

/** The answer to submit and modify, as the order stands; `failure` is why a modification did not happen. */
export function viewResponse(state: OrderState, failure?: OrderError): OrderResponse {
  const { request, lifecycle, ledger } = state;
  const averagePrice = averagePriceOf(ledger);
  const [commission, ...others] = Object.entries(ledger.commissions);
  const { emulated, error = failure } = lifecycle;
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
    ...(emulated !== undefined && { emulated }),
    ...(error !== undefined && { error }),
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

/** The order as a person who has to look at it needs it; undefined while somebody can say how it stands. */
export function viewStuckOrder(state: OrderState): StuckOrder | undefined {
  const { orderId, exchangeId } = state.request;
  const { stuck, exchangeOrderId, events } = state.lifecycle;
  if (stuck === undefined) return undefined;
  // The record changes on the exchange's word only: what it says is what was last certain.
  const status = statusOf(state);
  return {
    orderId,
    ...(exchangeOrderId !== undefined && { exchangeOrderId }),
    ...(exchangeId !== undefined && { exchangeId }),
    status,
    lastKnownStatus: status,
    stuckSince: stuck.since,
    reason: stuck.reason,
    resolutionAttempts: events.filter(({ type, at }) => type === 'RESOLVED' && at >= stuck.since).length,
    requiresManualIntervention: true,
  };
}

function averagePriceOf({ filledQuantity, cost }: LedgerSums): DecimalString | undefined {
  const filled = new Decimal(filledQuantity);
  return filled.isZero() ? undefined : formatDecimal(new Decimal(cost).div(filled).toSignificantDigits(AVERAGE_DIGITS));
}

/** An average has no exact decimal form; it is shown to this many significant digits and never computed with. */
const AVERAGE_DIGITS = 28;

/** Events are recorded as they become known; the exchange's come with its own, earlier time. */
function byTime(a: OrderEvent, b: OrderEvent): number {
  return a.at < b.at ? -1 : a.at > b.at ? 1 : 0;
}
