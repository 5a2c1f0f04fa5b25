import { CreateTableCommand, DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import type { Client } from '@temporalio/client';
import { ensureFeed } from '../../src/client/ensure-feed';
import type { FeedMessage } from '../../src/domain/feed';
import { createTables } from '../../src/storage/dynamodb/table-creation';
import { feedKey, RedisFeedLog } from '../../src/storage/redis/feed-log';
import { parseEnvironment } from '../../src/platform/environment';
import { connectClient } from '../../src/temporal/connect-client';
import { contractFaults } from '../client/contract-check';
import { ended, expectWholeStory, liveThrough, orderOf, uniqueByEvent } from '../feed/lives';
import { openOwnFeed, type OwnFeed, type RunningHolder } from '../feed/own-feed';
import { eventually } from '../stack/eventually';
import { freshNamespace } from '../stack/namespace';
import { testStack } from '../stack/stack';
import { serviceEnvironment, startWorkerProcess, type WorkerProcess } from '../stack/worker-process';
import { freshTenant } from '../storage/stores';

const KILL_LIMIT_MS = 60_000;
const ORDERS = 8;

let feed: OwnFeed;
let tenantId: string;
const holders: RunningHolder[] = [];
const releases: (() => void)[] = [];

beforeAll(async () => {
  feed = await openOwnFeed(testStack(), 1);
});
afterAll(() => feed.close());
beforeEach(() => {
  tenantId = freshTenant();
});
afterEach(async () => {
  for (const release of releases.splice(0)) release();
  await Promise.allSettled(holders.splice(0).map((holder) => holder.stop()));
});

function hold(...args: Parameters<OwnFeed['hold']>): RunningHolder {
  const holder = feed.hold(...args);
  holders.push(holder);
  return holder;
}

const sequences = (messages: readonly FeedMessage[]): number[] => messages.map(({ sequence }) => sequence);
const countUp = (first: number, count: number): number[] => Array.from({ length: count }, (_, place) => first + place);

test('all that orders go through arrives in sequence, none missing, and as the contract says', async () => {
  hold();
  const tenants = [tenantId, freshTenant()];
  const lives = tenants.flatMap((tenant) => Array.from({ length: ORDERS }, () => liveThrough(feed.stores, tenant)));
  const orderIds = await Promise.all(lives);
  for (const [place, tenant] of tenants.entries()) {
    const messages = await feed.read(tenant, 0, ended(ORDERS));
    expect(sequences(messages)).toEqual(countUp(1, messages.length));
    expect(messages.flatMap((message) => contractFaults('FeedMessage', message))).toEqual([]);
    for (const orderId of orderIds.slice(place * ORDERS, (place + 1) * ORDERS))
      expectWholeStory(messages, await orderOf(feed.stores, tenant, orderId));
    expect(uniqueByEvent(messages)).toHaveLength(messages.length);
  }
});

test('a reader that comes back reads on after its cursor, and gets the same messages again from an older one', async () => {
  const holder = hold();
  await liveThrough(feed.stores, tenantId);
  const all = await feed.read(tenantId, 0, ended(1));
  expect(await feed.read(tenantId, 2, ended(1))).toEqual(all.slice(2));
  await holder.stop();
  await liveThrough(feed.stores, tenantId);
  hold();
  const later = await feed.read(tenantId, all.length, ended(1));
  expect(sequences(later)).toEqual(countUp(all.length + 1, later.length));
});

test('a holder that stalls before its checkpoint is replaced: its messages come twice under one eventId, and it gives up', async () => {
  let awake: () => void = () => {};
  const stalled = new Promise<void>((resolve) => (awake = resolve));
  const passed = jest.fn<Promise<void>, []>(() => stalled);
  const first = hold({ crashPoint: passed });
  releases.push(awake);
  const orderId = await liveThrough(feed.stores, tenantId);
  await eventually(() => expect(passed).toHaveBeenCalled());
  hold();
  const messages = await feed.read(tenantId, 0, (seen) => seen.length > uniqueByEvent(seen).length && ended(1)(seen));
  expect(sequences(messages)).toEqual(countUp(1, messages.length));
  expectWholeStory(messages, await orderOf(feed.stores, tenantId, orderId));
  awake();
  await expect(first.ended).rejects.toThrow('Another holder');
});

test('Redis is emptied: a reader that waits is told to read the orders anew, and what follows has higher sequences', async () => {
  hold();
  await liveThrough(feed.stores, tenantId);
  const before = await feed.read(tenantId, 0, ended(1));
  const cursor = before.at(-1)?.sequence ?? 0;
  await feed.stores.redis.flushdb();
  const told = await feed.read(tenantId, cursor, (seen) => seen.some(({ sequence }) => sequence > cursor));
  expect(told.at(-1)).toMatchObject({ kind: 'RESYNC', reason: expect.stringContaining('lost') as string });
  const orderId = await liveThrough(feed.stores, tenantId);
  const after = await feed.read(tenantId, told.at(-1)?.sequence ?? 0, ended(1));
  expectWholeStory(after, await orderOf(feed.stores, tenantId, orderId));
});

test('Redis is emptied while nobody holds the feed: the next holder tells the readers', async () => {
  const holder = hold();
  await liveThrough(feed.stores, tenantId);
  const cursor = (await feed.read(tenantId, 0, ended(1))).at(-1)?.sequence ?? 0;
  await holder.stop();
  await feed.stores.redis.flushdb();
  hold();
  const [first] = await feed.read(tenantId, cursor, (seen) => seen.some(({ sequence }) => sequence > cursor));
  expect(first?.kind).toBe('RESYNC');
});

test('the newest messages are lost, as with a replica that lagged: their sequences are not given out again', async () => {
  hold();
  await liveThrough(feed.stores, tenantId);
  const before = await feed.read(tenantId, 0, ended(1));
  const [lost, cursor] = [before.slice(-2), before.at(-1)?.sequence ?? 0];
  await feed.stores.redis.xdel(feedKey(tenantId), ...lost.map(({ sequence }) => `${sequence}-0`));
  const [next] = await feed.read(tenantId, cursor, (seen) => seen.some(({ sequence }) => sequence > cursor));
  expect(next?.kind).toBe('RESYNC');
});

test('a reader whose cursor is older than what is kept is told so', async () => {
  const log = new RedisFeedLog(feed.stores.redis, 100);
  const messages = countUp(1, 500).map((sequence): FeedMessage => ({
    schemaVersion: 1,
    kind: 'RESYNC',
    sequence,
    eventId: `${sequence}`,
    tenantId,
    reason: '',
  }));
  for (const message of messages)
    await log.append(tenantId, message.sequence - 1, [{ ...message, kind: 'ORDER' } as object as FeedMessage]);
  const [told, next] = await feed.read(tenantId, 7, (seen) => seen.length === 2);
  expect(told).toMatchObject({ kind: 'RESYNC', reason: expect.stringContaining('from 8 to') as string });
  expect(next?.sequence).toBe((told?.sequence ?? 0) + 1);
});

test('a table of orders that was made without a change stream gets one, and keeps it', async () => {
  const { client } = feed.stores;
  const [prefix, TableName] = [`${tenantId}-`, `${tenantId}-Orders`];
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'tenantId', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'tenantId', AttributeType: 'S' }],
    }),
  );
  const streamOf = async (): Promise<string | undefined> => {
    await createTables(client, { prefix });
    return (await client.send(new DescribeTableCommand({ TableName }))).Table?.LatestStreamArn;
  };
  const stream = await streamOf();
  expect(stream).toEqual(expect.any(String));
  expect(await streamOf()).toBe(stream);
});

