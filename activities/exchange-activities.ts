import { Context } from '@temporalio/activity';
import { createCancelOrder } from './cancel-order';
import type { ActivityDeps } from './deps';
import type { CancelActivities, ExchangeActivities } from './order-activities';
import { OrderSubmission } from './submit-order';
import { createSyncOrder } from './sync-order';

export function createExchangeActivities(deps: ActivityDeps): ExchangeActivities {
  const submission = new OrderSubmission(deps, () => Context.current().info.workflowExecution?.runId ?? '');
  return { submitOrder: (request) => submission.submitOrder(request), syncOrder: createSyncOrder(deps) };
}

export function createCancelActivities(deps: ActivityDeps): CancelActivities {
  return { cancelOrder: createCancelOrder(deps) };
}
