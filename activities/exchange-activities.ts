import { Context } from '@temporalio/activity';
import { createCancelAll } from './cancel-all';
import { createCancelOrder } from './cancel-order';
import type { ActivityDeps } from './deps';
import type { CancelActivities, ExchangeActivities } from './order-activities';
import { withHeartbeats } from './heartbeats';
import { orInDoubt } from './needs-a-person';
import { OrderSubmission } from './submit-order';
import { OrderModifying } from './modify-order';
import { createSyncOrder } from './sync-order';

export function createExchangeActivities(deps: ActivityDeps): ExchangeActivities {
  const submission = new OrderSubmission(deps, () => Context.current().info.workflowExecution?.runId ?? '');
  const modifying = new OrderModifying(deps);
  const syncOrder = createSyncOrder(deps);
  const call = <T>(work: () => Promise<T>): ReturnType<typeof orInDoubt<T>> =>
    withHeartbeats(deps.clock, () => orInDoubt(deps.clock, work));
  return {
    submitOrder: (request, trigger, cancel) => call(() => submission.submitOrder(request, trigger, cancel)),
    modifyOrder: (input) => call(() => modifying.modifyOrder(input)),
    settleModification: (request) => call(() => modifying.settleModification(request)),
    syncOrder: (place) => withHeartbeats(deps.clock, () => syncOrder(place)),
  };
}

export function createCancelActivities(deps: ActivityDeps): CancelActivities {
  const cancelOrder = createCancelOrder(deps);
  const cancelAll = createCancelAll(deps);
  return {
    cancelOrder: (input) =>
      withHeartbeats(deps.clock, async () => {
        const end = await orInDoubt(deps.clock, () => cancelOrder(input));
        return end.result === 'unknown' ? { ...end, result: 'retry' } : end;
      }),
    cancelAll: (input) => withHeartbeats(deps.clock, () => cancelAll(input)),
  };
}
