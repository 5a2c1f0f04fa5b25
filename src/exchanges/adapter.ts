import type { ForeignOrder, Transfer } from '../domain/account';
import type { DecimalString } from '../domain/decimal';
import type { Fault } from '../domain/errors';
import type { ExchangeId, ExchangeMode } from '../domain/exchange';
import type { Instrument } from '../domain/instrument';
import type {
  CancelResponse,
  ExecutionUpdate,
  OrderModification,
  OrderResponse,
  OrderStatus,
  OrderTerms,
  OrderUpdate,
} from '../domain/order';
import type { OrderRequest, OrderType, TimeInForce } from '../domain/order-request';
import type { Denied, Outcome } from '../domain/outcome';

/** What an exchange offers natively; the capability table is generated from these declarations. */
export interface Capabilities {
  /** The times in force that each order type can have natively. */
  orders: Partial<Record<OrderType, readonly TimeInForce[]>>;
  postOnly: boolean;
  /** How a live order can be changed. */
  amendment: 'NATIVE' | 'QUANTITY_DOWN' | 'CANCEL_REPLACE' | 'NONE';
  /** Whether the exchange cancels the account's orders by itself when it is not told in time not to (`cancelAllAfter`). */
  deadMansSwitch: boolean;
  webSocket: boolean;
  fix: boolean;
  /** Whether an order can be found by our client order id. */
  findByClientOrderId: boolean;
  /** Whether deposits and withdrawals can be read; a sandbox may lack what production has. */
  transfers: boolean;
  /** How long after sendBy a sent request can still take effect, ms (recvWindow, deadline, expTime). */
  requestValidityMs: number;
  /** How long an accepted order may stay invisible to a lookup, ms. */
  readDelayMs: number;
}

/** Leave to send. It ends at `sendBy` (ms since the epoch), after which nothing may be written to the exchange. */
export type Clearance = Denied | { outcome: 'cleared'; sendBy: number };

/** Whether the order may still be sent (halts). Never throws. */
export type LastCheck = () => Promise<Clearance>;

/** An order as it goes to an exchange: the request with the id that this generation carries. */
export interface PlacedOrder {
  request: OrderRequest;
  clientOrderId: string;
  /** Ms since the epoch after which the adapter refuses to sign. */
  sendBy: number;
  /**
   * Every adapter asks it after all waits (instrument, rate gate) and right before signing. Denied: that is the outcome.
   * Cleared: the earlier of both `sendBy` counts, up to the first byte that is written.
   */
  lastCheck: LastCheck;
}

/** Everything that can name one order at an exchange; adapters use what their exchange understands. */
export interface OrderRef {
  tenantId: string;
  orderId: string;
  assetId: string;
  clientOrderId: string;
  exchangeOrderId?: string;
}

/** The exchange's yes to an order, with the executions that the reply itself carried (already complete, or none). */
export interface SubmitAcknowledgement {
  response: OrderResponse;
  update: OrderUpdate;
  executions: ExecutionUpdate[];
}

/** The exchange's yes to a cancel: the order's state after it. `update.filledQuantity` is cumulative. */
export interface CancelAcknowledgement {
  response: CancelResponse;
  update: OrderUpdate;
}

/** What a lookup found. Not found is the exchange's "no such order", to be believed only after the read delay. */
export type FoundOrder =
  { found: true; update: OrderUpdate; executions: ExecutionUpdate[]; terms: OrderTerms } | { found: false };
/** What a cancel-all did. Orders of ours among the cancelled ones learn of it from their stream, or when they look. */
export interface CancelAllAcknowledgement {
  /** How many orders the exchange says it has cancelled. */
  cancelled: number;
}

export interface Balance {
  asset: string;
  free: DecimalString;
  locked: DecimalString;
  total: DecimalString;
}

export interface BalanceResponse {
  exchangeId: ExchangeId;
  balances: Balance[];
  /** The exchange's time where it says it, else ours. */
  timestamp: string;
}

/** A holding as the exchange states it; on a spot exchange one per asset with a balance. */
export interface PositionResponse {
  exchangeId: ExchangeId;
  asset: string;
  quantity: DecimalString;
  timestamp: string;
}

export interface SubscriptionHandle {
  readonly id: string;
}

export interface ExchangeHealthResult {
  exchangeId: ExchangeId;
  healthy: boolean;
  latencyMs: number;
  /** Exchange clock minus ours, ms. */
  clockOffsetMs?: number;
  streamConnected: boolean;
  reason?: string;
  timestamp: string;
}

