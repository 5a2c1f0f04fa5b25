import {
  type ForceRequest,
  forceCancelUpdate,
  forceReconcileUpdate,
  type ResolveRequest,
  resolveUpdate,
} from '../../workflows/order/contract';
import { contractSchemas } from '../domain/contract-schemas';
import type { CancelResponse, Order, StuckOrder } from '../domain/order';
import type { Page } from '../storage/orders';
import { askLiveOrder, type OrderRef } from './ask-order';
import { collectPages } from '../storage/collect-pages';
import { checkInput, orderRefSchema } from './input';
import { type StuckOrderParts, stuckOrdersPage } from './stuck-orders';
import type { CallOptions } from './temporal-call';

/**
 * What a person does about orders that nobody can say how they stand (specification: ManualInterventionService). Each
 * decision is in the order's events, with who and why, whatever came of it.
 * @throws ServiceError INVALID_INPUT with all faults, RESOLUTION_REFUSED, ORDER_CLOSED, ORDER_NOT_FOUND, ANSWER_PENDING,
 * DEPENDENCY_UNAVAILABLE; OUTCOME_UNKNOWN for an order whose workflow was ended by force
 */
export interface ManualInterventionService {
  /** All that need a person, some moments after they were flagged. */
  getStuckOrders(tenantId: string, options?: CallOptions): Promise<StuckOrder[]>;
  /** One page of them; a page may be short while there is a cursor. */
  getStuckOrdersPage(tenantId: string, cursor?: string, options?: CallOptions): Promise<Page<StuckOrder>>;
  /** MARK_FILLED books what the exchange shows; what it does not show only as `fills` say. @returns the order after it */
  resolveStuckOrder(
    tenantId: string,
    orderId: string,
    resolution: ResolveRequest,
    options?: CallOptions,
  ): Promise<Order>;
  /** Cancels at the exchange whatever is believed of the order. */
  forceCancel(
    tenantId: string,
    orderId: string,
    request?: Partial<ForceRequest>,
    options?: CallOptions,
  ): Promise<CancelResponse>;
  /** Takes over what the exchange says of the order now. @returns the order after it */
  forceReconcile(
    tenantId: string,
    orderId: string,
    request?: Partial<ForceRequest>,
    options?: CallOptions,
  ): Promise<Order>;
}

export function createManualInterventionService(parts: StuckOrderParts): ManualInterventionService {
  return {
    getStuckOrders: (tenantId, options = {}) =>
      collectPages((cursor) => stuckOrdersPage(parts, tenantId, cursor, options), Infinity),
    getStuckOrdersPage: (tenantId, cursor, options = {}) => stuckOrdersPage(parts, tenantId, cursor, options),
    resolveStuckOrder: async (tenantId, orderId, resolution, options = {}) => {
      const ref = orderOf({ tenantId, orderId });
      const checked = checkInput(contractSchemas().resolveRequestSchema, resolution, 'The resolution');
      return await askLiveOrder(parts, ref, resolveUpdate, checked, options);
    },
    forceCancel: async (tenantId, orderId, request = {}, options = {}) =>
      await askLiveOrder(parts, orderOf({ tenantId, orderId }), forceCancelUpdate, force(request), options),
    forceReconcile: async (tenantId, orderId, request = {}, options = {}) =>
      await askLiveOrder(parts, orderOf({ tenantId, orderId }), forceReconcileUpdate, force(request), options),
  };
}

function orderOf(ref: OrderRef): OrderRef {
  return checkInput(orderRefSchema, ref, 'The order to intervene in');
}

function force(request: Partial<ForceRequest>): ForceRequest {
  const given = { reason: 'no reason given', requestedBy: 'unknown', ...request };
  return checkInput(contractSchemas().forceRequestSchema, given, 'The request');
}
