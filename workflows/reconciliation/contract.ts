import type { AccountName } from '../../src/domain/reconciliation';

/** The reconciliation workflow as clients and schedules start it. It runs on the `orders` queue, its activities on their own. */

export const RECONCILIATION_WORKFLOW_TYPE = 'reconciliation';

/** Of one account one runs at a time; a schedule adds the time of its run to it. */
export function reconciliationWorkflowId({ tenantId, exchangeId }: AccountName): string {
  return `reconciliation/${tenantId}/${exchangeId}`;
}

export function reconciliationScheduleId(name: AccountName): string {
  return reconciliationWorkflowId(name);
}
