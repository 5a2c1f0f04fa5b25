import type { ExecutionUpdate, Lifecycle, OrderState, OrderUpdate } from '../domain/order';
import { type ToldExecution, toldExecution } from '../domain/told-execution';
import type { BookedFill } from '../storage/orders';

/** What one order has to be told, in this order: its executions, each with the sums after it, and how it ended. */
export interface OrderNews {
  tenantId: string;
  orderId: string;
  executions: ToldExecution[];
  update?: ToldUpdate;
  /** Fills that this batch booked, with the order as it stood after the last of them. */
  fresh?: { executions: ExecutionUpdate[]; order: OrderState };
}

/** With the order's record after it; without, it is a hint: the order is to look itself up. */
export type ToldUpdate = OrderUpdate & { lifecycle?: Lifecycle };

/**
 * One piece of news an order, from what was booked and which ends were recorded. A fill that the order's own activity
 * booked is no news: that activity returns the sums. A duplicate is: whoever booked it may have died before telling.
 */
export function orderNews(booked: readonly BookedFill[], updates: readonly ToldUpdate[]): OrderNews[] {
  const news = new Map<string, OrderNews>();
  for (const { execution, order, result, source } of booked) {
    if (order === undefined || source === 'WORKFLOW') continue;
    const item = newsOf(news, execution);
    item.executions.push(toldExecution(execution, order.ledger));
    if (result === 'BOOKED') {
      const fresh = item.fresh?.executions ?? [];
      item.fresh = { executions: [...fresh, execution], order: newer(item.fresh?.order, order) };
    }
  }
  for (const update of updates) newsOf(news, update).update = update;
  return [...news.values()];
}

function newsOf(news: Map<string, OrderNews>, { tenantId, orderId }: ExecutionUpdate | OrderUpdate): OrderNews {
  const item = news.get(orderId) ?? { tenantId, orderId, executions: [] };
  news.set(orderId, item);
  return item;
}

function newer(a: OrderState | undefined, b: OrderState): OrderState {
  return a !== undefined && a.ledger.version > b.ledger.version ? a : b;
}
