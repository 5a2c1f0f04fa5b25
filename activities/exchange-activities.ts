import { Context } from '@temporalio/activity';
import { createCancelOrder } from './cancel-order';
import type { ActivityDeps } from './deps';
import type { CancelActivities, ExchangeActivities } from './order-activities';
import { withHeartbeats } from './heartbeats';
import { OrderSubmission } from './submit-order';
import { createSyncOrder } from './sync-order';

export function createExchangeActivities(deps: ActivityDeps): ExchangeActivities {
  const submission = new OrderSubmission(deps, () => Context.current().info.workflowExecution?.runId ?? '');
  const syncOrder = createSyncOrder(deps);
  return {
    submitOrder: (request) => withHeartbeats(deps.clock, () => submission.submitOrder(request)),
    syncOrder: (input) => withHeartbeats(deps.clock, () => syncOrder(input)),
  };
}

export function createCancelActivities(deps: ActivityDeps): CancelActivities {
  const cancelOrder = createCancelOrder(deps);
  return { cancelOrder: (input) => withHeartbeats(deps.clock, () => cancelOrder(input)) };
}
