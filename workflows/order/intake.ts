import type { OrderError } from '../../src/domain/errors';
import { invalidOrder, orderError } from '../../src/domain/errors';
import type { Order } from '../../src/domain/order';
import type { OrderRequest } from '../../src/domain/order-request';
import { parseOrderRequest } from '../../src/domain/order-request';
import { refusalResponse } from '../../src/domain/refusal';
import { orderOfWorkflowId, orderWorkflowId } from './contract';

/** An input that no order can be made of. It ends the workflow as REJECTED rather than failing it. */
export interface RefusedInput {
  workflowId: string;
  error: OrderError;
  at: string;
}

export type Intake = { request: OrderRequest; refused?: never } | { request?: never; refused: RefusedInput };

/** Reads a workflow's input; its id must be the one that the input derives. */
export function readInput(input: unknown, workflowId: string, at: string): Intake {
  const parsed = parseOrderRequest(input);
  if (!parsed.ok) return { refused: { workflowId, error: invalidOrder(parsed.faults), at } };
  const derived = orderWorkflowId(parsed.request.tenantId, parsed.request.orderId);
  if (derived === workflowId) return { request: parsed.request };
  const what = `The input derives the workflow id ${derived}, but it was started as ${workflowId}.`;
  return { refused: { workflowId, error: orderError('WORKFLOW_ID_MISMATCH', what), at } };
}

/** What the workflow of a refused input shows and returns: as much of an Order as there is. */
export type RefusedOrder = Pick<
  Order,
  | 'schemaVersion'
  | 'orderId'
  | 'status'
  | 'filledQuantity'
  | 'remainingQuantity'
  | 'commissions'
  | 'fills'
  | 'fillCount'
  | 'events'
  | 'createdAt'
  | 'updatedAt'
  | 'completedAt'
> & { error: OrderError };

export function viewRefused({ workflowId, error, at }: RefusedInput): RefusedOrder {
  return {
    ...refusalResponse(orderIdOfWorkflow(workflowId), error, at),
    error,
    commissions: {},
    fills: [],
    fillCount: 0,
    events: [{ type: 'DENIED', at, by: 'service', detail: error.message }],
    completedAt: at,
  };
}

export function orderIdOfWorkflow(workflowId: string): string {
  return orderOfWorkflowId(workflowId)?.orderId ?? '';
}
