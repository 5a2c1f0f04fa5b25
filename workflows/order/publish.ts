import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { orderSearchAttributes, SEARCH_ATTRIBUTES } from './contract';
import { describeOrder } from './current-details';
import type { OrderLife } from './order-life';

/** Shows the order to people: details in memory whenever something happens, search attributes only when they change. */
export function publish(life: OrderLife, doing: string): void {
  setCurrentDetails(describeOrder(life.view(), life.settled ? 'closed' : doing, life.stuck));
  publishStuck(life);
  if (life.status === 'PENDING' ? isIndexed() : life.status === life.publishedStatus) return;
  upsertSearchAttributes(orderSearchAttributes(life.request, life.status));
  life.publishedStatus = life.status;
}

function publishStuck(life: OrderLife): void {
  const since = life.stuck?.since;
  if (since === life.publishedStuckSince) return;
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.StuckSince, value: since === undefined ? null : new Date(since) }]);
  life.publishedStuckSince = since;
}

/** Whoever starts the workflow with its search attributes set spares it the first upsert. */
function isIndexed(): boolean {
  return workflowInfo().typedSearchAttributes.get(SEARCH_ATTRIBUTES.OrderStatus) !== undefined;
}
