import { Context } from '@temporalio/activity';
import { createCancelAll } from './cancel-all';
import { createCancelOrder } from './cancel-order';
import type { ActivityDeps } from './deps';
import type { CancelActivities, ExchangeActivities } from './order-activities';
import { withHeartbeats } from './heartbeats';
import { OrderSubmission } from './submit-order';
import { OrderModifying } from './modify-order';
import { createSyncOrder } from './sync-order';

export function createExchangeActivities(deps: ActivityDeps): ExchangeActivities {
  const submission = new OrderSubmission(deps, () => Context.current().info.workflowExecution?.runId ?? '');
  const modifying = new OrderModifying(deps);
  const syncOrder = createSyncOrder(deps);
  return {
    submitOrder: (request, trigger, cancel) =>
      withHeartbeats(deps.clock, () => submission.submitOrder(request, trigger, cancel)),
    modifyOrder: (input) => withHeartbeats(deps.clock, () => modifying.modifyOrder(input)),
    settleModification: (request) => withHeartbeats(deps.clock, () => modifying.settleModification(request)),
    syncOrder: (place) => withHeartbeats(deps.clock, () => syncOrder(place)),
  };
}

export function createCancelActivities(deps: ActivityDeps): CancelActivities {
  const cancelOrder = createCancelOrder(deps);
  const cancelAll = createCancelAll(deps);
  return {
    cancelOrder: (input) => withHeartbeats(deps.clock, () => cancelOrder(input)),
    cancelAll: (input) => withHeartbeats(deps.clock, () => cancelAll(input)),
  };
}
