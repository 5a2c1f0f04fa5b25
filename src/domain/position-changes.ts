import type { DecimalString } from './decimal';
import { Decimal, formatDecimal, ZERO } from './decimal';
import type { BookedExecution } from './order';
import { currenciesOf } from './order-request';
import type { Adjustment, PositionEventType, PositionHistory, PositionState } from './position';
import { addCommission, averageEntryPriceOf, positionIdOf } from './position';
import { quoteAmountOf } from './quote-amount';

/** A position after a change, and the record of the change. */
export interface PositionChange {
  position: PositionState;
  history: PositionHistory;
}

/**
 * The position after a fill, and the history record of the change (properties 26 and 28).
 * A BUY adds exactly the fill, a SELL subtracts it; what closes realizes P&L against the average, what remains opens
 * at the fill's price. A commission in the base currency is a second, named delta that leaves the average as it is.
 * A reversal takes a fill's effects back in the opposite order: with nothing booked in between, the position is as
 * before the fill; otherwise quantity and quote are, and where cost and what was realized no longer part as they did,
 * the average parts them.
 */
export function applyFill(position: PositionState, fill: BookedExecution, bookedAt: string): PositionChange {
  const { base } = currenciesOf(fill.assetId);
  const baseFee = fill.commissionAsset === base ? new Decimal(fill.commission) : ZERO;
  const direction = fill.side === 'BUY' ? 1 : -1;
  const signed = new Decimal(fill.quantity).times(direction);
  const price = new Decimal(fill.price);
  const sums =
    fill.restates?.kind === 'REVERSAL'
      ? takeBack(takeBaseFee(sumsOf(position), baseFee, price), signed, price, fill.restates.realizedPnL ?? '0')
      : takeBaseFee(trade(sumsOf(position), signed, price), baseFee, price);
  const eventType = eventTypeOf(new Decimal(position.quantity), sums.quantity);
  const next: PositionState = {
    ...changed(position, sums, bookedAt),
    quoteFlow: formatDecimal(new Decimal(position.quoteFlow).minus(quoteAmountOf(fill).times(direction))),
    commissions: addCommission(position.commissions, fill),
    openedAt: eventType === 'OPEN' ? fill.timestamp : position.openedAt,
  };
  const { side, quantity, price: tradedAt, commission, commissionAsset, timestamp } = fill;
  const history: PositionHistory = {
    ...recordOf(position, next),
    historyId: fillIdOf(fill),
    eventType,
    ...(!baseFee.isZero() && { baseFee: formatDecimal(baseFee) }),
    fillId: fillIdOf(fill),
    trade: { side, quantity, price: tradedAt, commission, commissionAsset, timestamp },
    ...(fill.restates !== undefined && { restates: fill.restates }),
  };
  return { position: next, history };
}

/**
 * The position after an adjustment, and its RECONCILE record. It realizes nothing, since nobody knows what the
 * difference was traded for: what leaves, leaves at the average; what is added is valued as the adjustment says.
 */
export function applyAdjustment(position: PositionState, adjustment: Adjustment, bookedAt: string): PositionChange {
  const { adjustmentId, reason, quantity, price } = adjustment;
  const sums = adjusted(sumsOf(position), new Decimal(quantity), price);
  const isOpening = eventTypeOf(new Decimal(position.quantity), sums.quantity) === 'OPEN';
  const next = { ...changed(position, sums, bookedAt), ...(isOpening && { openedAt: bookedAt }) };
  const historyId = `adjustment/${adjustmentId}`;
  return {
    position: next,
    history: { ...recordOf(position, next), historyId, eventType: 'RECONCILE', adjustmentId, reason },
  };
}

/** The position as it stood after a recorded change. */
export function positionAfter(history: PositionHistory): PositionState {
  const { tenantId, assetId, exchangeId, version, cost, realizedPnL, quoteFlow, commissions, openedAt } = history;
  return {
    tenantId,
    assetId,
    exchangeId,
    version,
    quantity: history.newQuantity,
    cost,
    realizedPnL,
    quoteFlow,
    commissions,
    openedAt,
    updatedAt: history.timestamp,
  };
}

interface Sums {
  quantity: Decimal;
  cost: Decimal;
  realizedPnL: Decimal;
}

function sumsOf({ quantity, cost, realizedPnL }: PositionState): Sums {
  return { quantity: new Decimal(quantity), cost: new Decimal(cost), realizedPnL: new Decimal(realizedPnL) };
}

function changed(position: PositionState, { quantity, cost, realizedPnL }: Sums, updatedAt: string): PositionState {
  return {
    ...position,
    version: position.version + 1,
    quantity: formatDecimal(quantity),
    cost: formatDecimal(cost),
    realizedPnL: formatDecimal(realizedPnL),
    updatedAt,
  };
}

