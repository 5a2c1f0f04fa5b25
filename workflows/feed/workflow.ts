import {
  CancellationScope,
  CancelledFailure,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { FeedActivities } from '../../activities/feed-activities';
import { FEED_TASK_QUEUE } from './contract';

/**
 * The retry is constant and endless: a holder that dies is replaced, however often it happened before. Heartbeats are
 * rarer than a connection's: all tenants' feeds have one holder, and a few seconds later is soon enough for readers.
 */
const { holdFeed } = proxyActivities<FeedActivities>({
  taskQueue: FEED_TASK_QUEUE,
  startToCloseTimeout: '1h',
  heartbeatTimeout: '10s',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '1s', backoffCoefficient: 1 },
});

const DETAILS = `Writes the tenants' feeds of order events and executions (Redis Streams \`feed:{tenantId}\`).

See "Pending Activities": the heartbeat details say who does it, how far it is, and what is wrong if it is FAILING.
Cancel it to stop the feeds; they go on where they stopped when it is started again (\`feed start\`).`;

/** Keeps the feeds in the hands of one worker. Runs until it is cancelled. */
export async function feed(): Promise<void> {
  setCurrentDetails(DETAILS);
  await holdFeed();
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('Nobody writes the feeds any more.');
  await continueAsNew<typeof feed>();
}
