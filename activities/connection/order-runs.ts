import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { withinLimit } from '../../src/connections/time-limit';
import type { ExchangeId } from '../../src/domain/exchange';
import type { OrderRequest } from '../../src/domain/order-request';
import type { Clock } from '../../src/platform/clock';
import { allOf } from '../../src/temporal/visibility-query';
import {
  ORDER_WORKFLOW_TYPE,
  orderOfWorkflowId,
  orderSearchAttributes,
  ORDERS_TASK_QUEUE,
  orderWorkflowId,
} from '../../workflows/order/contract';

const CALL_TIME_LIMIT_MS = 10_000;

/** The workflows of orders, as a connection needs to know of them. */
export interface OrderRuns {
  /** The orders at one exchange whose workflow is running. Behind by seconds: Temporal lists what it has indexed. */
  listRunning(tenantId: string, exchangeId: ExchangeId): Promise<Set<string>>;
  /** Runs the order's workflow again; false when somebody else has. It goes on from the record, nothing is sent twice. */
  adopt(request: OrderRequest): Promise<boolean>;
}

/** The part of Temporal's client that lists and starts. */
export interface StartingClient {
  workflow: {
    list(options: { query: string }): AsyncIterable<{ workflowId: string }>;
    start(workflowType: string, options: StartOptions): Promise<unknown>;
  };
}

interface StartOptions {
  workflowId: string;
  taskQueue: string;
  args: [object];
  workflowIdReusePolicy: 'ALLOW_DUPLICATE';
  workflowIdConflictPolicy: 'FAIL';
  typedSearchAttributes: ReturnType<typeof orderSearchAttributes>;
}

export function createOrderRuns({ workflow }: StartingClient, clock: Clock): OrderRuns {
  return {
    listRunning: async (tenantId, exchangeId) => {
      const query = allOf([
        { attribute: 'WorkflowType', is: ORDER_WORKFLOW_TYPE },
        { attribute: 'ExecutionStatus', is: 'Running' },
        { attribute: 'TenantId', is: tenantId },
        { attribute: 'ExchangeId', is: exchangeId },
      ]);
      const what = `The list of ${tenantId}'s running orders at ${exchangeId}`;
      return await withinLimit(clock, CALL_TIME_LIMIT_MS, what, orderIdsOf(workflow.list({ query })));
    },
    adopt: async (request) => {
      const { tenantId, orderId } = request;
      try {
        const options: StartOptions = {
          workflowId: orderWorkflowId(tenantId, orderId),
          taskQueue: ORDERS_TASK_QUEUE,
          args: [{ schemaVersion: 1, ...request }],
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
          typedSearchAttributes: orderSearchAttributes(request, 'PENDING'),
        };
        const started = workflow.start(ORDER_WORKFLOW_TYPE, options);
        await withinLimit(clock, CALL_TIME_LIMIT_MS, `Adopting order ${orderId}`, started);
        return true;
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
        throw error;
      }
    },
  };
}

async function orderIdsOf(list: AsyncIterable<{ workflowId: string }>): Promise<Set<string>> {
  const orderIds = new Set<string>();
  for await (const { workflowId } of list) {
    const order = orderOfWorkflowId(workflowId);
    if (order !== undefined) orderIds.add(order.orderId);
  }
  return orderIds;
}
