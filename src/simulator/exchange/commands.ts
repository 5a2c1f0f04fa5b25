import type { DecimalString } from '../../domain/decimal';
import type { FeeRates, Instrument, OrderRequest } from './model';

/**
 * Everything that can change the exchange. A command carries all it needs (time included), so that replaying the
 * journal of commands gives the same orders, trades and balances again.
 */
export type Command =
  | {
      readonly type: 'add-instrument';
      readonly atMs: number;
      readonly instrument: Instrument;
      readonly firstId: number;
    }
  | {
      readonly type: 'open-account';
      readonly atMs: number;
      readonly accountId: string;
      readonly balances: Readonly<Record<string, DecimalString>>;
      readonly fees: FeeRates;
    }
  | {
      readonly type: 'add-key';
      readonly atMs: number;
      readonly accountId: string;
      readonly apiKey: string;
      readonly apiSecret: string;
    }
  | {
      readonly type: 'transfer';
      readonly atMs: number;
      readonly accountId: string;
      readonly asset: string;
      /** Negative for a withdrawal. */
      readonly amount: DecimalString;
      /** What a withdrawal costs beside its amount. */
      readonly fee?: DecimalString;
      /** A movement of the balance that is neither deposit nor withdrawal (interest, another product): no list shows it. */
      readonly unlisted?: boolean;
    }
  | { readonly type: 'place'; readonly atMs: number; readonly order: OrderRequest }
  | {
      readonly type: 'cancel';
      readonly atMs: number;
      readonly symbol: string;
      readonly orderId: number;
      /** The id that the cancel itself goes by. */
      readonly clientOrderId: string;
    }
  | {
      readonly type: 'reduce';
      readonly atMs: number;
      readonly symbol: string;
      readonly orderId: number;
      /** The new total, filled part included. */
      readonly quantity: DecimalString;
      readonly clientOrderId: string;
    }
  | {
      readonly type: 'quote';
      readonly atMs: number;
      readonly symbol: string;
      readonly price: DecimalString;
      readonly levels: number;
      readonly spreadBips: number;
    }
  | {
      readonly type: 'fill';
      readonly atMs: number;
      readonly symbol: string;
      readonly orderId: number;
      /** All that is open when absent. */
      readonly quantity?: DecimalString;
      /** The order was cancelled before the fill was reported. */
      readonly late?: boolean;
    };

export type Refusal =
  | 'UNKNOWN_SYMBOL'
  | 'UNKNOWN_ACCOUNT'
  | 'UNKNOWN_ORDER'
  | 'SYMBOL_EXISTS'
  | 'ACCOUNT_EXISTS'
  | 'KEY_EXISTS'
  | 'DUPLICATE_CLIENT_ORDER_ID'
  | 'INSUFFICIENT_BALANCE'
  | 'WOULD_TAKE'
  | 'WOULD_TRIGGER'
  | 'NO_LIQUIDITY'
  | 'NOT_REDUCING'
  | 'BELOW_EXECUTED'
  | 'NOT_ON_BOOK';
