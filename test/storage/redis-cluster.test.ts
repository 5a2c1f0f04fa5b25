import { CONNECTION_TYPES, type ConnectionType, type ReportedConnection } from '../../src/domain/connection';
import type { Budget } from '../../src/ratelimit/budget';
import { gatesOf } from '../../src/ratelimit/scopes';
import { isoTime } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { OrderRate } from '../../src/safeguards/order-rate';
import { createRedis, type RedisConnection, redisReady } from '../../src/storage/redis/client';
import { RedisConnectionStates } from '../../src/storage/redis/connection-states';
import { RedisFeedLog } from '../../src/storage/redis/feed-log';
import { RedisHolderLoads } from '../../src/storage/redis/holder-loads';
import { RedisLastPrices } from '../../src/storage/redis/last-prices';
import { RedisSubmitMarks } from '../../src/storage/redis/submit-marks';
import { VersionedValues } from '../../src/storage/redis/versioned-values';
import type { OrderState } from '../../src/domain/order';
import type { FeedMessage } from '../../src/domain/feed';
import { ManualClock } from '../alerts/manual-clock';
import { aBudget } from '../ratelimit/budgets';
import { sharedRateLimiter } from '../ratelimit/shared-limiter';
import { eventually } from '../stack/eventually';
import { type RedisCluster, startRedisCluster } from '../stack/redis-cluster';
import { testStack } from '../stack/stack';
import { anExecution, anIntent, anOrder, freshTenant, openStores, type Stores } from './stores';

let cluster: RedisCluster;
let stores: Stores;
let redis: RedisConnection;
let tenantId: string;

beforeAll(async () => {
  cluster = await startRedisCluster();
  stores = await openStores({ ...testStack(), redisUrl: cluster.url });
  redis = stores.redis;
}, 120_000);
afterAll(async () => {
  await stores?.close();
  await cluster?.close();
});
beforeEach(() => {
  tenantId = freshTenant();
});

const flushAll = (): Promise<unknown> => Promise.all(cluster.nodes.map((node) => node.flushall()));

/** The order's states, oldest first, each recorded. */
async function recordedLife(steps: number): Promise<OrderState[]> {
  const order = anOrder(tenantId);
  const { record } = await stores.orders.claimIntent(order, anIntent());
  const states = [record.state];
  for (let step = 0; step < steps; step++) {
    const event = { type: 'CANCEL_FAILED' as const, at: `2026-01-31T12:00:0${step}.000Z`, by: 'x' };
    states.push(await stores.orders.recordLifecycle(tenantId, order.orderId, { events: [event] }));
  }
  await stores.projection.project(states);
  return states;
}

const shown = (state: OrderState | undefined): Promise<OrderState | undefined> =>
  stores.projection.read(tenantId, state?.request.orderId ?? '');

describe('on a Redis Cluster', () => {
  it('orders and positions are spread over the nodes, each the newest that was written', async () => {
    const orders = Array.from({ length: 20 }, () => anOrder(tenantId));
    for (const order of orders) await stores.orders.claimIntent(order, anIntent());
    await stores.ledger.bookFills(
      orders.map((order, trade) => anExecution(order, String(trade))),
      'STREAM',
    );
    for (const { orderId } of orders) {
      const { state } = (await stores.orders.get(tenantId, orderId)) ?? {};
      expect(await stores.projection.read(tenantId, orderId)).toEqual(state);
    }
    const sizes = await Promise.all(cluster.nodes.map((node) => node.dbsize()));
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    expect(stores.alerts.raised).toEqual([]);
  });

  it('the rate limiter keeps to one budget over all connections, for every exchange, and after it has lost its counts', async () => {
    const other = createRedis(cluster.url, silentLogger);
    await redisReady(other);
    const [one, two] = [sharedRateLimiter(redis), sharedRateLimiter(other)];
    for (const exchangeId of ['BINANCE', 'COINBASE', 'KRAKEN', 'OKX', 'BYBIT'] as const) {
      const budget = aBudget({ exchangeId, model: { windows: [{ limit: 5, windowMs: 30_000 }] } });
      const calls = Array.from({ length: 12 }, (_, call) => turnOf(call % 2 === 0 ? one : two, budget));
      expect((await Promise.all(calls)).filter(Boolean)).toHaveLength(5);
      await flushAll();
      expect(await turnOf(one, budget)).toBe(false);
    }
    other.disconnect();
  });

  it('feeds are written after their end only, and read from any place', async () => {
    const feed = new RedisFeedLog(redis);
    const messages = [1, 2, 3].map((sequence) => ({ sequence, tenantId }) as unknown as FeedMessage);
    expect(await feed.append(tenantId, 0, messages)).toEqual({ appended: true, last: 0 });
    expect(await feed.append(tenantId, 0, messages)).toEqual({ appended: false, last: 3 });
    expect(await feed.readAfter(tenantId, 1, 10)).toEqual(messages.slice(1));
    expect(await feed.last(tenantId)).toBe(3);
    await feed.announce('worker-1');
    expect(await feed.holder()).toBe('worker-1');
  });

  it('marks of submits are taken once, and orders counted by the second', async () => {
    const marks = new RedisSubmitMarks(redis);
    await marks.set(tenantId, 'order-1', { sentAtMs: 1 });
    await marks.improve(tenantId, 'order-1', { sentAtMs: 1, mid: '100' });
    expect(await marks.take(tenantId, 'order-1')).toEqual({ sentAtMs: 1, mid: '100' });
    expect(await marks.take(tenantId, 'order-1')).toBeUndefined();
    const rate = new OrderRate(redis);
    const counts = [1, 2, 3].map(() => rate.count(anOrder(tenantId), 2));
    expect((await Promise.all(counts)).sort()).toEqual([1, 2, 3]);
  });

  it('the views that processes share are read over all nodes: connections, how many each worker holds, last prices', async () => {
    const clock = new ManualClock();
    const states = new RedisConnectionStates(redis, clock, stores.alerts);
    const reported = CONNECTION_TYPES.map((type) => aReportedConnection(type, isoTime(clock.now())));
    await states.report(reported);
    expect((await states.list({ tenantId, exchangeId: 'BINANCE' }))?.map(({ type }) => type)).toEqual(CONNECTION_TYPES);
    await states.forget(reported.slice(1));
    expect(await states.list({ tenantId, exchangeId: 'BINANCE' })).toHaveLength(1);

    const loads = new RedisHolderLoads(redis, clock, tenantId);
    await Promise.all([loads.report('one', 3), loads.report('other', 4)]);
    await loads.forget('one');
    expect(await loads.list()).toEqual(new Map([['other', 4]]));

    const parts = { clock, logger: silentLogger, alerts: stores.alerts };
    const prices = new RedisLastPrices(new VersionedValues(redis, parts));
    const assets = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'];
    const places = assets.map((assetId) => ({ tenantId, exchangeId: 'BINANCE' as const, assetId }));
    for (const price of ['2', '1']) {
      const at = `2026-01-31T12:00:0${price}.000Z`;
      await Promise.all(places.map((place) => prices.keep(place, { price, at })));
    }
    const last = await Promise.all(places.map((place) => prices.last(place)));
    expect(last.map((mark) => mark?.price)).toEqual(['2', '2', '2']);
    expect(stores.alerts.raised).toEqual([]);
  });
});

