import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

const { EventType } = temporal.api.enums.v1;

/** Events that Temporal Cloud bills as one action each; an update-with-start is a start and an update. */
const BILLED = new Set([
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
  EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
  EventType.EVENT_TYPE_TIMER_STARTED,
  EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
]);

/** What one workflow cost: the events of its history, and the actions among them that are billed. */
export async function historyCost(client: Client, workflowId: string): Promise<{ events: number; actions: number }> {
  const { events = [] } = await client.workflow.getHandle(workflowId).fetchHistory();
  const actions = (events ?? []).filter(
    ({ eventType }) => eventType !== null && eventType !== undefined && BILLED.has(eventType),
  );
  return { events: events?.length ?? 0, actions: actions.length };
}
