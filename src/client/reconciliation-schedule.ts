import type { Client, ScheduleOptions } from '@temporalio/client';
import { ScheduleAlreadyRunning, ScheduleNotFoundError } from '@temporalio/client';
import type { AccountName, ReconciliationInput } from '../domain/reconciliation';
import {
  RECONCILIATION_WORKFLOW_TYPE,
  reconciliationScheduleId,
  reconciliationWorkflowId,
} from '../../workflows/reconciliation/contract';
import { ORDERS_TASK_QUEUE, SEARCH_ATTRIBUTES } from '../../workflows/order/contract';
import { checkInput, scheduleSchema } from './input';

/** How often an account is reconciled unless somebody says otherwise; what it costs is in workflows/reconciliation. */
export const RECONCILED_EVERY_MINUTES = 15;
/** Spreads the accounts of a start over a minute. */
const JITTER = '60s';
/** A run that was missed while Temporal was away is not made up for: the next one sees the same. */
const CATCHUP = '1m';

/**
 * Sees to it that an account is reconciled every so often; changes nothing where it is already, whatever the interval.
 * Runs of an account whose exchange is not ACTIVE end at once.
 */
export async function ensureReconciliation(client: Client, name: AccountName): Promise<void> {
  try {
    await client.schedule.create(optionsOf(name, RECONCILED_EVERY_MINUTES));
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}

/** The same, with an interval. @throws ServiceError INVALID_INPUT */
export async function scheduleReconciliation(client: Client, name: AccountName, everyMinutes: number): Promise<void> {
  const { everyMinutes: checked, ...account } = checkInput(scheduleSchema, { ...name, everyMinutes }, 'The schedule');
  const options = optionsOf(account, checked);
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const handle = client.schedule.getHandle(options.scheduleId);
    await handle.update((before) => ({ ...before, spec: options.spec }));
  }
}

/** @returns whether there was one */
export async function unscheduleReconciliation(client: Client, name: AccountName): Promise<boolean> {
  try {
    await client.schedule.getHandle(reconciliationScheduleId(name)).delete();
    return true;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return false;
    throw error;
  }
}

function optionsOf({ tenantId, exchangeId }: AccountName, everyMinutes: number): ScheduleOptions {
  const input: ReconciliationInput = { tenantId, exchangeId, requestedBy: 'schedule' };
  return {
    scheduleId: reconciliationScheduleId(input),
    spec: { intervals: [{ every: everyMinutes * 60_000 }], jitter: JITTER },
    action: {
      type: 'startWorkflow',
      workflowType: RECONCILIATION_WORKFLOW_TYPE,
      workflowId: reconciliationWorkflowId(input),
      taskQueue: ORDERS_TASK_QUEUE,
      args: [input],
      typedSearchAttributes: [
        { key: SEARCH_ATTRIBUTES.TenantId, value: tenantId },
        { key: SEARCH_ATTRIBUTES.ExchangeId, value: exchangeId },
      ],
      staticSummary: `Reconciliation of ${tenantId} at ${exchangeId}`,
    },
    policies: { overlap: 'SKIP', catchupWindow: CATCHUP },
  };
}
