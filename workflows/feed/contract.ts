/** The feed's workflow as clients start it. */

export { FEED_TASK_QUEUE } from '../../activities/queues';

export const FEED_WORKFLOW_TYPE = 'feed';

/** One a namespace, so that Temporal gives the feeds to one holder at a time. */
export const FEED_WORKFLOW_ID = 'feed/orders';