describe('when the worker that holds the feed is killed', () => {
  let own: OwnFeed;
  let client: Client;
  let close: () => Promise<void>;
  let namespace: string;
  const workers: WorkerProcess[] = [];
  beforeAll(async () => {
    [own, namespace] = await Promise.all([
      openOwnFeed(testStack(), 2),
      freshNamespace(testStack().temporalAddress, 'feed'),
    ]);
    const settings = parseEnvironment({ ...serviceEnvironment(own.stack), TEMPORAL_NAMESPACE: namespace });
    ({ client, close } = await connectClient(settings));
  }, KILL_LIMIT_MS);
  afterAll(async () => {
    for (const worker of workers) worker.kill('SIGKILL');
    await own?.close();
    await close?.();
  });

  async function start(crashAt?: string): Promise<WorkerProcess> {
    const { stack, tablePrefix } = own;
    const settings = { namespace, tablePrefix, ...(crashAt !== undefined && { crashAt }) };
    const worker = await startWorkerProcess(stack, 'feed-worker', settings);
    workers.push(worker);
    return worker;
  }

  test(
    'another goes on: nothing is lost, and what comes twice has the same eventId',
    async () => {
      const { stores } = own;
      const doomed = await start('feed.betweenAppendAndCheckpoint#4');
      await ensureFeed(client);
      const orderIds: string[] = [];
      while (doomed.running) orderIds.push(await liveThrough(stores, tenantId));
      expect(await doomed.ended).toMatchObject({ signal: 'SIGKILL' });
      await start();
      for (let more = 0; more < ORDERS; more++) orderIds.push(await liveThrough(stores, tenantId));
      const messages = await own.read(tenantId, 0, ended(orderIds.length));
      expect(sequences(messages)).toEqual(countUp(1, messages.length));
      expect(uniqueByEvent(messages).length).toBeLessThan(messages.length);
      for (const orderId of orderIds) expectWholeStory(messages, await orderOf(stores, tenantId, orderId));
    },
    KILL_LIMIT_MS,
  );
});