function adjusted({ quantity, cost, realizedPnL }: Sums, delta: Decimal, price?: DecimalString): Sums {
  const next = quantity.plus(delta);
  const isTurning = !next.isZero() && !quantity.isZero() && next.isPositive() !== quantity.isPositive();
  const isLeaving = !isTurning && next.abs().lt(quantity.abs());
  const added = isTurning ? next : delta;
  const valued = price === undefined || isLeaving ? atAverage(quantity, cost, added) : added.times(price);
  return { quantity: next, cost: next.isZero() ? ZERO : isTurning ? valued : cost.plus(valued), realizedPnL };
}

function atAverage(quantity: Decimal, cost: Decimal, part: Decimal): Decimal {
  return quantity.isZero() ? ZERO : shareOfCost(quantity, cost, part);
}

function trade({ quantity, cost, realizedPnL }: Sums, signed: Decimal, price: Decimal): Sums {
  if (quantity.isZero() || quantity.isPositive() === signed.isPositive()) {
    return { quantity: quantity.plus(signed), cost: cost.plus(signed.times(price)), realizedPnL };
  }
  if (signed.abs().lt(quantity.abs())) {
    const closed = shareOfCost(quantity, cost, signed.negated());
    const realized = signed.negated().times(price).minus(closed);
    return { quantity: quantity.plus(signed), cost: cost.minus(closed), realizedPnL: realizedPnL.plus(realized) };
  }
  const remainder = quantity.plus(signed);
  return {
    quantity: remainder,
    cost: remainder.times(price),
    realizedPnL: realizedPnL.plus(quantity.times(price)).minus(cost),
  };
}

/** The opposite trade, at its own cost as far as the position still has it. */
function takeBack(sums: Sums, signed: Decimal, price: Decimal, realized: DecimalString): Sums {
  const quantity = sums.quantity.plus(signed);
  const cost = sums.cost.plus(signed.times(price)).minus(realized);
  const isSound = !quantity.isZero() && !cost.isZero() && quantity.isPositive() === cost.isPositive();
  return isSound ? { quantity, cost, realizedPnL: sums.realizedPnL.minus(realized) } : trade(sums, signed, price);
}

/** Out of a long position the fee leaves at the average, realizing nothing; what it exceeds the position by is owed, at the fill's price. */
function takeBaseFee(sums: Sums, fee: Decimal, price: Decimal): Sums {
  const { quantity, cost, realizedPnL } = sums;
  if (fee.isZero()) return sums;
  const fromPosition = quantity.gt(0) ? Decimal.min(fee, quantity) : ZERO;
  const owed = fee.minus(fromPosition);
  const leaving = fromPosition.isZero() ? ZERO : shareOfCost(quantity, cost, fromPosition);
  return { quantity: quantity.minus(fee), cost: cost.minus(leaving).minus(owed.times(price)), realizedPnL };
}

/** The part of the cost that belongs to `part` of the quantity, cut to COST_SHARE_DECIMALS so that sums stay exact. */
function shareOfCost(quantity: Decimal, cost: Decimal, part: Decimal): Decimal {
  return part.eq(quantity) ? cost : cost.times(part).div(quantity).toDecimalPlaces(COST_SHARE_DECIMALS);
}

const COST_SHARE_DECIMALS = 24;

/** What every record says of a change, whatever made it. */
function recordOf(
  before: PositionState,
  after: PositionState,
): Omit<PositionHistory, 'historyId' | 'eventType' | 'trade' | 'fillId'> {
  const { tenantId, assetId, exchangeId, version, cost, realizedPnL, quoteFlow, commissions, openedAt } = after;
  return {
    positionId: positionIdOf(after),
    tenantId,
    assetId,
    exchangeId,
    version,
    previousQuantity: before.quantity,
    newQuantity: after.quantity,
    previousAvgPrice: averageEntryPriceOf(before),
    newAvgPrice: averageEntryPriceOf(after),
    cost,
    realizedPnL,
    quoteFlow,
    commissions,
    openedAt,
    timestamp: after.updatedAt,
  };
}

/** A fill that takes a position through zero closes the old side and opens the new one: it is recorded as OPEN. */
function eventTypeOf(before: Decimal, after: Decimal): Exclude<PositionEventType, 'RECONCILE'> {
  if (after.isZero()) return 'CLOSE';
  if (before.isZero() || before.isPositive() !== after.isPositive()) return 'OPEN';
  return after.abs().gt(before.abs()) ? 'INCREASE' : 'DECREASE';
}

function fillIdOf({ orderId, executionId }: Pick<BookedExecution, 'orderId' | 'executionId'>): string {
  return `${orderId}/${executionId}`;
}
