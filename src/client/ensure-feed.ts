import type { Client } from '@temporalio/client';
import { FEED_TASK_QUEUE, FEED_WORKFLOW_ID, FEED_WORKFLOW_TYPE } from '../../workflows/feed/contract';

/**
 * Sees to it that the tenants' feeds are being written: starts the workflow, or finds it running. Safe to call at any
 * time, as often as one likes; where several namespaces share the tables, in one of them only.
 * @returns the workflow's id
 */
export async function ensureFeed(client: Client): Promise<string> {
  await client.workflow.start(FEED_WORKFLOW_TYPE, {
    workflowId: FEED_WORKFLOW_ID,
    taskQueue: FEED_TASK_QUEUE,
    args: [],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    staticSummary: 'The feeds of order events and executions',
  });
  return FEED_WORKFLOW_ID;
}
