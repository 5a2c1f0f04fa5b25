import type { OrderError } from '../src/domain/errors';
import type { ExecutionUpdate, LedgerSums, OrderState } from '../src/domain/order';
import type { LifecycleChange } from '../src/domain/order-lifecycle';
import type { OrderRequest } from '../src/domain/order-request';

/** What the order workflow asks of the world. Payloads carry no secret: credentials are read inside the activities. */

/** An order's record without its request, which the workflow has. */
export type OrderFacts = Pick<OrderState, 'lifecycle' | 'ledger'>;

export type SubmitOrderResult =
  /** The exchange has answered, or the order was denied for good; the record says which. */
  | { result: 'settled'; facts: OrderFacts }
  /** Nothing was sent; ask again at this time (ms). */
  | { result: 'retry'; retryAt: number; error: OrderError }
  /** It may have been sent; ask again at this time (ms): the next attempt looks the order up first. */
  | { result: 'unknown'; retryAt: number; error: OrderError }
  /** The key belongs to another order, which was left alone: the workflow of that key is this order's. */
  | { result: 'conflict'; keyOwner: OrderState };

export interface CancelOrderInput {
  request: OrderRequest;
  generation: number;
  exchangeOrderId?: string;
  requestedBy: string;
  reason?: string;
}

export type CancelOrderResult =
  /** The exchange has said how the order stands; it may have ended otherwise than by this cancel. */
  | { result: 'answered'; facts: OrderFacts }
  /** The exchange's answer is not known or it refuses for now; ask again at this time (ms). */
  | { result: 'retry'; retryAt: number; error: OrderError };

export interface SyncOrderInput {
  request: OrderRequest;
  generation: number;
  exchangeOrderId?: string;
}

/** Run on `exchange-<ID>`. */
export interface ExchangeActivities {
  /**
   * Sends the order exactly once: declares the intent, sends, records the answer, books the fills it came with.
   * Repeating it is safe at any time: an attempt that finds an earlier one's intent looks the order up first.
   */
  submitOrder(request: OrderRequest): Promise<SubmitOrderResult>;
  /** Looks the order up at the exchange, books the fills that are missing, records what the exchange says. */
  syncOrder(input: SyncOrderInput): Promise<OrderFacts>;
}

/** Run on `cancel-<ID>`. */
export interface CancelActivities {
  /** Cancels, books fills that raced it, records the exchange's word. Repeating it is safe. */
  cancelOrder(input: CancelOrderInput): Promise<CancelOrderResult>;
}

/** Run on `ledger`. */
export interface LedgerActivities {
  /** Books executions that somebody else than the connection told the order of. Returns the order's sums. */
  bookExecutions(executions: ExecutionUpdate[]): Promise<LedgerSums>;
  /** Records an order that the workflow itself ended before anything was sent. */
  recordRefusal(request: OrderRequest, change: LifecycleChange): Promise<SubmitOrderResult>;
}
