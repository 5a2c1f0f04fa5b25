import type { DecimalString } from '../../domain/decimal';
import type { Balance, Fill, OrderView, Trade } from './model';

/** Why an order event was sent. WORKING: a waiting order was triggered and goes to the book. */
export type OrderChange = 'NEW' | 'WORKING' | 'TRADE' | 'CANCELED' | 'EXPIRED' | 'REPLACED' | 'TRADE_PREVENTION';

export interface PreventedMatch {
  readonly preventedMatchId: number;
  readonly quantity: DecimalString;
  readonly price: DecimalString;
  readonly counterOrderId: number;
}

export interface OrderEvent {
  readonly kind: 'order';
  readonly accountId: string;
  readonly change: OrderChange;
  /** Rises with each event of the symbol. */
  readonly executionId: number;
  readonly atMs: number;
  readonly order: OrderView;
  readonly fill?: Fill;
  readonly prevented?: PreventedMatch;
  /** CANCELED: the id of the cancel. REPLACED: the order's id before. */
  readonly otherClientOrderId?: string;
}

export type PriceLevel = readonly [price: DecimalString, quantity: DecimalString];

/** What a command did, in order. Internal accounts have no order and balance events. */
export type ExchangeEvent =
  | OrderEvent
  | { readonly kind: 'balances'; readonly accountId: string; readonly atMs: number; readonly balances: Balance[] }
  | {
      readonly kind: 'transfer';
      readonly accountId: string;
      readonly asset: string;
      readonly amount: DecimalString;
      readonly atMs: number;
    }
  | { readonly kind: 'trade'; readonly trade: Trade }
  | {
      readonly kind: 'book';
      readonly symbol: string;
      /** Update ids of the first and the last level that changed. */
      readonly firstUpdateId: number;
      readonly lastUpdateId: number;
      /** New total of each changed level, "0" when it is gone. */
      readonly bids: PriceLevel[];
      readonly asks: PriceLevel[];
      readonly bestChanged: boolean;
    };
