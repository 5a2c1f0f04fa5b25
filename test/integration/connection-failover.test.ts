import { setTimeout as pause } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { Client, Connection } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes';
import { msToTs } from '@temporalio/common/lib/time';
import type { HolderReport } from '../../activities/connection-activities';
import { ensureConnection } from '../../src/client/ensure-connection';
import type { Services } from '../../src/composition/services';
import { openServices } from '../../src/composition/services';
import { clientOrderIdOf } from '../../src/domain/ids';
import type { Order } from '../../src/domain/order';
import type { OrderRequest } from '../../src/domain/order-request';
import { viewOrder } from '../../src/domain/order-view';
import { systemClock } from '../../src/platform/clock';
import { noCrashPoint } from '../../src/platform/crash-points';
import { parseEnvironment } from '../../src/platform/environment';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { SimulatorAdmin } from '../../src/simulator/admin-client';
import type { ConnectionState } from '../../workflows/connection/contract';
import { connectionStateQuery, pauseSignal, restartSignal, resumeSignal } from '../../workflows/connection/contract';
import type { order } from '../../workflows/order/workflow';
import {
  orderSearchAttributes,
  orderWorkflowId,
  ORDERS_TASK_QUEUE,
  SEARCH_ATTRIBUTES,
  submitUpdate,
} from '../../workflows/order/contract';
import '../exchanges/real-ccxt';
import { auditAccount } from '../simulation/auditor';
import { testStack } from '../stack/stack';
import type { WorkerFile, WorkerProcess } from '../stack/worker-process';
import { serviceEnvironment, startWorkerProcess } from '../stack/worker-process';
import { anOrder, freshTenant } from '../storage/stores';

/** A namespace of its own: in it only this file's workers can be given the connection. */
const NAMESPACE = `failover-${systemRandom.uuid()}`;
const POLL_MS = 50;

const tenantId = freshTenant();
const workers: WorkerProcess[] = [];
let temporal: Connection;
let client: Client;
let services: Services;
let admin: SimulatorAdmin;
let connection: WorkflowHandle;

beforeAll(async () => {
  const stack = testStack();
  temporal = await Connection.connect({ address: stack.temporalAddress });
  await registerNamespace();
  process.env['TEMPORAL_NAMESPACE'] = NAMESPACE;
  client = new Client({ connection: temporal, namespace: NAMESPACE });
  const platform = { clock: systemClock, random: systemRandom, logger: silentLogger, crashPoint: noCrashPoint };
  services = await openServices(parseEnvironment(serviceEnvironment(stack)), platform);
  admin = new SimulatorAdmin(stack.simulator.adminUrl);
  const credentials = { apiKey: `key-of-${tenantId}`, apiSecret: `secret-of-${tenantId}` };
  await admin.addAccount({ accountId: tenantId, ...credentials, balances: { USDT: '100000000' } });
  const { rest = '', wsApi = '', ws = '' } = stack.simulator.exchanges['binance'] ?? {};
  const endpoints = { restEndpoint: rest, wsEndpoint: wsApi, wsPublicEndpoint: ws };
  await services.exchanges.registerExchange(tenantId, {
    exchangeId: 'BINANCE',
    mode: 'SANDBOX',
    credentials,
    ...endpoints,
  });
  const files: WorkerFile[] = ['order-worker', 'exchange-worker', 'connection-worker', 'connection-worker'];
  workers.push(...(await Promise.all(files.map((file) => startWorkerProcess(stack, file)))));
}, 60_000);

afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await services.close();
  await temporal.close();
}, 60_000);

beforeEach(async () => {
  connection = client.workflow.getHandle(await ensureConnection(client, tenantId, 'BINANCE'));
  await untilLive();
}, 60_000);

test('the connection is started once, however often it is asked for', async () => {
  const before = await connection.describe();
  await Promise.all(Array.from({ length: 5 }, () => ensureConnection(client, tenantId, 'BINANCE')));
  expect((await connection.describe()).runId).toBe(before.runId);
});

test('when the process that holds the connection is killed, another takes over and nothing is missed', async () => {
  const orders = await Promise.all(Array.from({ length: 10 }, () => place()));
  await Promise.all(orders.slice(0, 5).map((request) => fill(request, '0.5')));
  const { holder } = await untilLive();
  process.kill(pidOf(holder), 'SIGKILL');
  await Promise.all(orders.map((request) => fill(request)));
  const results = await Promise.all(orders.map((request) => resultOf(request)));
  expect(results.map(({ status, filledQuantity }) => [status, filledQuantity])).toEqual(
    orders.map(() => ['FILLED', '1']),
  );
  expect((await untilLive()).holder).not.toBe(holder);
  expect(await lastFailure()).toMatchObject({ timeoutFailureInfo: expect.anything() as object });
  expect(await audit(orders)).toEqual([]);
  workers.push(await startWorkerProcess(testStack(), 'connection-worker'));
}, 60_000);

/** Why the holder before the present one ended: it said so, or Temporal heard no more of it. */
async function lastFailure(): Promise<unknown> {
  const [held] = (await connection.describe()).raw.pendingActivities ?? [];
  return held?.lastFailure;
}

