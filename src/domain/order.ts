import type { DecimalString } from './decimal';
import type { OrderError } from './errors';
import type { ExchangeId } from './exchange';
import type { OrderRequest, OrderSide, OrderType, TimeInForce } from './order-request';

export const ORDER_STATUSES = [
  'PENDING',
  'OPEN',
  'PARTIALLY_FILLED',
  'FILLED',
  'CANCELLED',
  'REJECTED',
  'EXPIRED',
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** The statuses in which an order may still trade at the exchange. */
export const LIVE_STATUSES = ['PENDING', 'OPEN', 'PARTIALLY_FILLED'] as const satisfies readonly OrderStatus[];

export const FILLS_KEPT_MAX = 100;

/** One execution of an order; quantity in base, price in quote, commission in commissionAsset. */
export interface Fill {
  fillId: string;
  /** The exchange's trade id. */
  executionId: string;
  quantity: DecimalString;
  price: DecimalString;
  commission: DecimalString;
  commissionAsset: string;
  liquidity?: Liquidity;
  /** Reported by a person; reversed by an entry of negative quantity when the exchange's own fills come. */
  provisional?: boolean;
  /** Present on an entry that changes what another one said. */
  restates?: Restatement;
  timestamp: string;
}

/** What an entry says of an earlier one, and on whose word. */
export interface Restatement {
  /** REVERSAL cancels it: the same amounts with their signs turned. CORRECTION stands in its place. */
  kind: 'REVERSAL' | 'CORRECTION';
  /** Of the entry that is cancelled or replaced. */
  executionId: string;
  reason: string;
  /** A person, or an exchange id. */
  by: string;
  /** What the cancelled entry had realized in its position, in quote: it is taken back with it. */
  realizedPnL?: DecimalString;
}

export type Liquidity = 'MAKER' | 'TAKER';

/** The steps of an order's life, in about the order they come. */
export const ORDER_EVENT_TYPES = [
  'CREATED',
  'ARMED',
  'TRIGGERED',
  'SUBMISSION_UNKNOWN',
  'ACKNOWLEDGED',
  'DENIED',
  'REJECTED',
  'MODIFIED',
  'MODIFICATION_FAILED',
  'CANCEL_REQUESTED',
  'CANCEL_FAILED',
  'STUCK',
  'UNSTUCK',
  'RESOLVED',
  'FILLED',
  'CANCELLED',
  'EXPIRED',
  'LATE_FILL',
  'FILL_RESTATED',
] as const;
export type OrderEventType = (typeof ORDER_EVENT_TYPES)[number];

/** What the service does in the place of an exchange that does not offer it. */
export const EMULATIONS = ['GTD', 'STOP_LIMIT', 'STOP_MARKET', 'TRAILING_STOP'] as const;
export type Emulation = (typeof EMULATIONS)[number];

/** What an amendment can change of an order. Quantity in base (the total, what is filled included), prices in quote. */
export interface OrderTerms {
  quantity: DecimalString;
  price?: DecimalString;
  stopPrice?: DecimalString;
}

/** One step of an order's life: what happened, when, on whose word. */
export interface OrderEvent {
  type: OrderEventType;
  at: string;
  /** Who or what said so: a person, `service`, or an exchange id. */
  by: string;
  detail?: string;
}

/** An order as clients read it (specification: Order). Quantities in base, prices and cost in quote, P&L elsewhere. */
export interface Order {
  schemaVersion: 1;
  orderId: string;
  tenantId: string;
  strategyId: string;
  /** Absent only on an order refused for want of one. */
  exchangeId?: ExchangeId;
  exchangeOrderId?: string;
  clientOrderId?: string;
  assetId: string;
  side: OrderSide;
  orderType: OrderType;
  quantity: DecimalString;
  filledQuantity: DecimalString;
  remainingQuantity: DecimalString;
  price?: DecimalString;
  stopPrice?: DecimalString;
  trailingDelta?: DecimalString;
  averageFilledPrice?: DecimalString;
  /** Total commission per asset. */
  commissions: Record<string, DecimalString>;
  timeInForce: TimeInForce;
  expiresAt?: string;
  postOnly?: boolean;
  /** What of it the service does itself, since the exchange does not offer it. */
  emulated?: Emulation[];
  status: OrderStatus;
  /** Since when nobody can say how it stands: a person has to look. */
  stuckSince?: string;
  idempotencyKey: string;
  /** The last 100 fills, oldest first; `fillCount` counts all. */
  fills: Fill[];
  fillCount: number;
  events: OrderEvent[];
  metadata?: Record<string, unknown>;
  error?: OrderError;
  createdAt: string;
  updatedAt: string;
  submittedAt?: string;
  completedAt?: string;
}

/**
 * The answer to submit and modify (specification: OrderResponse). A refused order: status REJECTED with `error`, no
 * exchangeOrderId. A modification that did not happen: the order as it stands, with `error`.
 */
export interface OrderResponse {
  schemaVersion: 1;
  orderId: string;
  exchangeOrderId?: string;
  exchangeId?: ExchangeId;
  status: OrderStatus;
  filledQuantity: DecimalString;
  remainingQuantity: DecimalString;
  averagePrice?: DecimalString;
  /** Total of one asset; with commissions in several assets see the order's `commissions`. */
  commission?: DecimalString;
  commissionAsset?: string;
  /** What of it the service does itself, since the exchange does not offer it. */
  emulated?: Emulation[];
  error?: OrderError;
  createdAt: string;
  updatedAt: string;
}

export interface CancelResponse {
  schemaVersion: 1;
  orderId: string;
  exchangeOrderId?: string;
  status: 'CANCELLED' | 'PENDING_CANCEL' | 'FAILED';
  reason?: string;
  cancelledAt?: string;
}

/** Changes to a live order; newQuantity is the new total, what is filled included. */
export interface OrderModification {
  newPrice?: DecimalString;
  newQuantity?: DecimalString;
  newStopPrice?: DecimalString;
}

export const RESOLUTION_ACTIONS = ['CANCEL', 'MARK_FILLED', 'MARK_REJECTED', 'RECONCILE'] as const;
export type ResolutionAction = (typeof RESOLUTION_ACTIONS)[number];

/** What a person decides about a stuck order (specification: OrderResolution). */
export interface OrderResolution {
  action: ResolutionAction;
  reason: string;
  resolvedBy: string;
}

/** A fill that a person reports; quantity in base, price in quote. */
export interface ReportedFill {
  quantity: DecimalString;
  price: DecimalString;
  commission: DecimalString;
  commissionAsset: string;
  timestamp: string;
}

/** An order that nobody can say how it stands (specification: StuckOrder). */
export interface StuckOrder {
  orderId: string;
  exchangeOrderId?: string;
  exchangeId?: ExchangeId;
  status: OrderStatus;
  /** As it stood when it was last certain. */
  lastKnownStatus: OrderStatus;
  stuckSince: string;
  reason: string;
  /** How often a person has tried to resolve it. */
  resolutionAttempts: number;
  requiresManualIntervention: boolean;
}

/** What an exchange says of an order's state (specification: OrderUpdate). */
export interface OrderUpdate {
  orderId: string;
  tenantId: string;
  exchangeOrderId: string;
  /** Which placement of the order is meant, where the exchange says so: a replaced order has had several. */
  clientOrderId?: string;
  exchangeId: ExchangeId;
  assetId: string;
  status: OrderStatus;
  /** Cumulative, as the exchange counts. */
  filledQuantity: DecimalString;
  remainingQuantity: DecimalString;
  lastFilledPrice?: DecimalString;
  lastFilledQuantity?: DecimalString;
  /** The exchange's reason for a rejection, cancellation or expiry. */
  reason?: string;
  /** The exchange's time. */
  timestamp: string;
}

/** One execution as an exchange reports it (specification: ExecutionUpdate). */
export interface ExecutionUpdate {
  /** The exchange's trade id, unique per exchange and instrument. */
  executionId: string;
  orderId: string;
  tenantId: string;
  exchangeOrderId: string;
  exchangeId: ExchangeId;
  assetId: string;
  side: OrderSide;
  quantity: DecimalString;
  price: DecimalString;
  /**
   * What the exchange moved in quote, where it says so: price × quantity, cut to the digits of its balances. For our
   * books alone: signals to orders don't carry it (told-execution.ts).
   */
  quoteQuantity?: DecimalString;
  commission: DecimalString;
  commissionAsset: string;
  liquidity?: Liquidity;
  /** Reported by a person; the exchange's own executions take its place when they come. */
  provisional?: boolean;
  /** The exchange's time. */
  timestamp: string;
  receivedAt: string;
}

/** What the ledger books: an execution, or an entry of its own that reverses or corrects one. */
export interface BookedExecution extends ExecutionUpdate {
  restates?: Restatement;
}

/** Sums over all booked fills of an order: the ledger's part of its record. `version` counts its writes. */
export interface LedgerSums {
  version: number;
  filledQuantity: DecimalString;
  /** Σ price × quantity, in quote. */
  cost: DecimalString;
  commissions: Record<string, DecimalString>;
  fillCount: number;
  recentFills: Fill[];
}

/**
 * The exchange's word on the order, fills aside: the lifecycle's part of its record.
 * FILLED here means "the exchange will fill no more of it", whether or not all fills are booked yet.
 */
export type OrderPhase = 'PENDING' | 'OPEN' | 'FILLED' | 'CANCELLED' | 'REJECTED' | 'EXPIRED';

/** A change on its way to the exchange: declared before it is sent, gone when its end is known. */
export interface Amendment {
  /** The same on every try of one request to modify. */
  amendmentId: string;
  /** The generation that the client order id carries where the change gives the order a new one. */
  generation: number;
  terms: OrderTerms;
  /** Ms since the epoch after which the declared try refuses to send. */
  sendBy: number;
}

/** Why nobody can say how an order stands, and since when. */
export interface StuckState {
  since: string;
  reason: string;
}

export interface Lifecycle {
  version: number;
  phase: OrderPhase;
  /** 0 the order itself, n its n-th replacement. */
  generation: number;
  exchangeOrderId?: string;
  /** The terms as they were changed; absent while they are those of the request. */
  terms?: OrderTerms;
  amendment?: Amendment;
  emulated?: Emulation[];
  /** Since when the service watches the market in the exchange's place. Nothing is sent before the trigger. */
  armedAt?: string;
  stuck?: StuckState;
  /** How much the exchange says was filled, once it has said so with the end of the order. */
  exchangeFilledQuantity?: DecimalString;
  error?: OrderError;
  events: OrderEvent[];
  createdAt: string;
  updatedAt: string;
  submittedAt?: string;
  completedAt?: string;
}

/** Everything that is known of an order: what was asked, what the exchange says, what is booked. */
export interface OrderState {
  request: OrderRequest;
  lifecycle: Lifecycle;
  ledger: LedgerSums;
}
