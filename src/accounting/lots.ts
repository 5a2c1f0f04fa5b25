import { type DecimalString, Decimal, formatDecimal, ZERO } from '../domain/decimal';
import type { OrderSide } from '../domain/order-request';
import { currenciesOf } from '../domain/order-request';
import { quoteAmountOf } from '../domain/quote-amount';

/** Shares of a fee are cut to this; the last part of a lot takes the exact rest. */
const FEE_SHARE_DECIMALS = 24;

/** A trade as lots are made of it; quantity in base, price in quote. */
export interface LotTrade {
  executionId: string;
  strategyId: string;
  assetId: string;
  side: OrderSide;
  quantity: DecimalString;
  price: DecimalString;
  /** What it moved in quote by the exchange's word; absent: price × quantity. */
  quoteQuantity?: DecimalString;
  commission: DecimalString;
  commissionAsset: string;
  /** The exchange's time. */
  executedAt: string;
}

/** A change of a position that nobody traded for: what leaves realizes nothing, what comes is valued at `price`. */
export interface LotAdjustment {
  adjustmentId: string;
  /** In base; negative takes away from a long position. */
  quantity: DecimalString;
  price: DecimalString;
  at: string;
}

export type LotSide = 'LONG' | 'SHORT';

/** What became of a part of a lot. FEE: it was taken as a commission; ADJUSTMENT: it left without a trade. */
export const LOT_KINDS = ['REALIZED', 'FEE', 'ADJUSTMENT', 'OPEN'] as const;
export type LotKind = (typeof LOT_KINDS)[number];

/** A part of a lot, open or closed. Quantity in base and positive, prices and amounts in quote. */
export interface LotPart {
  kind: LotKind;
  side: LotSide;
  quantity: DecimalString;
  /** The trade's executionId, or the id of the adjustment. */
  openedBy: string;
  openStrategyId?: string;
  openedAt: string;
  openPrice: DecimalString;
  /** Open price × quantity. */
  openValue: DecimalString;
  /** This part's share of the fee of the trade that opened it; a fee in base is a part of its own. */
  openFee?: DecimalString;
  openFeeAsset?: string;
  closedBy?: string;
  closeStrategyId?: string;
  closedAt?: string;
  closePrice?: DecimalString;
  closeValue?: DecimalString;
  closeFee?: DecimalString;
  closeFeeAsset?: string;
  /** Of REALIZED: gross of fees, as the ledger's realizedPnL is. */
  gain?: DecimalString;
  /** Whole days between opening and closing. */
  holdingDays?: number;
}

/** Sums over all parts, in quote but the quantity. Realized − open − given up + cut is what the trades brought in quote. */
export interface LotTotals {
  quantity: DecimalString;
  realizedGain: DecimalString;
  /** Signed: what open long lots cost less what open short ones brought. */
  openValue: DecimalString;
  /** What left as fees in base or by adjustments, at its open value, less what came so. */
  givenUp: DecimalString;
  /** What exchanges cut off price × quantity: of what was paid, less that of what was received. */
  cut: DecimalString;
}

interface Lot {
  sign: 1 | -1;
  left: Decimal;
  price: Decimal;
  feeLeft: Decimal;
  feeAsset?: string;
  openedBy: string;
  openStrategyId?: string;
  openedAt: string;
}

/** What comes to lots: it closes opposite ones, oldest first, and what remains of it opens one. */
interface Movement {
  kind: Exclude<LotKind, 'OPEN'>;
  sign: 1 | -1;
  left: Decimal;
  price: Decimal;
  feeLeft: Decimal;
  feeAsset?: string;
  by: string;
  strategyId?: string;
  at: string;
}

/** The lots of one position, first in, first out; long, short and through zero. */
export class LotBook {
  private readonly lots: Lot[] = [];
  private readonly totals = { realizedGain: ZERO, givenUp: ZERO, cut: ZERO };

  /** @returns the parts that this trade has closed, those that its fee in base has taken last */
  trade(trade: LotTrade): LotPart[] {
    const { executionId: by, strategyId, executedAt: at, commissionAsset } = trade;
    const price = new Decimal(trade.price);
    const commission = new Decimal(trade.commission);
    const isBaseFee = commissionAsset === currenciesOf(trade.assetId).base;
    const fee = { feeLeft: isBaseFee ? ZERO : commission, ...(!isBaseFee && { feeAsset: commissionAsset }) };
    const sign = trade.side === 'BUY' ? 1 : -1;
    const origin = { price, by, strategyId, at };
    this.totals.cut = this.totals.cut.plus(price.times(trade.quantity).minus(quoteAmountOf(trade)).times(sign));
    const parts = this.move({ kind: 'REALIZED', sign, left: new Decimal(trade.quantity), ...fee, ...origin });
    return isBaseFee ? [...parts, ...this.without('FEE', commission.neg(), origin)] : parts;
  }

  adjust({ adjustmentId, quantity, price, at }: LotAdjustment): LotPart[] {
    return this.without('ADJUSTMENT', new Decimal(quantity), { price: new Decimal(price), by: adjustmentId, at });
  }