describe('what Redis has lost', () => {
  it('is read anew from its record: a write that comes late after the loss does not stand for the order', async () => {
    const states = await recordedLife(5);
    for (const late of [0, 2, 4]) {
      await flushAll();
      await stores.projection.project([states[late]!]);
      expect(await shown(states[0])).toEqual(states[5]);
    }
  });

  it('is right whatever is written, lost and late at once', async () => {
    const states = await recordedLife(5);
    const { orderId } = states[0]!.request;
    const event = { type: 'CANCEL_FAILED' as const, at: '2026-01-31T12:00:09.000Z', by: 'x' };
    const [newest] = await Promise.all([
      stores.orders.recordLifecycle(tenantId, orderId, { events: [event] }),
      ...states.map((state) => stores.projection.project([state])),
      flushAll(),
      ...states.map((state) => stores.projection.project([state])),
    ]);
    await stores.projection.project([states[1]!]);
    // The store's own projection of its last write is not waited for.
    await eventually(async () => expect(await shown(newest)).toEqual(newest));
  });

  it('is a position too, whose time there runs out between two fills', async () => {
    const order = anOrder(tenantId);
    await stores.orders.claimIntent(order, anIntent());
    const key = `position:${tenantId}:${order.assetId}:BINANCE`;
    const versions = [];
    for (const trade of ['1', '2', '3']) {
      await stores.ledger.bookFills([anExecution(order, trade)], 'STREAM');
      versions.push(await stores.positions.get(tenantId, order.assetId, 'BINANCE'));
    }
    expect(await redis.pttl(key)).toBeGreaterThan(50_000);
    for (const late of [0, 1]) {
      await redis.del(key);
      await stores.positionProjection.project([versions[late]!]);
      expect(JSON.parse((await redis.get(key)) ?? '')).toMatchObject({ version: 3, quantity: '0.3' });
    }
  });
});

function aReportedConnection(type: ConnectionType, at: string): ReportedConnection {
  const metrics = { uptimeMs: 1, latencyMs: 1, latencyP95Ms: 1, errorRate: 0 };
  return {
    ...{ connectionId: type, tenantId, exchangeId: 'BINANCE', type, status: 'CONNECTED', endpoint: 'ws://x' },
    ...{ connectedAt: at, lastActivityAt: at, reconnectAttempts: 0, process: 'one', reportedAt: at },
    metrics: { ...metrics, messagesReceived: 0, messagesSent: 0, reconnectionCount: 0 },
  };
}

async function turnOf(limiter: ReturnType<typeof sharedRateLimiter>, budget: Budget): Promise<boolean> {
  const charges = [{ budget, cost: 1 }];
  const call = { exchangeId: budget.exchangeId, charges, gates: gatesOf(budget), priority: 'NORMAL' as const };
  const turn = await limiter.acquire({ ...call, waitMsMax: 0 });
  if (turn.granted) await turn.release({ sent: true });
  return turn.granted;
}
