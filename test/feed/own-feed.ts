import { FEED_LIMITS, type FeedDeps, type FeedLimits } from '../../activities/feed/feed-deps';
import { FeedHolder } from '../../activities/feed/feed-holder';
import { readFeed } from '../../src/client/read-feed';
import { openFeedReader, openFeedSource } from '../../src/composition/feed';
import type { FeedMessage } from '../../src/domain/feed';
import { systemClock } from '../../src/platform/clock';
import { noCrashPoint } from '../../src/platform/crash-points';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import type { TestStack } from '../stack/stack';
import { openStores, type Stores } from '../storage/stores';

/** Tables and a Redis database that no other test has, so that a feed sees its own test's orders only. */
export interface OwnFeed {
  stores: Stores;
  stack: TestStack;
  tablePrefix: string;
  /** A holder in this process, as an activity would run it. */
  hold(deps?: Partial<FeedDeps>): RunningHolder;
  /** A tenant's messages after a sequence, as soon as `isEnough`. */
  read(tenantId: string, from: number, isEnough: (messages: FeedMessage[]) => boolean): Promise<FeedMessage[]>;
  close(): Promise<void>;
}

export interface RunningHolder {
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}

const FAST: FeedLimits = {
  ...FEED_LIMITS,
  idleMs: 10,
  failurePauseMs: 20,
  checkpointIntervalMs: 20,
  auditIntervalMs: 50,
};
const READ_LIMIT_MS = 20_000;

/** `database`: a number from 1 to 15 of the caller's own. */
export async function openOwnFeed(shared: TestStack, database: number): Promise<OwnFeed> {
  const stack = { ...shared, redisUrl: `${shared.redisUrl}/${database}` };
  const tablePrefix = `feed-${systemRandom.uuid()}-`;
  const stores = await openStores({ ...stack, tablePrefix });
  const { client, tables } = stores;
  const dynamodb = { region: 'eu-central-1', endpoint: stack.dynamodbEndpoint };
  const places = { client, tables, dynamodb, redisUrl: stack.redisUrl, logger: silentLogger };
  const deps: FeedDeps = {
    openFeedSource: () => openFeedSource(places),
    holder: 'test',
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    crashPoint: noCrashPoint,
  };
  const parts = { openFeedReader: () => openFeedReader(stack.redisUrl, silentLogger), clock: systemClock };
  return {
    stores,
    stack,
    tablePrefix,
    hold: (own = {}) => {
      const stop = new AbortController();
      const ended = new FeedHolder({ ...deps, ...own }, FAST, () => {}).hold(stop.signal);
      ended.catch(() => undefined);
      return {
        ended,
        stop: async () => {
          stop.abort();
          await ended;
        },
      };
    },
    read: async (tenantId, from, isEnough) => {
      const messages: FeedMessage[] = [];
      for await (const message of readFeed(parts, { tenantId, from }, AbortSignal.timeout(READ_LIMIT_MS))) {
        messages.push(message);
        if (isEnough(messages)) return messages;
      }
      throw new Error(`Not enough: ${JSON.stringify(messages.map(({ sequence, kind }) => [sequence, kind]))}`);
    },
    close: () => stores.close(),
  };
}
