import { defineSearchAttributeKey } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { isOrderId, sha256Hex } from '../../src/domain/ids';
import type {
  CancelResponse,
  ExecutionUpdate,
  LedgerSums,
  Lifecycle,
  Order,
  OrderModification,
  OrderResolution,
  OrderResponse,
  OrderStatus,
  OrderUpdate,
  ReportedFill,
} from '../../src/domain/order';
import type { OrderRequestInput } from '../../src/domain/order-request';

/** The order workflow as any client meets it, in any language. Names and shapes are stable. */

export const ORDERS_TASK_QUEUE = 'orders';
export const ORDER_WORKFLOW_TYPE = 'order';

const WORKFLOW_ID = /^order\/(?<tenantId>[A-Za-z0-9_-]{1,64})\/(?<orderId>[0-9a-f-]{36})$/;

export function orderWorkflowId(tenantId: string, orderId: string): string {
  return `order/${tenantId}/${orderId}`;
}

/** The inverse of orderWorkflowId, or undefined for any other workflow's id. */
export function orderOfWorkflowId(workflowId: string): { tenantId: string; orderId: string } | undefined {
  const { tenantId, orderId } = WORKFLOW_ID.exec(workflowId)?.groups ?? {};
  return tenantId !== undefined && orderId !== undefined && isOrderId(orderId) ? { tenantId, orderId } : undefined;
}

/** The update id that makes a repeated submit of the same argument one update. */
export function submitUpdateId(argument: unknown): string {
  return `submit-${sha256Hex(JSON.stringify(argument))}`;
}

export interface CancelRequest {
  reason?: string;
  requestedBy?: string;
}

/**
 * An execution as the order is told of it. `ledger` are the order's sums after it was booked; without them (a message
 * from somebody else than the connection) the order has it booked first.
 */
export type ExecutionMessage = ExecutionUpdate & { ledger?: BookedSums };
export type BookedSums = Omit<LedgerSums, 'recentFills'>;

/** An exchange's word as the order is told of it. Without `lifecycle`, its record, the order looks itself up instead of believing it. */
export type OrderUpdateMessage = OrderUpdate & { lifecycle?: Lifecycle };

/** A change to a live order; newQuantity is the new total, what is filled included. */
export type ModifyRequest = OrderModification & { requestedBy?: string };

/** A person's decision on an order that nobody can say how it stands. */
export interface ResolveRequest extends OrderResolution {
  /** For MARK_FILLED where the exchange shows no executions: booked as provisional until the true ones come. */
  fills?: ReportedFill[];
}

export interface ForceRequest {
  reason: string;
  requestedBy: string;
}

export const submitUpdate = defineUpdate<OrderResponse, [OrderRequestInput]>('submit');
export const cancelUpdate = defineUpdate<CancelResponse, [CancelRequest?]>('cancel');
export const modifyUpdate = defineUpdate<OrderResponse, [ModifyRequest]>('modify');
export const resolveUpdate = defineUpdate<Order, [ResolveRequest]>('resolve');
export const resolveSignal = defineSignal<[ResolveRequest]>('resolve');
export const forceCancelUpdate = defineUpdate<CancelResponse, [ForceRequest]>('forceCancel');
export const forceCancelSignal = defineSignal<[ForceRequest]>('forceCancel');
export const forceReconcileUpdate = defineUpdate<Order, [ForceRequest]>('forceReconcile');
export const forceReconcileSignal = defineSignal<[ForceRequest]>('forceReconcile');
export const cancelSignal = defineSignal<[CancelRequest?]>('cancel');
export const orderUpdateSignal = defineSignal<[OrderUpdateMessage | OrderUpdateMessage[]]>('orderUpdate');
export const executionSignal = defineSignal<[ExecutionMessage | ExecutionMessage[]]>('execution');
export const stateQuery = defineQuery<Order>('state');

export const SEARCH_ATTRIBUTES = {
  TenantId: defineSearchAttributeKey('TenantId', 'KEYWORD'),
  StrategyId: defineSearchAttributeKey('StrategyId', 'KEYWORD'),
  ExchangeId: defineSearchAttributeKey('ExchangeId', 'KEYWORD'),
  AssetId: defineSearchAttributeKey('AssetId', 'KEYWORD'),
  OrderStatus: defineSearchAttributeKey('OrderStatus', 'KEYWORD'),
  StuckSince: defineSearchAttributeKey('StuckSince', 'DATETIME'),
} as const;

/** What a client that knows the order sets at start, sparing the workflow an upsert. */
export function orderSearchAttributes(
  request: { tenantId: string; strategyId: string; exchangeId?: string | undefined; assetId: string },
  status: OrderStatus,
): { key: (typeof SEARCH_ATTRIBUTES)['TenantId']; value: string }[] {
  const { TenantId, StrategyId, ExchangeId, AssetId, OrderStatus } = SEARCH_ATTRIBUTES;
  return [
    { key: TenantId, value: request.tenantId },
    { key: StrategyId, value: request.strategyId },
    { key: AssetId, value: request.assetId },
    { key: OrderStatus, value: status },
    ...(request.exchangeId === undefined ? [] : [{ key: ExchangeId, value: request.exchangeId }]),
  ];
}