test('when its worker is asked to stop, the connection is handed over at once', async () => {
  const order = await place();
  const { holder } = await untilLive();
  process.kill(pidOf(holder), 'SIGTERM');
  await untilLive((report) => report.holder !== holder);
  expect(await lastFailure()).toMatchObject({ applicationFailureInfo: expect.anything() as object });
  await fill(order);
  expect(await resultOf(order)).toMatchObject({ status: 'FILLED' });
}, 60_000);

test('a paused connection is held by nobody, and resumed it catches up', async () => {
  const order = await place();
  await connection.signal(pauseSignal, { reason: 'maintenance', requestedBy: 'Ada' });
  await untilState(({ status }) => status === 'PAUSED');
  expect((await connection.describe()).raw.pendingActivities ?? []).toEqual([]);
  await fill(order);
  await connection.signal(resumeSignal, { requestedBy: 'Ada' });
  expect(await resultOf(order)).toMatchObject({ status: 'FILLED' });
  expect(await connection.query(connectionStateQuery)).toMatchObject({
    status: 'HELD',
    lastIntervention: { signal: 'resume', requestedBy: 'Ada' },
    cursor: { sinceMs: expect.any(Number) as number },
  });
}, 60_000);

test('a restart opens the stream anew and keeps the cursor', async () => {
  const { counters } = await connection.query(connectionStateQuery);
  await connection.signal(restartSignal, { requestedBy: 'Ada' });
  const state = await untilState((now) => now.counters.holders > counters.holders);
  const { cursor } = await untilLive();
  expect(cursor!.sinceMs).toBeGreaterThanOrEqual(state.cursor!.sinceMs);
}, 60_000);

test('a cancelled connection closes its stream, and asking for it starts it again', async () => {
  // Tests of other files have streams of their own at this exchange.
  const own = async (): Promise<string[]> =>
    (await admin.state()).subscribers.filter((apiKey) => apiKey === `key-of-${tenantId}`);
  expect(await own()).toHaveLength(1);
  await connection.cancel();
  await expect(connection.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  await eventually(async () => expect(await own()).toEqual([]));
  await ensureConnection(client, tenantId, 'BINANCE');
  await untilLive();
  expect(await own()).toHaveLength(1);
}, 60_000);

async function registerNamespace(): Promise<void> {
  await temporal.workflowService.registerNamespace({
    namespace: NAMESPACE,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  const searchAttributes = Object.fromEntries(
    Object.values(SEARCH_ATTRIBUTES).map(({ name, type }) => [name, encodeSearchAttributeIndexedValueType(type)!]),
  );
  await eventually(() => temporal.operatorService.addSearchAttributes({ namespace: NAMESPACE, searchAttributes }));
}

async function place(): Promise<OrderRequest> {
  const request = anOrder(tenantId, { timestamp: new Date().toISOString() });
  const handle = await client.workflow.start<typeof order>('order', {
    workflowId: orderWorkflowId(tenantId, request.orderId),
    taskQueue: ORDERS_TASK_QUEUE,
    args: [request],
    typedSearchAttributes: orderSearchAttributes(request, 'PENDING'),
  });
  expect(await handle.executeUpdate(submitUpdate, { args: [request] })).toMatchObject({ status: 'OPEN' });
  return request;
}

async function fill({ orderId }: OrderRequest, quantity?: string): Promise<void> {
  const clientOrderId = clientOrderIdOf(orderId, 0);
  await admin.fill({ symbol: 'BTCUSDT', clientOrderId, ...(quantity !== undefined && { quantity }) });
}

async function resultOf({ orderId }: OrderRequest): Promise<Order> {
  return (await client.workflow.getHandle<typeof order>(orderWorkflowId(tenantId, orderId)).result()) as Order;
}

async function audit(requests: OrderRequest[]): Promise<string[]> {
  const orders = requests.map(async ({ orderId }) => {
    const record = await services.orders.get(tenantId, orderId);
    const { items: fills } = await services.orders.listFills(tenantId, orderId);
    return { order: viewOrder(record!.state), fills };
  });
  const { items: positions } = await services.positions.list(tenantId);
  return auditAccount(await admin.state(), tenantId, { orders: await Promise.all(orders), positions }).findings;
}

/** What the holder says of itself, once it is live and as described. */
async function untilLive(condition: (report: HolderReport) => boolean = () => true): Promise<HolderReport> {
  return await eventually(async () => {
    const { raw } = await connection.describe();
    const [payload] = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads ?? [];
    if (payload === undefined) throw new Error('Nobody holds the connection.');
    const report = defaultPayloadConverter.fromPayload<HolderReport>(payload);
    if (report.status !== 'LIVE' || !condition(report)) throw new Error(`The holder is ${JSON.stringify(report)}.`);
    return report;
  });
}

async function untilState(condition: (state: ConnectionState) => boolean): Promise<ConnectionState> {
  return await eventually(async () => {
    const state = await connection.query(connectionStateQuery);
    if (!condition(state)) throw new Error(`The connection is ${JSON.stringify(state)}.`);
    return state;
  });
}

function pidOf(holder: string): number {
  return Number(holder.split('@')[0]);
}

/** Temporal offers no event for these: asks again until it works, at most 30 s. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (const giveUpAtMs = Date.now() + 30_000; ;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > giveUpAtMs) throw error;
      await pause(POLL_MS);
    }
  }
}
