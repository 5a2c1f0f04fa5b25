import type { DecimalString } from './decimal';
import { Decimal, formatDecimal, sum, ZERO } from './decimal';
import type { ExchangeId } from './exchange';
import type { BookedExecution, ExecutionUpdate } from './order';
import { currenciesOf } from './order-request';

/**
 * What is stored of a position on one instrument at one exchange. quantity in base (negative: short);
 * cost and realizedPnL in quote. The average entry price is cost ÷ quantity, derived when shown, so that no rounding
 * accumulates; realizedPnL is gross of commissions, which are kept per asset.
 */
export interface PositionState {
  tenantId: string;
  assetId: string;
  exchangeId: ExchangeId;
  /** Counts the changes: the position's history chains by it. */
  version: number;
  quantity: DecimalString;
  /** Σ entry price × quantity of what is open, signed like quantity. */
  cost: DecimalString;
  realizedPnL: DecimalString;
  /** What its fills moved in quote, fees apart: negative while more was bought than sold. */
  quoteFlow: DecimalString;
  commissions: Record<string, DecimalString>;
  openedAt: string;
  updatedAt: string;
}

export type PositionEventType = 'OPEN' | 'INCREASE' | 'DECREASE' | 'CLOSE' | 'RECONCILE';

/** One change of a position (specification: PositionHistory); prices in quote, quantities in base. */
export interface PositionHistory {
  historyId: string;
  positionId: string;
  tenantId: string;
  assetId: string;
  exchangeId: ExchangeId;
  eventType: PositionEventType;
  /** The position's version after this change. */
  version: number;
  previousQuantity: DecimalString;
  newQuantity: DecimalString;
  previousAvgPrice: DecimalString;
  newAvgPrice: DecimalString;
  realizedPnL: DecimalString;
  /** A fee taken in the base currency, named apart from the fill: what it took from the position. */
  baseFee?: DecimalString;
  fillId?: string;
  timestamp: string;
}

/** A position as clients read it (specification: Position). */
export interface Position {
  positionId: string;
  tenantId: string;
  assetId: string;
  exchangeId: ExchangeId;
  quantity: DecimalString;
  averageEntryPrice: DecimalString;
  /** Absent, with its P&L, while no market price within the age limit is known. */
  currentPrice?: DecimalString;
  unrealizedPnL?: DecimalString;
  unrealizedPnLPercent?: DecimalString;
  /** Gross of commissions. */
  realizedPnL: DecimalString;
  /** Per asset. */
  totalCommissions: Record<string, DecimalString>;
  openedAt: string;
  updatedAt: string;
}

/** A quotient has no exact decimal form; it is shown to this many significant digits and never computed with. */
const QUOTIENT_DIGITS = 28;

export function positionIdOf({
  tenantId,
  assetId,
  exchangeId,
}: Pick<PositionState, 'tenantId' | 'assetId' | 'exchangeId'>): string {
  return `${tenantId}/${assetId}/${exchangeId}`;
}

export function emptyPosition(tenantId: string, assetId: string, exchangeId: ExchangeId, at: string): PositionState {
  const sums = { quantity: '0', cost: '0', realizedPnL: '0', quoteFlow: '0', commissions: {} };
  return { tenantId, assetId, exchangeId, version: 0, ...sums, openedAt: at, updatedAt: at };
}

/**
 * The position after a fill, and the history record of the change (properties 26 and 28).
 * A BUY adds exactly the fill, a SELL subtracts it; what closes realizes P&L against the average, what remains opens
 * at the fill's price. A commission in the base currency is a second, named delta that leaves the average as it is.
 * A reversal takes a fill's effects back in the opposite order: with nothing booked in between, the position is as
 * before the fill; otherwise quantity and quote are, and where cost and what was realized no longer part as they did,
 * the average parts them.
 */
