import type { Fault } from '../domain/errors';
import type { ExchangeId } from '../domain/exchange';
import type { BookedExecution, Fill, OrderState, OrderStatus } from '../domain/order';
import type { LifecycleChange } from '../domain/order-lifecycle';
import type { OrderRequest, OrderSide } from '../domain/order-request';

/** A declared send: which attempt may send, under which client order id, and until when it may. */
export interface Intent {
  /** Unique per attempt. */
  token: string;
  clientOrderId: string;
  /** The first run of the order's workflow that declared it. */
  runId: string;
  /** Ms since the epoch after which the attempt refuses to send. */
  sendBy: number;
}

/** The stored order: what is known of it, and the intent of a send whose end is not recorded yet. */
export interface OrderRecord {
  state: OrderState;
  intent?: Intent;
}

/**
 * What declaring an intent met:
 * - `claimed`: this attempt, and no other, may send;
 * - `inDoubt`: an earlier attempt may have sent; look the order up before anything else;
 * - `recorded`: the exchange's answer is known already;
 * - `conflict`: the key belongs to another order, the recorded one, which differs in the named fields.
 */
export type IntentClaim =
  | { claim: 'claimed'; record: OrderRecord }
  | { claim: 'inDoubt'; record: OrderRecord & { intent: Intent } }
  | { claim: 'recorded'; record: OrderRecord }
  | { claim: 'conflict'; record: OrderRecord; faults: Fault[] };

export interface OrderFilters {
  strategyId?: string;
  exchangeId?: ExchangeId;
  assetId?: string;
  status?: OrderStatus[];
  side?: OrderSide;
  /** ISO instants on createdAt, both inclusive. */
  startTime?: string;
  endTime?: string;
  /** Page size; ORDERS_PAGE_MAX at most, which is also the default. */
  limit?: number;
}

export const ORDERS_PAGE_MAX = 100;

export interface Page<T> {
  items: T[];
  /** Opaque; hand it in again for the next page. Absent on the last. */
  cursor?: string;
}

/**
 * The Orders table. Lifecycle and ledger are written by different writers, each under its own version: every write is
 * conditional on both, so a late one never overwrites a newer one. Each successful write is projected to Redis.
 */
export interface OrderStore {
  /**
   * Declares, before a send, that the attempt `intent.token` is about to send the order; creates the order's item if
   * there is none. `replaces` names the token of an earlier attempt that is proven not to have reached the exchange.
   */
  claimIntent(request: OrderRequest, intent: Intent, replaces?: string): Promise<IntentClaim>;
  /** Takes a declared intent back: provably nothing was sent under it. No effect if it is not this token's. */
  withdrawIntent(tenantId: string, orderId: string, token: string): Promise<void>;
  /**
   * Records an order that this run did not send (denied): `recorded` with the denial, or with the exchange's answer to an
   * earlier run; `conflict` and `inDoubt` as in claimIntent, and then nothing is recorded.
   */
  recordDenied(request: OrderRequest, change: LifecycleChange): Promise<Exclude<IntentClaim, { claim: 'claimed' }>>;
  /**
   * Advances the lifecycle by the pure `advance`, again on a version conflict. A change that carries the exchange's
   * answer clears the intent. `known` saves a read when the caller has the record at hand.
   * @throws ServiceError ORDER_NOT_FOUND
   */
  recordLifecycle(tenantId: string, orderId: string, change: LifecycleChange, known?: OrderRecord): Promise<OrderState>;
  /**
   * Ends an order that an attempt did not get placed (denied, rejected). Nothing changes when the attempt's intent is
   * not the order's any more: another took over, and may have placed the order since.
   * @returns the order as it stands
   * @throws ServiceError ORDER_NOT_FOUND
   */
  recordRefusal(
    tenantId: string,
    orderId: string,
    change: LifecycleChange,
    attempt: { token: string; known: OrderRecord },
  ): Promise<OrderState>;
  /** Strongly consistent. */
  get(tenantId: string, orderId: string): Promise<OrderRecord | undefined>;
  findByExchangeOrderId(
    tenantId: string,
    exchangeId: ExchangeId,
    assetId: string,
    exchangeOrderId: string,
  ): Promise<OrderState | undefined>;
  /** Newest first. A page may be shorter than its limit while there is a cursor. @throws ServiceError INVALID_INPUT */
  list(tenantId: string, filters: OrderFilters, cursor?: string): Promise<Page<OrderState>>;
  /** All booked fills of an order, oldest booking first. */
  listFills(tenantId: string, orderId: string, cursor?: string): Promise<Page<Fill>>;
}

/** What became of one execution handed to bookFills. */
export interface BookedFill {
  execution: BookedExecution;
  /** BOOKED now, DUPLICATE if it was booked before, UNKNOWN_ORDER if the tenant has no such order. */
  result: 'BOOKED' | 'DUPLICATE' | 'UNKNOWN_ORDER';
  /** Who booked it first. */
  source?: FillSource;
  /** The order after the booking, or as read for a duplicate; absent for an unknown order. */
  order?: OrderState;
}

/** WORKFLOW: an activity that hands the sums to the order's workflow itself, so that no signal is needed. */
export type FillSource = 'STREAM' | 'BACKFILL' | 'WORKFLOW' | 'CLIENT';
