import { WorkflowFailedError } from '@temporalio/client';
import { cancelUpdate, type CancelRequest, orderWorkflowId } from '../../workflows/order/contract';
import { contractSchemas } from '../domain/contract-schemas';
import type { OrderError } from '../domain/errors';
import type { CancelResponse } from '../domain/order';
import { viewCancelResponse } from '../domain/order-view';
import { askOrder } from './ask-order';
import { checkInput, orderRefSchema } from './input';
import type { OrderManagerParts } from './order-manager-parts';
import { orderNotFound } from './read-orders';
import { type CallOptions, callTemporal, hasEnded } from './temporal-call';

/** Asks the order's workflow to cancel and waits for the exchange's word. */
export async function cancelOrder(
  parts: OrderManagerParts,
  ref: { tenantId: string; orderId: string },
  request: CancelRequest,
  options: CallOptions,
): Promise<CancelResponse> {
  const { tenantId, orderId } = checkInput(orderRefSchema, ref, 'The order to cancel');
  const argument = checkInput(contractSchemas().cancelRequestSchema, request, 'The cancel request');
  try {
    return await askOrder(parts, { tenantId, orderId }, cancelUpdate, argument, options);
  } catch (error) {
    if (!hasEnded(error)) throw error;
    return await cancelOfEnded(parts, { tenantId, orderId }, options);
  }
}

/** Nobody is there to cancel it any more: the record says how the order ended. */
async function cancelOfEnded(
  parts: OrderManagerParts,
  { tenantId, orderId }: { tenantId: string; orderId: string },
  options: CallOptions,
): Promise<CancelResponse> {
  const record = await parts.orders.get(tenantId, orderId);
  if (record === undefined) return await cancelOfUnrecorded(parts, { tenantId, orderId }, options);
  const failure = 'The workflow of the order was ended by force; the order may be live: look at it at the exchange.';
  return viewCancelResponse(record.state, failure);
}

async function cancelOfUnrecorded(
  parts: OrderManagerParts,
  { tenantId, orderId }: { tenantId: string; orderId: string },
  options: CallOptions,
): Promise<CancelResponse> {
  const handle = parts.client.workflow.getHandle<() => Promise<{ status: string; error?: OrderError }>>(
    orderWorkflowId(tenantId, orderId),
  );
  try {
    const ended = await callTemporal(parts, `reading the end of order ${orderId}`, options, () => handle.result());
    const reason = `The order has ended as ${ended.status}: ${ended.error?.message ?? 'nothing was left to cancel.'}`;
    return { schemaVersion: 1, orderId, status: 'FAILED', reason };
  } catch (error) {
    if (error instanceof WorkflowFailedError) {
      const reason = `The workflow of the order was ended by force (${error.message}) before it had a record: submit the same order again, which keeps it from being sent, or says how it stands.`;
      return { schemaVersion: 1, orderId, status: 'FAILED', reason };
    }
    throw hasEnded(error) ? orderNotFound(tenantId, orderId) : error;
  }
}
