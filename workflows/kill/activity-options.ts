import { proxyActivities } from '@temporalio/workflow';
import type { KillActivities } from '../../activities/kill-activities';
import type { CancelActivities } from '../../activities/order-activities';
import { cancelTaskQueue, LEDGER_TASK_QUEUE } from '../../activities/queues';
import type { ExchangeId } from '../../src/domain/exchange';

/** Repeated without end: while our tables are away nothing is sent either, and the halt has to get there. */
export const { placeHalt, isReleased, reportIncomplete } = proxyActivities<KillActivities>({
  taskQueue: LEDGER_TASK_QUEUE,
  startToCloseTimeout: '10s',
  retry: {
    initialInterval: '1s',
    backoffCoefficient: 2,
    maximumInterval: '10s',
    nonRetryableErrorTypes: ['INVALID_INPUT'],
  },
});
export const { cancelOpenOrders } = proxyActivities<KillActivities>({
  taskQueue: LEDGER_TASK_QUEUE,
  startToCloseTimeout: '10m',
  heartbeatTimeout: '6s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
});

/** Not repeated without end: an exchange that is away must not hold up the cancels at the others. */
export function cancelActivities(exchangeId: ExchangeId): CancelActivities {
  return proxyActivities<CancelActivities>({
    taskQueue: cancelTaskQueue(exchangeId),
    startToCloseTimeout: '20s',
    scheduleToCloseTimeout: '60s',
    heartbeatTimeout: '6s',
    retry: { initialInterval: '1s', maximumAttempts: 3 },
  });
}
