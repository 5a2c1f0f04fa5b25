import type { DecimalString } from './decimal';
import type { OrderSide } from './order-request';

/** A deposit or a withdrawal as the exchange states it. */
export interface Transfer {
  /** Unique within the account. */
  transferId: string;
  type: 'DEPOSIT' | 'WITHDRAWAL';
  asset: string;
  /**
   * What it has moved the balance by so far: a withdrawal's is negative, its fee included; "0" while it has moved
   * nothing, or nothing any more (a withdrawal that failed).
   */
  effect: DecimalString;
  /** When it was begun, which may be long before it moves a balance. */
  timestamp: string;
}

/** An open order that does not carry one of our client order ids. Quantities in base, price in quote. */
export interface ForeignOrder {
  exchangeOrderId: string;
  clientOrderId: string;
  assetId: string;
  side: OrderSide;
  quantity: DecimalString;
  filledQuantity: DecimalString;
  price?: DecimalString;
}
