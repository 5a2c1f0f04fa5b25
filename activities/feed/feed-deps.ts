import type { Clock } from '../../src/platform/clock';
import type { CrashPoint } from '../../src/platform/crash-points';
import type { Logger } from '../../src/platform/logger';
import type { Random } from '../../src/platform/random';
import type { FeedSource } from '../../src/storage/feed';

export interface FeedDeps {
  /** Opened by the one worker that holds the feed. */
  openFeedSource(): Promise<FeedSource>;
  /** Who this worker is, as people know it: `pid@host`. */
  holder: string;
  clock: Clock;
  random: Random;
  logger: Logger;
  crashPoint: CrashPoint;
}

export interface FeedLimits {
  /** Between reports, each of which Temporal Cloud bills. */
  heartbeatIntervalMs: number;
  /** Between reads when the last one found nothing. */
  idleMs: number;
  /** After a failure. */
  failurePauseMs: number;
  /** How much is sent a second time, at most, when a holder is killed. */
  checkpointIntervalMs: number;
  /** Between looks at whether Redis still has what it was given. */
  auditIntervalMs: number;
  /** Between looks for shards that have no parent among those known. */
  describeIntervalMs: number;
  messagesPerAppendMax: number;
}

export const FEED_LIMITS: FeedLimits = {
  heartbeatIntervalMs: 4_000,
  idleMs: 200,
  failurePauseMs: 1_000,
  checkpointIntervalMs: 1_000,
  auditIntervalMs: 10_000,
  describeIntervalMs: 60_000,
  messagesPerAppendMax: 200,
};
