import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, type UpdateDefinition } from '@temporalio/common';
import { orderWorkflowId } from '../../workflows/order/contract';
import { ERROR_CATALOGUE, type OrderError, ServiceError } from '../domain/errors';
import { isEnded, statusOf } from '../domain/order-state';
import type { OrderManagerParts } from './order-manager-parts';
import { orderNotFound } from './read-orders';
import { type CallOptions, callTemporal, hasEnded, type TemporalCaller } from './temporal-call';

export interface OrderRef {
  tenantId: string;
  orderId: string;
}

/**
 * Sends an update to an order's workflow and waits for its answer. That nobody is there passes as it is; see hasEnded.
 * @throws ServiceError with what the order refuses, or as callTemporal
 */
export async function askOrder<Answer, Message>(
  caller: TemporalCaller,
  { tenantId, orderId }: OrderRef,
  update: UpdateDefinition<Answer, [Message]> | UpdateDefinition<Answer, [Message?]>,
  message: Message,
  options: CallOptions,
): Promise<Answer> {
  const handle = caller.client.workflow.getHandle(orderWorkflowId(tenantId, orderId));
  return await callTemporal(caller, `the update ${update.name} of order ${orderId}`, options, async () => {
    try {
      return await handle.executeUpdate<Answer, [Message]>(update.name, { args: [message] });
    } catch (error) {
      throw refusalIn(error) ?? error;
    }
  });
}

/** The same, where an order that has ended can't be asked: ORDER_CLOSED, ORDER_NOT_FOUND, or OUTCOME_UNKNOWN. */
export async function askLiveOrder<Answer, Message>(
  parts: TemporalCaller & Pick<OrderManagerParts, 'orders'>,
  ref: OrderRef,
  update: UpdateDefinition<Answer, [Message]>,
  message: Message,
  options: CallOptions,
): Promise<Answer> {
  try {
    return await askOrder(parts, ref, update, message, options);
  } catch (error) {
    throw hasEnded(error) ? await whyNobodyAnswers(parts, ref) : error;
  }
}

/** What an order's workflow refuses comes as a failure that carries the error. */
function refusalIn(error: unknown): ServiceError | undefined {
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure) || !(cause.type && cause.type in ERROR_CATALOGUE)) return undefined;
  const [refusal] = (cause.details ?? []) as OrderError[];
  return refusal === undefined ? undefined : ServiceError.of(refusal, { cause: error });
}

async function whyNobodyAnswers(
  { orders }: Pick<OrderManagerParts, 'orders'>,
  { tenantId, orderId }: OrderRef,
): Promise<ServiceError> {
  const record = await orders.get(tenantId, orderId);
  if (record === undefined) return orderNotFound(tenantId, orderId);
  const status = statusOf(record.state);
  if (isEnded(record.state)) return new ServiceError('ORDER_CLOSED', `Order ${orderId} has ended as ${status}.`);
  const what = `The workflow of order ${orderId} was ended by force while the order was ${status}: it may be live. Its connection runs it again within minutes.`;
  return new ServiceError('OUTCOME_UNKNOWN', what);
}
