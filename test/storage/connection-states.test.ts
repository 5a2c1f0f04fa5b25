import type { ReportedConnection } from '../../src/domain/connection';
import { CONNECTION_REPORT_KEPT_MS } from '../../src/storage/connection-states';
import { createRedis } from '../../src/storage/redis/client';
import { RedisConnectionStates } from '../../src/storage/redis/connection-states';
import { silentLogger } from '../../src/platform/logger';
import { KeptAlerts } from '../alerts/kept-alerts';
import { ManualClock } from '../alerts/manual-clock';
import { testStack } from '../stack/stack';
import { freshTenant, openStores, type Stores } from './stores';

const exchangeId = 'BINANCE';
let stores: Stores;
let clock: ManualClock;
let states: RedisConnectionStates;
let tenantId: string;
beforeAll(async () => {
  stores = await openStores(testStack());
});
afterAll(() => stores.close());
beforeEach(() => {
  clock = new ManualClock();
  states = new RedisConnectionStates(stores.redis, clock, stores.alerts);
  tenantId = freshTenant();
});

function reported(connectionId: string, fields: Partial<ReportedConnection> = {}): ReportedConnection {
  const at = new Date(clock.now()).toISOString();
  return {
    connectionId,
    tenantId,
    exchangeId,
    type: 'WEBSOCKET',
    status: 'CONNECTED',
    endpoint: 'ws://x',
    connectedAt: at,
    lastActivityAt: at,
    reconnectAttempts: 0,
    metrics: {
      uptimeMs: 1_234.5,
      latencyMs: 0.1,
      latencyP95Ms: 2,
      errorRate: 1 / 3,
      messagesReceived: 7,
      messagesSent: 8,
      reconnectionCount: 0,
    },
    process: 'one',
    reportedAt: at,
    ...fields,
  };
}

test('connection:{tenantId}:{exchangeId}:{type} has what each process reports of its connections', async () => {
  const [one, other] = [reported('1'), reported('2', { process: 'other', type: 'REST' })];
  const poor = reported('3', { shortfalls: [{ cause: 'ERRORS', measured: 0.5, threshold: 0.2 }] });
  await Promise.all([states.report([one, poor]), states.report([other])]);
  const listed = await states.list({ tenantId, exchangeId });
  expect(listed?.sort((a, b) => a.connectionId.localeCompare(b.connectionId))).toEqual([
    { ...one, metrics: { ...one.metrics, errorRate: expect.closeTo(1 / 3) as number } },
    { ...other, metrics: { ...other.metrics, errorRate: expect.closeTo(1 / 3) as number } },
    { ...poor, metrics: { ...poor.metrics, errorRate: expect.closeTo(1 / 3) as number } },
  ]);
  const key = `connection:${tenantId}:BINANCE:REST`;
  expect(JSON.parse((await stores.redis.get(key)) ?? '')).toMatchObject({
    connections: { 2: { status: 'CONNECTED' } },
  });
  expect(await stores.redis.pttl(key)).toBeGreaterThan(0);
});

test('what was closed is gone, and so is what its process reports no more', async () => {
  const [closed, dead, alive] = [reported('1'), reported('2'), reported('3')];
  await states.report([closed, dead, alive]);
  await states.forget([closed]);
  await clock.pass(CONNECTION_REPORT_KEPT_MS + 1);
  const still = { ...alive, reportedAt: new Date(clock.now()).toISOString() };
  await states.report([still]);
  expect(await states.list({ tenantId, exchangeId })).toMatchObject([{ connectionId: '3' }]);
  await states.forget([still]);
  expect(await stores.redis.exists(`connection:${tenantId}:BINANCE:WEBSOCKET`)).toBe(0);
});

test('without Redis nobody knows, and nobody fails', async () => {
  const alerts = new KeptAlerts();
  const redis = createRedis('redis://127.0.0.1:1', silentLogger);
  const lost = new RedisConnectionStates(redis, clock, alerts);
  await lost.report([reported('1')]);
  expect(await lost.list({ tenantId, exchangeId })).toBeUndefined();
  expect(alerts.raised).toContainEqual(expect.objectContaining({ code: 'PROJECTION_FAILED' }));
  redis.disconnect();
});