export interface RateLimitStatus {
  exchangeId: ExchangeId;
  limits: { name: string; limit: number; used: number; remaining: number; windowMs: number }[];
  /** Ms since the epoch until which the exchange refuses us. */
  blockedUntil?: number;
  timestamp: string;
}

export interface Ticker {
  assetId: string;
  bid: DecimalString;
  ask: DecimalString;
  timestamp: string;
}

/**
 * One account at one exchange (specification: ExchangeAdapter), pure translation over its transports.
 * Order calls answer with one of the four outcomes and never throw for what an exchange or the network does; queries
 * throw ServiceError. Orders are named by OrderRef, since most exchanges need the instrument beside their own id.
 */
export interface ExchangeAdapter {
  readonly exchangeId: ExchangeId;
  readonly mode: ExchangeMode;
  readonly capabilities: Capabilities;

  /** Opens the private stream. @throws ServiceError when it can't be opened or authenticated */
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  isConnected(): boolean;
  /** Called whenever an open stream ends without disconnect(). @returns what takes the callback off again */
  onConnectionLost(callback: (reason: Error) => void): () => void;

  /** All faults of an order against the exchange's capabilities and the instrument's rules (property 24). */
  checkOrder(request: OrderRequest): Promise<Fault[]>;
  submitOrder(order: PlacedOrder): Promise<Outcome<SubmitAcknowledgement>>;
  cancelOrder(ref: OrderRef): Promise<Outcome<CancelAcknowledgement>>;
  /**
   * Changes a live order to the terms of `replacement`, which carries the order's next client order id. The update in a
   * yes says under which of the two ids the order lives now. `rejected`: the order is as it was, or had ended.
   */
  modifyOrder(
    ref: OrderRef,
    modifications: OrderModification,
    replacement: PlacedOrder,
  ): Promise<Outcome<SubmitAcknowledgement>>;
  /**
   * Cancels every open order of the account, or of the account on one instrument, whoever placed them: only for those
   * who mean that. Absent: the exchange has no such call.
   */
  cancelAll?(assetId?: string): Promise<Outcome<CancelAllAcknowledgement>>;
  /**
   * Dead man's switch: the exchange cancels all open orders of the account, whoever placed them, unless this is called
   * again within `timeoutMs`; 0 switches it off. Absent: the exchange has none.
   */
  cancelAllAfter?(timeoutMs: number): Promise<Outcome<{ triggersAt?: string }>>;
  /** The order with all its executions, looked up by client order id, or by exchange id where the exchange needs it. */
  findOrder(ref: OrderRef): Promise<FoundOrder>;
  /** @throws ServiceError ORDER_NOT_FOUND */
  getOrderStatus(ref: OrderRef): Promise<OrderStatus>;
  /** Open orders of this account that carry one of our client order ids. */
  listOpenOrders(tenantId: string, assetId?: string): Promise<OrderUpdate[]>;
  /** All open orders of the account: those with one of our client order ids, and the others. */
  surveyOpenOrders(tenantId: string): Promise<{ ours: OrderUpdate[]; foreign: ForeignOrder[] }>;
  /**
   * Executions on one instrument since an instant (ms), oldest first, at most one page.
   * `orderId` is resolved by the caller where the exchange names only its own order id: it is then "".
   */
  listExecutions(
    tenantId: string,
    assetId: string,
    sinceMs: number,
  ): Promise<{ executions: ExecutionUpdate[]; more: boolean }>;

  /** The client order id that an order of the account carries; undefined where the exchange does not have the order. */
  findClientOrderId(assetId: string, exchangeOrderId: string): Promise<string | undefined>;
  getBalance(asset?: string): Promise<BalanceResponse>;
  /**
   * Deposits and withdrawals begun since an instant (ms), all of them. Only where `capabilities.transfers` says so.
   * @throws ServiceError INVALID_INPUT for an instant further back than the exchange shows, or for more than can be read
   */
  listTransfers(sinceMs: number): Promise<Transfer[]>;
  getPositions(): Promise<PositionResponse[]>;
  instruments(): Promise<readonly Instrument[]>;
  getTicker(assetId: string): Promise<Ticker>;

  subscribeToOrderUpdates(callback: (update: OrderUpdate) => void): Promise<SubscriptionHandle>;
  /** Executions come before the OrderUpdate of the same message. */
  subscribeToExecutions(callback: (execution: ExecutionUpdate) => void): Promise<SubscriptionHandle>;
  unsubscribe(handle: SubscriptionHandle): Promise<void>;

  healthCheck(): Promise<ExchangeHealthResult>;
  getRateLimitStatus(): Promise<RateLimitStatus>;
}
