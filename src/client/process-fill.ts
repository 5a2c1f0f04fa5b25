import { WorkflowNotFoundError } from '@temporalio/common';
import { executionSignal, orderWorkflowId } from '../../workflows/order/contract';
import { contractSchemas } from '../domain/contract-schemas';
import { describeFaults, type Fault, ServiceError } from '../domain/errors';
import type { ExecutionUpdate, LedgerSums } from '../domain/order';
import type { OrderRequest } from '../domain/order-request';
import { toldExecution } from '../domain/told-execution';
import { checkInput, orderRefSchema } from './input';
import type { OrderManagerParts } from './order-manager-parts';
import { orderNotFound } from './read-orders';
import { callTemporal } from './temporal-call';

/** Books a fill that somebody else than the connection knows of, then tells the order. Doing it again changes nothing. */
export async function processFill(parts: OrderManagerParts, fill: ExecutionUpdate): Promise<void> {
  const execution = checkInput(contractSchemas().executionUpdateSchema, fill, 'The fill');
  const { tenantId, orderId } = checkInput(
    orderRefSchema,
    { tenantId: fill.tenantId, orderId: fill.orderId },
    'The fill',
  );
  const record = await parts.orders.get(tenantId, orderId);
  if (record === undefined) throw orderNotFound(tenantId, orderId);
  refuseOther(execution, record.state.request);
  const [booked] = await parts.ledger.bookFills([execution], 'CLIENT');
  if (booked?.order === undefined) throw orderNotFound(tenantId, orderId);
  await tellOrder(parts, execution, booked.order.ledger);
}

/** A fill of another instrument, exchange or side would corrupt a position for good. */
function refuseOther(execution: ExecutionUpdate, request: OrderRequest): void {
  const faults = (['assetId', 'exchangeId', 'side'] as const).flatMap((field): Fault[] =>
    execution[field] === request[field]
      ? []
      : [{ field, message: `is ${execution[field]}, but the order's is ${request[field]}` }],
  );
  if (faults.length > 0)
    throw new ServiceError('INVALID_INPUT', `The fill is not of its order: ${describeFaults(faults)}`, faults);
}

async function tellOrder(parts: OrderManagerParts, execution: ExecutionUpdate, ledger: LedgerSums): Promise<void> {
  const message = toldExecution(execution, ledger);
  const handle = parts.client.workflow.getHandle(orderWorkflowId(execution.tenantId, execution.orderId));
  try {
    await callTemporal(parts, `telling order ${execution.orderId} of its fill`, {}, () =>
      handle.signal(executionSignal, message),
    );
  } catch (error) {
    // A closed order has nobody to tell; its record has the fill.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
