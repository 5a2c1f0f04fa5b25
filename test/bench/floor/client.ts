import type { Client } from '@temporalio/client';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { mapBounded } from '../../../src/connections/bounded-concurrency';
import { orderSearchAttributes } from '../../../workflows/order/contract';
import type { OrderRequestInput } from '../../../src/domain/order-request';
import type { Side } from '../callers';
import { FLOOR_QUEUE } from './contract';

const FINISHED_AT_ONCE = 20;

/** The same call as a submit, and the same messages, to the floor's workflow. */
export function floorSide(client: Client, anOrder: () => OrderRequestInput): Side {
  return {
    async call() {
      const order = anOrder();
      const workflowId = `floor/${order.idempotencyKey}`;
      const startWorkflowOperation = new WithStartWorkflowOperation('floor', {
        workflowId,
        taskQueue: FLOOR_QUEUE,
        args: [order],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        typedSearchAttributes: orderSearchAttributes({ ...order, exchangeId: 'BINANCE' }, 'PENDING'),
        staticSummary: order.assetId,
      });
      await client.workflow.executeUpdateWithStart('submit', {
        updateId: 'submit',
        args: [order],
        startWorkflowOperation,
      });
      return workflowId;
    },
    async finish(workflowIds) {
      await mapBounded(workflowIds, FINISHED_AT_ONCE, async (workflowId) => {
        const handle = client.workflow.getHandle(workflowId);
        await handle.signal('execution', {});
        await handle.result();
      });
    },
  };
}
