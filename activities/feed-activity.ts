import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { FeedActivities } from './feed-activities';
import { FEED_LIMITS, type FeedDeps, type FeedLimits } from './feed/feed-deps';
import { FeedTakenError } from './feed/feed-follower';
import { FeedHolder } from './feed/feed-holder';
import { holdForLong } from './long-hold';

/** Before the next attempt when two feeds fight over one table, which only a person can end. */
const TAKEN_PAUSE = '60s';

export function createFeedActivities(deps: FeedDeps, limits: FeedLimits = FEED_LIMITS): FeedActivities {
  return {
    holdFeed: async () => {
      const { heartbeat } = Context.current();
      try {
        return (await holdForLong(deps, (stop) => new FeedHolder(deps, limits, heartbeat).hold(stop))).report;
      } catch (error) {
        if (!(error instanceof FeedTakenError)) throw error;
        throw ApplicationFailure.create({ message: error.message, type: 'FEED_TAKEN', nextRetryDelay: TAKEN_PAUSE });
      }
    },
  };
}
