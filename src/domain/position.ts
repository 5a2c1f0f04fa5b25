import type { DecimalString } from './decimal';
import { Decimal, formatDecimal, sum } from './decimal';
import type { ExchangeId } from './exchange';
import type { ExecutionUpdate, Restatement } from './order';

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
  /** What its fills moved in quote by the exchange's word, fees apart: negative while more was bought than sold. */
  quoteFlow: DecimalString;
  commissions: Record<string, DecimalString>;
  openedAt: string;
  updatedAt: string;
}

export type PositionEventType = 'OPEN' | 'INCREASE' | 'DECREASE' | 'CLOSE' | 'RECONCILE';

/** The fill of a change as it was booked: a reversal has negative amounts. Quantity in base, price in quote. */
export type BookedTrade = Pick<
  ExecutionUpdate,
  'side' | 'quantity' | 'price' | 'commission' | 'commissionAsset' | 'timestamp'
>;

/**
 * One change of a position (specification: PositionHistory) and all that the position was after it: the history alone
 * says how a position stood at any time. Prices in quote, quantities in base.
 */
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
  /** After this change, as in PositionState. */
  cost: DecimalString;
  realizedPnL: DecimalString;
  quoteFlow: DecimalString;
  commissions: Record<string, DecimalString>;
  openedAt: string;
  /** A fee taken in the base currency, named apart from the fill: what it took from the position. */
  baseFee?: DecimalString;
  /** With `trade`: of a change that a fill made. */
  fillId?: string;
  trade?: BookedTrade;
  /** Of an entry that takes back or replaces what another one said. */
  restates?: Restatement;
  /** With `reason`: of a RECONCILE. */
  adjustmentId?: string;
  reason?: string;
  /** When it was booked; never before the change before it. */
  timestamp: string;
}

export const ADJUSTMENT_REASON_CHARACTERS_MAX = 500;

/** A correction of one position that no fill explains. Quantity in base, price in quote. */
export interface Adjustment {
  /** Unique within the tenant: booked once, however often it is asked for. 1–128 printable characters without spaces. */
  adjustmentId: string;
  tenantId: string;
  assetId: string;
  exchangeId: ExchangeId;
  /** What is added to the position; a negative quantity takes away. */
  quantity: DecimalString;
  /** What is added is valued at this; absent at the position's average, and at nothing where there is none. */
  price?: DecimalString;
  /** For people: why, and on whose word; at most ADJUSTMENT_REASON_CHARACTERS_MAX characters. */
  reason: string;
}

/** A position as clients read it (specification: Position). */
export interface Position {
  positionId: string;
  tenantId: string;
  assetId: string;
  exchangeId: ExchangeId;
  quantity: DecimalString;
  averageEntryPrice: DecimalString;
  /**
   * Absent, with the unrealized P&L, of a past time, and as long as no market price has ever been known; of a closed
   * position always, whose unrealized P&L is 0.
   */
  currentPrice?: DecimalString;
  /** When that was the market's price. */
  pricedAt?: string;
  /** Present while no fresh price can be had: since when. The price, and the P&L, are then the last that were known. */
  unpricedSince?: string;
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

/** The position as clients read it, valued at `currentPrice` where one is known; what is closed needs none. */
export function viewPosition(state: PositionState, currentPrice?: DecimalString): Position {
  const { version: _version, cost, quoteFlow: _quoteFlow, commissions, ...facts } = state;
  return {
    ...facts,
    positionId: positionIdOf(state),
    averageEntryPrice: averageEntryPriceOf(state),
    totalCommissions: commissions,
    ...(currentPrice !== undefined && { currentPrice }),
    ...valuationOf(state, currentPrice),
  };
}

function valuationOf(
  state: PositionState,
  currentPrice: DecimalString | undefined,
): Pick<Position, 'unrealizedPnL' | 'unrealizedPnLPercent'> {
  if (new Decimal(state.quantity).isZero()) return { unrealizedPnL: '0', unrealizedPnLPercent: '0' };
  if (currentPrice === undefined) return {};
  const unrealizedPnL = unrealizedPnLOf(state, currentPrice);
  return { unrealizedPnL, unrealizedPnLPercent: percentOf(unrealizedPnL, state.cost) };
}

function percentOf(part: DecimalString, whole: DecimalString): DecimalString {
  const base = new Decimal(whole).abs();
  return base.isZero()
    ? '0'
    : formatDecimal(new Decimal(part).div(base).times(100).toSignificantDigits(QUOTIENT_DIGITS));
}
