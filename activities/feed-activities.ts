export const FEED_STATUSES = ['STARTING', 'FOLLOWING', 'FAILING'] as const;
export type FeedStatus = (typeof FEED_STATUSES)[number];

/** The holder's heartbeat details, as the Temporal UI shows them under the pending activity. */
export interface FeedReport {
  status: FeedStatus;
  /** When the status began. */
  since: string;
  holder: string;
  counters: FeedCounters;
  /** Each open shard's position. */
  positions: Record<string, string>;
  /** What went wrong last. */
  lastError?: string;
}

/** What a holder has done since it took over. */
export interface FeedCounters {
  messages: number;
  /** Times that a tenant's readers were told to read their orders anew. */
  resyncs: number;
}

/** Run on `feed`. */
export interface FeedActivities {
  /**
   * Follows the writes of the Orders table and appends what they tell to the tenants' feeds. Heartbeats carry a
   * FeedReport. Runs until shortly before its start-to-close timeout, or until cancelled.
   */
  holdFeed(): Promise<FeedReport>;
}
