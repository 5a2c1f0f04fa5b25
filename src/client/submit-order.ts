import { WithStartWorkflowOperation, WorkflowFailedError } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import {
  ORDER_WORKFLOW_TYPE,
  orderSearchAttributes,
  orderWorkflowId,
  submitUpdate,
  submitUpdateId,
} from '../../workflows/order/contract';
import type { OrderError } from '../domain/errors';
import { invalidOrder, orderError, ServiceError } from '../domain/errors';
import { orderIdOf } from '../domain/ids';
import type { OrderResponse } from '../domain/order';
import type { OrderRequest, OrderRequestInput } from '../domain/order-request';
import { parseOrderRequest } from '../domain/order-request';
import { viewResponse } from '../domain/order-view';
import { refusalOfSubmit, refusalResponse } from '../domain/refusal';
import { isoTime } from '../platform/clock';
import { isStartDeduped } from '../temporal/start-deduped';
import type { OrderManagerParts } from './order-manager-parts';
import { type CallOptions, callTemporal, hasEnded } from './temporal-call';

/** Starts the order's workflow, or finds it, and waits for the exchange's answer: one call to Temporal. */
export async function submitOrder(
  parts: OrderManagerParts,
  input: OrderRequestInput,
  options: CallOptions,
): Promise<OrderResponse> {
  const parsed = parseOrderRequest(input);
  if (!parsed.ok) return refusal(parts, derivedOrderId(input), invalidOrder(parsed.faults));
  const { request } = parsed;
  try {
    return await callTemporal(parts, `submitting order ${request.orderId}`, options, () =>
      updateWithStart(parts, request),
    );
  } catch (error) {
    if (!hasEnded(error)) throw error;
    return await answerOfEnded(parts, request, options);
  }
}

/** Temporal may refuse a start as its own repetition; under another request id it tells how things are. */
async function updateWithStart(parts: OrderManagerParts, request: OrderRequest): Promise<OrderResponse> {
  try {
    return await startAndAsk(parts, request);
  } catch (error) {
    if (!(error instanceof Error && isStartDeduped(error.message))) throw error;
    return await startAndAsk(parts, request);
  }
}

async function startAndAsk({ client, taskQueue }: OrderManagerParts, request: OrderRequest): Promise<OrderResponse> {
  const argument = { schemaVersion: 1 as const, ...request };
  const startWorkflowOperation = new WithStartWorkflowOperation(ORDER_WORKFLOW_TYPE, {
    workflowId: orderWorkflowId(request.tenantId, request.orderId),
    taskQueue,
    args: [argument],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    typedSearchAttributes: orderSearchAttributes(request, 'PENDING'),
    staticSummary: summaryOf(request),
  });
  const updateId = submitUpdateId(argument);
  return await client.workflow.executeUpdateWithStart(submitUpdate, {
    updateId,
    args: [argument],
    startWorkflowOperation,
  });
}

/** The workflow has ended: its record says how, and whether this is the same order. */
async function answerOfEnded(
  parts: OrderManagerParts,
  request: OrderRequest,
  options: CallOptions,
): Promise<OrderResponse> {
  const { tenantId, orderId } = request;
  const record = await parts.orders.get(tenantId, orderId);
  if (record === undefined) return await answerOfUnrecorded(parts, request, options);
  const error = refusalOfSubmit(record.state.request, request);
  if (error !== undefined) return refusal(parts, orderId, error);
  const response = viewResponse(record.state);
  if (response.status !== 'PENDING') return response;
  if (await isRunning(parts, request, options))
    throw new ServiceError('ANSWER_PENDING', `The workflow of order ${orderId} was reset while it was asked.`);
  const what = `The workflow of order ${orderId} was ended by force before the exchange's answer was recorded.`;
  throw new ServiceError('OUTCOME_UNKNOWN', what);
}

async function isRunning(
  parts: OrderManagerParts,
  { tenantId, orderId }: OrderRequest,
  options: CallOptions,
): Promise<boolean> {
  const handle = parts.client.workflow.getHandle(orderWorkflowId(tenantId, orderId));
  const { status } = await callTemporal(parts, `looking at order ${orderId}`, options, () => handle.describe());
  return status.name === 'RUNNING';
}

/** Without a record nothing was sent so far: the workflow was refused its input, or ended by force before its first step. */
async function answerOfUnrecorded(
  parts: OrderManagerParts,
  request: OrderRequest,
  options: CallOptions,
): Promise<OrderResponse> {
  const { tenantId, orderId } = request;
  const workflowId = orderWorkflowId(tenantId, orderId);
  try {
    const handle = parts.client.workflow.getHandle<() => Promise<{ error?: OrderError }>>(workflowId);
    const { error } = await callTemporal(parts, `reading the end of order ${orderId}`, options, () => handle.result());
    if (error !== undefined) return refusal(parts, orderId, error);
    throw new ServiceError('ANSWER_PENDING', `Order ${orderId} has ended, and its record can't be read yet.`);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) {
      throw new ServiceError('ANSWER_PENDING', `Order ${orderId} was just removed from Temporal.`, [], {
        cause: error,
      });
    }
    if (!(error instanceof WorkflowFailedError)) throw error;
    await refuseUnsent(parts, request, error.message);
    return await answerOfEnded(parts, request, options);
  }
}

/** A task of the ended workflow may be about to send the order: whichever of the two is recorded first holds. */
async function refuseUnsent({ orders, clock }: OrderManagerParts, request: OrderRequest, why: string): Promise<void> {
  const what = `The workflow of order ${request.orderId} was ended by force (${why}) before anything was sent: submit it under a new idempotencyKey.`;
  const error = orderError('ORDER_CLOSED', what);
  const event = { type: 'DENIED' as const, at: isoTime(clock.now()), by: 'service', detail: error.message };
  await orders.recordDenied(request, { phase: 'REJECTED', error, events: [event] });
}

function refusal({ clock }: OrderManagerParts, orderId: string, error: OrderError): OrderResponse {
  return refusalResponse(orderId, error, isoTime(clock.now()));
}

/** The orderId that even a faulty order names, or "". */
function derivedOrderId(input: unknown): string {
  const { tenantId, idempotencyKey } = (input ?? {}) as Partial<OrderRequest>;
  return typeof tenantId === 'string' && typeof idempotencyKey === 'string' ? orderIdOf(tenantId, idempotencyKey) : '';
}

/** "BUY 0.01 BTC/USDT LIMIT @ 20000 on BINANCE": what lists of workflows show; at most 200 bytes. */
function summaryOf({ side, quantity, assetId, orderType, price, stopPrice, exchangeId }: OrderRequest): string {
  const at = price === undefined ? '' : ` @ ${price}`;
  const stop = stopPrice === undefined ? '' : ` stop ${stopPrice}`;
  return `${side} ${quantity} ${assetId} ${orderType}${at}${stop}${exchangeId === undefined ? '' : ` on ${exchangeId}`}`;
}
