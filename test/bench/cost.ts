import { orderWorkflowId } from '../../workflows/order/contract';
import type { Desk } from './desk';
import { historyCost } from './history-cost';
import { ended, fill } from './service';

interface OrderCost {
  /** Of its workflow's history. */
  events: number;
  /** That Temporal Cloud would bill. */
  actions: number;
}

export interface CostFigures {
  filledByOneExecution: OrderCost;
  filledInTheReply: OrderCost;
}

/** What an order costs in Temporal: one that rests and is filled at once as a whole, and one that never rests. */
export async function measureCost(desk: Desk): Promise<CostFigures> {
  const resting = await desk.manager.submitOrder(desk.restingOrder());
  await fill(desk, resting.orderId);
  const taken = await desk.manager.submitOrder(desk.marketOrder());
  if (taken.status !== 'FILLED') throw new Error(`A market order was answered as ${taken.status}, not FILLED.`);
  return {
    filledByOneExecution: await costOf(desk, resting.orderId),
    filledInTheReply: await costOf(desk, taken.orderId),
  };
}

async function costOf(desk: Desk, orderId: string): Promise<OrderCost> {
  await ended(desk, orderId);
  return await historyCost(desk.client, orderWorkflowId(desk.tenantId, orderId));
}
