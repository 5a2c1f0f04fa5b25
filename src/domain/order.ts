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
  timestamp: string;
}

export type Liquidity = 'MAKER' | 'TAKER';

export type OrderEventType =
  | 'CREATED'
  | 'SUBMITTING'
  | 'ACKNOWLEDGED'
  | 'DENIED'
  | 'REJECTED'
  | 'SUBMISSION_UNKNOWN'
  | 'CANCEL_REQUESTED'
  | 'CANCEL_FAILED'
  | 'FILLED'
  | 'CANCELLED'
  | 'EXPIRED'
  | 'LATE_FILL';

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
  status: OrderStatus;
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

/** The answer to submit and modify (specification: OrderResponse). Refused: status REJECTED with `error`, no exchangeOrderId. */
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

/** What an exchange says of an order's state (specification: OrderUpdate). */
export interface OrderUpdate {
  orderId: string;
  tenantId: string;
  exchangeOrderId: string;
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
  commission: DecimalString;
  commissionAsset: string;
  liquidity?: Liquidity;
  /** The exchange's time. */
  timestamp: string;
  receivedAt: string;
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

export interface Lifecycle {
  version: number;
  phase: OrderPhase;
  /** 0 the order itself, n its n-th replacement. */
  generation: number;
  exchangeOrderId?: string;
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
