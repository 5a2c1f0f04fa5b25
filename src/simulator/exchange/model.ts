import type { DecimalString } from '../../domain/decimal';

export type Side = 'BUY' | 'SELL';
export type TimeInForce = 'GTC' | 'IOC' | 'FOK';
/** What happens when an order would trade with one of the same account; the taker's mode decides. */
export type SelfTradePrevention = 'NONE' | 'EXPIRE_TAKER' | 'EXPIRE_MAKER' | 'EXPIRE_BOTH' | 'DECREMENT';
export type OrderStatus = 'NEW' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELED' | 'EXPIRED' | 'EXPIRED_IN_MATCH';
export type ExpiryReason =
  'UNFILLED_IOC_QUANTITY_EXPIRED' | 'UNFILLED_FOK_ORDER_EXPIRED' | 'INSUFFICIENT_LIQUIDITY' | 'REJECTED';

/** A traded pair with its rules; quantities in base, prices and notionals in quote. */
export interface Instrument {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly tickSize: DecimalString;
  readonly priceMin: DecimalString;
  readonly priceMax: DecimalString;
  readonly stepSize: DecimalString;
  readonly quantityMin: DecimalString;
  readonly quantityMax: DecimalString;
  readonly notionalMin: DecimalString;
  readonly notionalMax: DecimalString;
  /** Decimal places of amounts in base and in quote; what is finer is cut off. */
  readonly amountDigits: number;
  readonly initialPrice: DecimalString;
  /** Value in quote that the market maker offers on each price level. */
  readonly levelNotional: DecimalString;
}

/** The condition under which a waiting order goes to the book. */
export interface Trigger {
  /** Which way the last price has to go through `price`. */
  readonly direction: 'RISES_TO' | 'FALLS_TO';
  readonly price?: DecimalString;
  /** Trailing distance in basis points from the extreme since tracking began. */
  readonly trailingBips?: number;
}

/** What a protocol asks for; already checked against the instrument's rules. */
export interface OrderRequest {
  readonly symbol: string;
  readonly accountId: string;
  /** Unique among the account's open orders of the symbol. */
  readonly clientOrderId: string;
  readonly side: Side;
  readonly execution: 'LIMIT' | 'MARKET';
  readonly postOnly: boolean;
  /** Required for LIMIT. */
  readonly price?: DecimalString;
  /** Base quantity; absent when a MARKET order is sized by `quoteBudget`. */
  readonly quantity?: DecimalString;
  readonly quoteBudget?: DecimalString;
  readonly timeInForce: TimeInForce;
  readonly selfTradePrevention: SelfTradePrevention;
  readonly trigger?: Trigger;
  /** What only the protocol understands, kept and handed back with the order. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** An order as it was at one moment. Times are ms since the epoch. */
export interface OrderView extends Omit<OrderRequest, 'price' | 'quantity' | 'quoteBudget'> {
  readonly orderId: number;
  readonly price: DecimalString;
  readonly quantity: DecimalString;
  readonly quoteBudget: DecimalString;
  readonly executed: DecimalString;
  /** Sum of price times quantity over its fills. */
  readonly cost: DecimalString;
  /** Quantity lost to self-trade prevention. */
  readonly prevented: DecimalString;
  /** What it still holds of the account's balance: quote for BUY, base for SELL. */
  readonly locked: DecimalString;
  readonly status: OrderStatus;
  /** False while it waits for its trigger. */
  readonly working: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly workingAtMs?: number;
  readonly trailingAtMs?: number;
  /** Highest (SELL) or lowest (BUY) price since tracking began. */
  readonly trailingExtreme?: DecimalString;
  readonly expiryReason?: ExpiryReason;
  readonly preventedMatchId?: number;
}

export interface TradeParty {
  readonly accountId: string;
  readonly orderId: number;
  readonly clientOrderId: string;
  readonly fee: DecimalString;
  readonly feeAsset: string;
}

export interface Trade {
  readonly symbol: string;
  /** Unique per symbol only. */
  readonly tradeId: number;
  readonly price: DecimalString;
  readonly quantity: DecimalString;
  readonly quote: DecimalString;
  readonly atMs: number;
  readonly takerSide: Side;
  readonly maker: TradeParty;
  readonly taker: TradeParty;
}

/** One order's half of a trade. */
export interface Fill {
  readonly tradeId: number;
  readonly price: DecimalString;
  readonly quantity: DecimalString;
  readonly quote: DecimalString;
  readonly fee: DecimalString;
  readonly feeAsset: string;
  readonly isMaker: boolean;
}

export interface Balance {
  readonly asset: string;
  readonly free: DecimalString;
  readonly locked: DecimalString;
}

/** A deposit, or a withdrawal (negative amount), as the exchange lists it. */
export interface Transfer {
  readonly transferId: number;
  readonly accountId: string;
  readonly asset: string;
  readonly amount: DecimalString;
  /** Taken beside the amount; "0" of a deposit. */
  readonly fee: DecimalString;
  readonly atMs: number;
}

export interface FeeRates {
  readonly maker: DecimalString;
  readonly taker: DecimalString;
}

/** Accounts of the exchange itself: no balance limit, no events, their closed orders are forgotten. */
export const MARKET_ACCOUNT = '$market';
export const COUNTERPARTY_ACCOUNT = '$counterparty';
/** Where commissions go, so that nothing is lost. */
export const FEE_ACCOUNT = '$fees';

export function isInternalAccount(accountId: string): boolean {
  return accountId.startsWith('$');
}

export function isOpenStatus(status: OrderStatus): boolean {
  return status === 'NEW' || status === 'PARTIALLY_FILLED';
}