  /** What is open, oldest first. */
  open(): LotPart[] {
    return this.lots.map((lot) => ({ kind: 'OPEN', ...openingOf(lot, lot.left, lot.feeLeft) }));
  }

  sums(): LotTotals {
    const signed = this.lots.map(({ sign, left, price }) => ({ quantity: left.times(sign), price }));
    const quantity = signed.reduce((total, lot) => total.plus(lot.quantity), ZERO);
    const openValue = signed.reduce((total, lot) => total.plus(lot.quantity.times(lot.price)), ZERO);
    const { realizedGain, givenUp, cut } = this.totals;
    return {
      quantity: formatDecimal(quantity),
      realizedGain: formatDecimal(realizedGain),
      openValue: formatDecimal(openValue),
      givenUp: formatDecimal(givenUp),
      cut: formatDecimal(cut),
    };
  }

  /** A change of quantity that realizes nothing. */
  private without(
    kind: 'FEE' | 'ADJUSTMENT',
    signed: Decimal,
    origin: Pick<Movement, 'price' | 'by' | 'strategyId' | 'at'>,
  ): LotPart[] {
    if (signed.isZero()) return [];
    const sign = signed.isPositive() ? 1 : -1;
    return this.move({ kind, sign, left: signed.abs(), feeLeft: ZERO, ...origin });
  }

  private move(movement: Movement): LotPart[] {
    const parts: LotPart[] = [];
    for (let lot = this.closedBy(movement); lot !== undefined; lot = this.closedBy(movement)) {
      parts.push(this.close(lot, movement));
    }
    if (!movement.left.isZero()) this.openLot(movement);
    return parts;
  }

  /** The oldest, save that a fee in base is taken out of what its own trade has just brought. */
  private closedBy({ kind, sign, left, by }: Movement): Lot | undefined {
    if (left.isZero()) return undefined;
    const newest = this.lots.at(-1);
    const lot = kind === 'FEE' && newest?.openedBy === by ? newest : this.lots[0];
    return lot !== undefined && lot.sign !== sign ? lot : undefined;
  }

  private close(lot: Lot, movement: Movement): LotPart {
    const part = Decimal.min(lot.left, movement.left);
    const openFee = taken(lot, part);
    const closeFee = taken(movement, part);
    if (lot.left.isZero()) this.lots.splice(this.lots.indexOf(lot), 1);
    const { kind, by, strategyId, at, price, feeAsset } = movement;
    const { openedAt, sign } = lot;
    const closing = {
      kind,
      ...openingOf(lot, part, openFee),
      closedBy: by,
      ...(strategyId !== undefined && { closeStrategyId: strategyId }),
      closedAt: at,
      holdingDays: daysBetween(openedAt, at),
    };
    if (kind !== 'REALIZED') {
      this.totals.givenUp = this.totals.givenUp.plus(lot.price.times(part).times(sign));
      return closing;
    }
    const gain = price.minus(lot.price).times(part).times(sign);
    this.totals.realizedGain = this.totals.realizedGain.plus(gain);
    return {
      ...closing,
      closePrice: formatDecimal(price),
      closeValue: formatDecimal(price.times(part)),
      ...feeOf('close', closeFee, feeAsset),
      gain: formatDecimal(gain),
    };
  }

  private openLot({ kind, sign, left, price, feeLeft, feeAsset, by, strategyId, at }: Movement): void {
    if (kind !== 'REALIZED') this.totals.givenUp = this.totals.givenUp.minus(price.times(left).times(sign));
    this.lots.push({
      sign,
      left,
      price,
      feeLeft,
      ...(feeAsset !== undefined && { feeAsset }),
      openedBy: by,
      ...(strategyId !== undefined && { openStrategyId: strategyId }),
      openedAt: at,
    });
  }
}

/** Takes a part, and its share of the fee, which it returns. */
function taken(from: Pick<Lot, 'left' | 'feeLeft'>, part: Decimal): Decimal {
  const isAll = part.eq(from.left);
  const fee = isAll ? from.feeLeft : from.feeLeft.times(part).div(from.left).toDecimalPlaces(FEE_SHARE_DECIMALS);
  from.left = from.left.minus(part);
  from.feeLeft = from.feeLeft.minus(fee);
  return fee;
}

function openingOf(lot: Lot, quantity: Decimal, fee: Decimal): Omit<LotPart, 'kind'> {
  const { sign, price, openedBy, openStrategyId, openedAt, feeAsset } = lot;
  return {
    side: sign === 1 ? 'LONG' : 'SHORT',
    quantity: formatDecimal(quantity),
    openedBy,
    ...(openStrategyId !== undefined && { openStrategyId }),
    openedAt,
    openPrice: formatDecimal(price),
    openValue: formatDecimal(price.times(quantity)),
    ...feeOf('open', fee, feeAsset),
  };
}

function feeOf(at: 'open' | 'close', fee: Decimal, asset: string | undefined): Partial<LotPart> {
  return fee.isZero() || asset === undefined ? {} : { [`${at}Fee`]: formatDecimal(fee), [`${at}FeeAsset`]: asset };
}

const DAY_MS = 86_400_000;

function daysBetween(from: string, to: string): number {
  return Math.floor((Date.parse(to) - Date.parse(from)) / DAY_MS);
}
