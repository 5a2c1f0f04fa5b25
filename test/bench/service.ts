import { mapBounded } from '../../src/connections/bounded-concurrency';
import { clientOrderIdOf } from '../../src/domain/ids';
import type { OrderView } from '../../src/simulator/exchange/model';
import { orderWorkflowId } from '../../workflows/order/contract';
import type { Side } from './callers';
import type { Desk } from './desk';
import { SYMBOL } from './desk';

const FINISHED_AT_ONCE = 20;

/** Orders that rest: submitted as a client does, ended by a fill of the whole. */
export function serviceSide(desk: Desk): Side {
  return {
    async call() {
      const { orderId, status, error } = await desk.manager.submitOrder(desk.restingOrder());
      if (status !== 'OPEN') throw new Error(`Order ${orderId} is ${status}, it should rest: ${error?.message ?? ''}`);
      return orderId;
    },
    async finish(orderIds) {
      await mapBounded(orderIds, FINISHED_AT_ONCE, async (orderId) => {
        await fill(desk, orderId);
        await ended(desk, orderId);
      });
    },
  };
}

/** The exchange fills the whole of a resting order. */
export function fill(desk: Desk, orderId: string): Promise<OrderView> {
  return desk.admin.fill({ symbol: SYMBOL, clientOrderId: clientOrderIdOf(orderId, 0) });
}

/** Resolves when the order's workflow has closed. */
export async function ended({ client, tenantId }: Desk, orderId: string): Promise<void> {
  await client.workflow.getHandle(orderWorkflowId(tenantId, orderId)).result();
}