export function applyFill(
  position: PositionState,
  fill: BookedExecution,
  bookedAt: string,
): { position: PositionState; history: PositionHistory } {
  const { base } = currenciesOf(fill.assetId);
  const baseFee = fill.commissionAsset === base ? new Decimal(fill.commission) : ZERO;
  const signed = new Decimal(fill.quantity).times(fill.side === 'BUY' ? 1 : -1);
  const price = new Decimal(fill.price);
  const { quantity, cost, realizedPnL } =
    fill.restates?.kind === 'REVERSAL'
      ? takeBack(takeBaseFee(sumsOf(position), baseFee, price), signed, price, fill.restates.realizedPnL ?? '0')
      : takeBaseFee(trade(sumsOf(position), signed, price), baseFee, price);
  const next: PositionState = {
    ...position,
    version: position.version + 1,
    quantity: formatDecimal(quantity),
    cost: formatDecimal(cost),
    realizedPnL: formatDecimal(realizedPnL),
    quoteFlow: formatDecimal(new Decimal(position.quoteFlow).minus(signed.times(price))),
    commissions: addCommission(position.commissions, fill),
    openedAt: new Decimal(position.quantity).isZero() ? fill.timestamp : position.openedAt,
    updatedAt: bookedAt,
  };
  return { position: next, history: historyOf(position, next, fill, baseFee, bookedAt) };
}

/** Totals per asset with one more commission; none is recorded for a free fill. */
export function addCommission(
  commissions: Record<string, DecimalString>,
  { commission, commissionAsset }: Pick<ExecutionUpdate, 'commission' | 'commissionAsset'>,
): Record<string, DecimalString> {
  if (new Decimal(commission).isZero()) return commissions;
  return { ...commissions, [commissionAsset]: sum([commissions[commissionAsset] ?? '0', commission]) };
}

/** Cost ÷ quantity, to 28 significant digits; "0" for a flat position. */
export function averageEntryPriceOf({ quantity, cost }: Pick<PositionState, 'quantity' | 'cost'>): DecimalString {
  return new Decimal(quantity).isZero()
    ? '0'
    : formatDecimal(new Decimal(cost).div(quantity).toSignificantDigits(QUOTIENT_DIGITS));
}

/** (currentPrice − averageEntryPrice) × quantity, computed without the division: currentPrice × quantity − cost. */
export function unrealizedPnLOf(
  { quantity, cost }: Pick<PositionState, 'quantity' | 'cost'>,
  currentPrice: DecimalString,
): DecimalString {
  return formatDecimal(new Decimal(currentPrice).times(quantity).minus(cost));
}

/** The position as clients read it, valued at `currentPrice` where one is known. */
export function viewPosition(state: PositionState, currentPrice?: DecimalString): Position {
  const { version: _version, cost, quoteFlow: _quoteFlow, commissions, ...facts } = state;
  const unrealizedPnL = currentPrice === undefined ? undefined : unrealizedPnLOf(state, currentPrice);
  const valued = currentPrice !== undefined &&
    unrealizedPnL !== undefined && {
      currentPrice,
      unrealizedPnL,
      unrealizedPnLPercent: percentOf(unrealizedPnL, cost),
    };
  return {
    ...facts,
    positionId: positionIdOf(state),
    averageEntryPrice: averageEntryPriceOf(state),
    totalCommissions: commissions,
    ...valued,
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

function historyOf(
  before: PositionState,
  after: PositionState,
  fill: BookedExecution,
  baseFee: Decimal,
  at: string,
): PositionHistory {
  const { tenantId, assetId, exchangeId, version } = after;
  return {
    historyId: `${fill.orderId}/${fill.executionId}`,
    positionId: positionIdOf(after),
    tenantId,
    assetId,
    exchangeId,
    eventType: eventTypeOf(new Decimal(before.quantity), new Decimal(after.quantity)),
    version,
    previousQuantity: before.quantity,
    newQuantity: after.quantity,
    previousAvgPrice: averageEntryPriceOf(before),
    newAvgPrice: averageEntryPriceOf(after),
    realizedPnL: after.realizedPnL,
    ...(!baseFee.isZero() && { baseFee: formatDecimal(baseFee) }),
    fillId: `${fill.orderId}/${fill.executionId}`,
    timestamp: at,
  };
}

/** A fill that takes a position through zero closes the old side and opens the new one: it is recorded as OPEN. */
function eventTypeOf(before: Decimal, after: Decimal): PositionEventType {
  if (after.isZero()) return 'CLOSE';
  if (before.isZero() || before.isPositive() !== after.isPositive()) return 'OPEN';
  return after.abs().gt(before.abs()) ? 'INCREASE' : 'DECREASE';
}

function percentOf(part: DecimalString, whole: DecimalString): DecimalString {
  const base = new Decimal(whole).abs();
  return base.isZero()
    ? '0'
    : formatDecimal(new Decimal(part).div(base).times(100).toSignificantDigits(QUOTIENT_DIGITS));
}
