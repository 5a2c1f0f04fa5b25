import { type CancelRequest, ORDERS_TASK_QUEUE } from '../../workflows/order/contract';
import type { CancelResponse, ExecutionUpdate, Order, OrderModification, OrderResponse } from '../domain/order';
import type { OrderRequestInput } from '../domain/order-request';
import type { ExchangeId } from '../domain/exchange';
import type { ReconciliationResult } from '../domain/reconciliation';
import type { OrderFilters, Page } from '../storage/orders';
import { cancelOrder } from './cancel-order';
import { modifyOrder } from './modify-order';
import type { OrderManagerParts } from './order-manager-parts';
import { processFill } from './process-fill';
import { getOpenOrders, getOrder, listOrders, listOrdersPage } from './read-orders';
import { reconcileOrders } from './reconciliation';
import { submitOrder } from './submit-order';
import type { CallOptions } from './temporal-call';

/**
 * Orders as a client in this language handles them (specification: OrderManager). What an order comes to, a refusal
 * included, is a value; a ServiceError is thrown for what is no order's own outcome: INVALID_INPUT with all faults,
 * ORDER_NOT_FOUND, ANSWER_PENDING (no answer within `timeoutMs`: ask again with the same ids), DEPENDENCY_UNAVAILABLE.
 */
export interface OrderManager {
  /**
   * The exchange's acknowledgement, or the refusal: status REJECTED with `error`. Under one idempotencyKey the same
   * order is placed once, however often and from wherever it is submitted; a different one is refused.
   * @throws ServiceError ANSWER_PENDING, DEPENDENCY_UNAVAILABLE; OUTCOME_UNKNOWN for an order whose workflow was ended
   * by force before its answer was recorded: it is run again within minutes
   */
  submitOrder(order: OrderRequestInput, options?: CallOptions): Promise<OrderResponse>;
  /** Waits for the exchange's word. FAILED says why; CANCELLED also for an order that was cancelled before. */
  cancelOrder(
    tenantId: string,
    orderId: string,
    request?: CancelRequest,
    options?: CallOptions,
  ): Promise<CancelResponse>;
  /**
   * Changes a live order and waits for the exchange's word; newQuantity is the new total. The answer is the order as it
   * stands, with `error` when the change did not happen.
   * @throws ServiceError INVALID_INPUT for a change that can't be made, ORDER_CLOSED, and as cancelOrder
   */
  modifyOrder(
    tenantId: string,
    orderId: string,
    modifications: OrderModification,
    by?: { requestedBy?: string },
    options?: CallOptions,
  ): Promise<OrderResponse>;
  /** Strongly consistent. */
  getOrder(tenantId: string, orderId: string, options?: CallOptions): Promise<Order>;
  /** The newest orders first, `filters.limit` (100) at most. */
  listOrders(tenantId: string, filters?: OrderFilters): Promise<Order[]>;
  /** One page of them; a page may be shorter than the limit while there is a cursor. */
  listOrdersPage(tenantId: string, filters?: OrderFilters, cursor?: string): Promise<Page<Order>>;
  /** All orders that may still trade, newest first. */
  getOpenOrders(tenantId: string, strategyId?: string): Promise<Order[]>;
  /** Books a fill once and tells its order; for fills that did not come from the exchange's stream. */
  processFill(fill: ExecutionUpdate): Promise<void>;
  /**
   * Compares an account with its exchange now, and follows up what differs; this is the orders' part of the report.
   * @throws ServiceError INVALID_INPUT, ANSWER_PENDING, DEPENDENCY_UNAVAILABLE (also when nothing could be compared)
   */
  reconcileOrders(tenantId: string, exchangeId: ExchangeId): Promise<ReconciliationResult>;
}

export function createOrderManager({
  taskQueue = ORDERS_TASK_QUEUE,
  ...others
}: Omit<OrderManagerParts, 'taskQueue'> & { taskQueue?: string }): OrderManager {
  const parts: OrderManagerParts = { ...others, taskQueue };
  return {
    submitOrder: (order, options = {}) => submitOrder(parts, order, options),
    cancelOrder: (tenantId, orderId, request = {}, options = {}) =>
      cancelOrder(parts, { tenantId, orderId }, request, options),
    modifyOrder: (tenantId, orderId, modifications, by = {}, options = {}) =>
      modifyOrder(parts, { tenantId, orderId }, { ...modifications, ...by }, options),
    getOrder: (tenantId, orderId, options = {}) => getOrder(parts, { tenantId, orderId }, options),
    listOrders: (tenantId, filters = {}) => listOrders(parts, tenantId, filters),
    listOrdersPage: (tenantId, filters = {}, cursor) => listOrdersPage(parts, tenantId, filters, cursor),
    getOpenOrders: (tenantId, strategyId) => getOpenOrders(parts, tenantId, strategyId),
    processFill: (fill) => processFill(parts, fill),
    reconcileOrders: (tenantId, exchangeId) => reconcileOrders(parts, tenantId, exchangeId),
  };
}
