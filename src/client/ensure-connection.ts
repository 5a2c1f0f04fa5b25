import type { Client } from '@temporalio/client';
import type { ExchangeId } from '../domain/exchange';
import {
  CONNECTION_WORKFLOW_TYPE,
  connectionWorkflowId,
  CONNECTIONS_TASK_QUEUE,
} from '../../workflows/connection/contract';
import { SEARCH_ATTRIBUTES } from '../../workflows/order/contract';

/**
 * Sees to it that the connection of a tenant's account at an exchange is being held: starts its workflow, or finds it
 * running (held or paused; a pause stays one). Safe to call at any time, from anywhere, as often as one likes.
 * @returns the workflow's id
 */
export async function ensureConnection(client: Client, tenantId: string, exchangeId: ExchangeId): Promise<string> {
  const workflowId = connectionWorkflowId(tenantId, exchangeId);
  await client.workflow.start(CONNECTION_WORKFLOW_TYPE, {
    workflowId,
    taskQueue: CONNECTIONS_TASK_QUEUE,
    args: [{ tenantId, exchangeId }],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    typedSearchAttributes: [
      { key: SEARCH_ATTRIBUTES.TenantId, value: tenantId },
      { key: SEARCH_ATTRIBUTES.ExchangeId, value: exchangeId },
    ],
    staticSummary: `Private stream of ${tenantId} at ${exchangeId}`,
  });
  return workflowId;
}
