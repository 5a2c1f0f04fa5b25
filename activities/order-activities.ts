import type { OrderError } from '../src/domain/errors';
import type { CancelRequest } from '../workflows/order/contract';
import type { ExchangeId } from '../src/domain/exchange';
import type { DecimalString } from '../src/domain/decimal';
import type { ExecutionUpdate, LedgerSums, OrderModification, OrderState } from '../src/domain/order';
import type { LifecycleChange } from '../src/domain/order-lifecycle';
import type { OrderRequest } from '../src/domain/order-request';

/** What the order workflow asks of the world. Payloads carry no secret: credentials are read inside the activities. */

/** An order's record without its request, which the workflow has. */
export type OrderFacts = Pick<OrderState, 'lifecycle' | 'ledger'>;

/** The market reached a held order's trigger: the price that did, in quote, and when. */
export interface Trigger {
  price: DecimalString;
  at: string;
}

export type SubmitOrderResult =
  /** The exchange has answered, or the order was denied for good; the record says which. */
  | { result: 'settled'; facts: OrderFacts; stuckAfterMs?: number }
  /** Recorded, and nothing sent: come again with the trigger once the market has reached it. */
  | { result: 'held'; facts: OrderFacts; stuckAfterMs?: number }
  /** Nothing was sent; ask again, at this time (ms) at the earliest. */
  | { result: 'retry'; retryAt: number; error: OrderError; stuckAfterMs?: number }
  /** It may have been sent; ask again, at this time (ms) at the earliest: the next attempt looks the order up first. */
  | { result: 'unknown'; retryAt: number; error: OrderError; stuckAfterMs?: number }
  /** The key belongs to another order, which was left alone: the workflow of that key is this order's. */
  | { result: 'conflict'; keyOwner: OrderState };

export interface OrderPlace {
  request: OrderRequest;
  generation: number;
  exchangeOrderId?: string;
}

export interface CancelOrderInput extends OrderPlace {
  requestedBy: string;
  reason?: string;
}

export type CancelOrderResult =
  /** The exchange has said how the order stands; it may have ended otherwise than by this cancel. */
  | { result: 'answered'; facts: OrderFacts }
  /**
   * The exchange's answer is not known or it refuses for now; ask again, at this time (ms) at the earliest. `denied`:
   * nothing was sent, or the exchange asked to wait; the cancel has not been tried yet.
   */
  | { result: 'retry'; retryAt: number; error: OrderError; denied?: true };

/** An account's open orders, or those on one instrument. */
export interface CancelAllInput {
  tenantId: string;
  exchangeId: ExchangeId;
  assetId?: string;
}

export type CancelAllResult =
  /** 0: nothing is open there any more. */
  | { result: 'cancelled'; orders: number }
  /** Not all was cancelled, or it is not known; ask again, at this time (ms) at the earliest. */
  | { result: 'retry'; retryAt: number; error: OrderError }
  /** What no repetition mends: the exchange refuses, or has no such call, or is not registered. */
  | { result: 'failed'; error: OrderError };

export interface ModifyOrderInput {
  request: OrderRequest;
  /** The same on every try of one request to modify. */
  amendmentId: string;
  modification: OrderModification;
  requestedBy: string;
}

export type ModifyOrderResult =
  /** The exchange has confirmed the change. */
  | { result: 'modified'; facts: OrderFacts }
  /** It did not happen, and the order is as it was, or has ended. */
  | { result: 'failed'; facts: OrderFacts; error: OrderError }
  /** Nothing was sent ('retry') or it may have been ('unknown'); ask again, at this time (ms) at the earliest. */
  | { result: 'retry' | 'unknown'; retryAt: number; error: OrderError };

export type SettleModificationResult =
  /** It is known what became of it, or none stands declared. */
  { result: 'settled'; facts: OrderFacts } | Extract<ModifyOrderResult, { retryAt: number }>;

export type SyncOrderResult =
  /** The exchange has said how the order stands. */
  | { result: 'answered'; facts: OrderFacts }
  /** The exchange says that it has no such order. */
  | { result: 'absent'; facts: OrderFacts }
  /** The exchange did not answer. */
  | { result: 'unanswered'; error: OrderError };

/** Run on `exchange-<ID>`. */
export interface ExchangeActivities {
  /**
   * Sends the order exactly once: declares the intent, sends, records the answer, books the fills it came with.
   * Repeating it is safe at any time: an attempt that finds an earlier one's intent looks the order up first.
   * `trigger`: the market has reached a held order's trigger, now it is sent.
   * `cancel`: the order is not wanted any more. It is not sent; what became of an earlier attempt is found out, and if
   * nothing, the order is recorded as CANCELLED.
   */
  submitOrder(request: OrderRequest, trigger?: Trigger, cancel?: CancelRequest): Promise<SubmitOrderResult>;
  /** Changes a live order; its record changes on the exchange's word only. Repeating it is safe. */
  modifyOrder(input: ModifyOrderInput): Promise<ModifyOrderResult>;
  /** Finds out what became of a change that the order's record declares and whose asker is gone. Repeating it is safe. */
  settleModification(request: OrderRequest): Promise<SettleModificationResult>;
  /** Looks the order up at the exchange, books the fills that are missing, records what the exchange says. */
  syncOrder(place: OrderPlace): Promise<SyncOrderResult>;
}

/** Run on `cancel-<ID>`. */
export interface CancelActivities {
  /** Cancels, books fills that raced it, records the exchange's word. Repeating it is safe. */
  cancelOrder(input: CancelOrderInput): Promise<CancelOrderResult>;
  /** The exchange's own cancel-all, where it has one, whoever placed the orders. Repeating it is safe. */
  cancelAll(input: CancelAllInput): Promise<CancelAllResult>;
}

/** Run on `triggers-<ID>`. */
export interface TriggerActivities {
  /** Watches the market until it reaches the order's trigger. `request` has the terms as they stand. */
  awaitTrigger(request: OrderRequest): Promise<Trigger>;
}

/** Run on `ledger`. */
export interface LedgerActivities {
  /** Books executions that somebody else than the connection told the order of. Returns the order's sums. */
  bookExecutions(executions: ExecutionUpdate[]): Promise<LedgerSums>;
  /** Records an order that the workflow itself ended before anything was sent. */
  recordRefusal(request: OrderRequest, change: LifecycleChange): Promise<SubmitOrderResult>;
  /** Records a step that the workflow took by itself: doubt about the order, a person's decision. Doubt raises an alert. */
  recordStep(request: OrderRequest, change: LifecycleChange): Promise<OrderFacts>;
  /** Whether the tenant wants fills that a person reports to be reported by a second one too. */
  wantsSecondReport(tenantId: string): Promise<boolean>;
}
