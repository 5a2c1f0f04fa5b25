import type { FeedMessage } from '../domain/feed';
import type { OrderChangeLog } from './order-changes';

/** The feeds of the tenants: each a log of messages in order of their sequence, of which the newest are kept. */
export interface FeedWriter {
  /** Appends if the feed's last message is still `after` (0: it has none). @throws ServiceError DEPENDENCY_UNAVAILABLE */
  append(tenantId: string, after: number, messages: readonly FeedMessage[]): Promise<FeedAppended>;
  /** The sequence of the newest message; 0 when there is none. @throws ServiceError DEPENDENCY_UNAVAILABLE */
  last(tenantId: string): Promise<number>;
  /** Says for a while who writes the feeds. */
  announce(holder: string): Promise<void>;
}

/** `last`: where the feed ended before. */
export interface FeedAppended {
  appended: boolean;
  last: number;
}

/** Waiting for messages occupies a connection: each reader has one of its own. All throw DEPENDENCY_UNAVAILABLE. */
export interface FeedReader {
  /** The messages after a sequence, oldest first; waits up to `waitMs` for the first. */
  readAfter(tenantId: string, sequence: number, waitMs: number): Promise<FeedMessage[]>;
  last(tenantId: string): Promise<number>;
  /** Who writes the feeds now. */
  holder(): Promise<string | undefined>;
  close(): void;
}

/** How far the feeds have come, kept where nothing is lost. */
export interface FeedCheckpoint {
  /** Of the orders' change stream: each shard's position, or SHARD_ENDED. */
  place: { streamId?: string; shards: Record<string, string> };
  /** The last sequence of each tenant that is known to have been given out. */
  tenants: Map<string, number>;
}

export const SHARD_ENDED = 'END';

export interface FeedCheckpoints {
  /** From now on this holder writes the feeds, and no other can save. */
  take(holder: string): Promise<FeedCheckpoint>;
  /** Saves the positions, and of `tenants` those that have changed. @returns false when another has taken over */
  save(holder: string, checkpoint: FeedCheckpoint): Promise<boolean>;
}

/** What the feeds are made of, and where they and their checkpoints go. */
export interface FeedSource {
  changes: OrderChangeLog;
  writer: FeedWriter;
  checkpoints: FeedCheckpoints;
  close(): void;
}
