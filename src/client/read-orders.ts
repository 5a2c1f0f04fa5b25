import { QueryNotRegisteredError } from '@temporalio/client';
import { orderWorkflowId, stateQuery } from '../../workflows/order/contract';
import { ServiceError } from '../domain/errors';
import { LIVE_STATUSES, type Order } from '../domain/order';
import { viewOrder } from '../domain/order-view';
import { type OrderFilters, ORDERS_PAGE_MAX, type Page } from '../storage/orders';
import { collectPages } from '../storage/collect-pages';
import { checkInput, orderFiltersSchema, orderRefSchema, strategySchema, tenantSchema } from './input';
import type { OrderManagerParts } from './order-manager-parts';
import { type CallOptions, callTemporal, hasEnded } from './temporal-call';

/** The record; before there is one, what the order's workflow says. */
export async function getOrder(
  parts: OrderManagerParts,
  ref: { tenantId: string; orderId: string },
  options: CallOptions,
): Promise<Order> {
  const { tenantId, orderId } = checkInput(orderRefSchema, ref, 'The order to read');
  const record = await parts.orders.get(tenantId, orderId);
  if (record !== undefined) return viewOrder(record.state);
  const handle = parts.client.workflow.getHandle(orderWorkflowId(tenantId, orderId));
  try {
    return await callTemporal(parts, `reading order ${orderId}`, options, () => handle.query(stateQuery));
  } catch (error) {
    if (hasEnded(error) || error instanceof QueryNotRegisteredError) throw orderNotFound(tenantId, orderId);
    throw error;
  }
}

export async function listOrdersPage(
  { orders }: OrderManagerParts,
  tenantId: string,
  filters: OrderFilters,
  cursor?: string,
): Promise<Page<Order>> {
  const tenant = checkInput(tenantSchema, { tenantId }, 'The list of orders');
  const checked = checkInput(orderFiltersSchema, filters, 'The filter of orders');
  const { items, ...rest } = await orders.list(tenant.tenantId, checked, cursor);
  return { items: items.map(viewOrder), ...rest };
}

/** The newest orders, as many as the limit says, over as many pages as that takes. */
export async function listOrders(parts: OrderManagerParts, tenantId: string, filters: OrderFilters): Promise<Order[]> {
  const limit = filters.limit ?? ORDERS_PAGE_MAX;
  return await collectPages((cursor) => listOrdersPage(parts, tenantId, filters, cursor), limit);
}

/** All orders that may still trade, newest first. */
export async function getOpenOrders(parts: OrderManagerParts, tenantId: string, strategyId?: string): Promise<Order[]> {
  const filters = { status: [...LIVE_STATUSES], ...(strategyId !== undefined && { strategyId }) };
  checkInput(strategySchema, { tenantId, ...(strategyId !== undefined && { strategyId }) }, 'The list of orders');
  return await collectPages((cursor) => listOrdersPage(parts, tenantId, filters, cursor), Infinity);
}

export function orderNotFound(tenantId: string, orderId: string): ServiceError {
  return new ServiceError('ORDER_NOT_FOUND', `Tenant ${tenantId} has no order ${orderId}.`);
}
