import { join } from 'node:path';
import { cancelTaskQueue, exchangeTaskQueue } from '../../activities/queues';
import { ensureConnection } from '../../src/client/ensure-connection';
import type { ExchangeId } from '../../src/domain/exchange';
import { freePort } from '../../src/local/ports';
import { systemRandom } from '../../src/platform/random';
import type { CancelResponse, OrderResponse } from '../../src/domain/order';
import { residentMiB } from '../bench/memory';
import '../exchanges/real-ccxt';
import { openTestAccount, type TestAccount } from '../stack/account';
import { eventually } from '../stack/eventually';
import { type Line, openLine } from '../stack/line';
import { freshNamespace } from '../stack/namespace';
import { registerSecondExchange, SECOND_EXCHANGE } from '../stack/renamed-binance';
import { startService, type TestService } from '../stack/service';
import { testStack } from '../stack/stack';

/** More than a worker has slots for (workers/roles.ts), in accounts whose limits let all of them go out at once. */
const ACCOUNTS = 3;
const ORDERS_EACH = 40;
const RESTING_ORDERS = 5;
const REPLY_TIMEOUT_MS = 4_000;
const BAN_SECONDS = 6;
/** As many as a worker has slots for one exchange, and some for streams and the questions beside them. */
const CONNECTIONS_MAX = 200;
/** What a hundred orders in hand may take; a leak of a reply a call, or of a call without end, is far above. */
const GROWTH_MIB_MAX = 150;
const SUBMIT = 'POST /api/v3/order';
const CANCEL = 'DELETE /api/v3/order';

let service: TestService;
let line: Line;
let serving: TestAccount;
let metricsAddress: string;
beforeAll(async () => {
  registerSecondExchange();
  const stack = testStack();
  metricsAddress = `127.0.0.1:${await freePort(systemRandom)}`;
  const environment = {
    SIMULATED_WAITS: JSON.stringify({ replyTimeoutMs: REPLY_TIMEOUT_MS }),
    TEMPORAL_METRICS_ADDRESS: metricsAddress,
  };
  const namespace = await freshNamespace(stack.temporalAddress, 'isolation');
  const entry = join(__dirname, '..', 'stack', 'two-exchanges-worker.ts');
  service = await startService(stack, { namespace, entry, environment });
  serving = await service.openAccount();
}, 60_000);
/** A ban is kept by address: each test has one of its own. */
beforeEach(async () => {
  line = await openLine(new URL(testStack().simulator.exchanges['binance']?.['rest'] ?? ''));
});
afterEach(() => line?.close());
afterAll(() => service?.stop(), 60_000);

/** Accounts at the other exchange, behind the line; the first has orders in the book. */
async function openOthers(): Promise<{ others: TestAccount[]; resting: OrderResponse[] }> {
  const registration = { exchangeId: SECOND_EXCHANGE, restEndpoint: `http://127.0.0.1:${line.port}` };
  const open = async (): Promise<TestAccount> => {
    const account = await openTestAccount(service.services, testStack().simulator, registration);
    await ensureConnection(service.temporal.client, account.tenantId, SECOND_EXCHANGE);
    return { ...account, exchangeId: SECOND_EXCHANGE };
  };
  const others = await Promise.all(Array.from({ length: ACCOUNTS }, open));
  const [first = serving] = others;
  const resting = await Promise.all(Array.from({ length: RESTING_ORDERS }, () => submit(first)));
  // All accounts know their instruments by then: an exchange that hangs tells nobody.
  await Promise.all(others.map((account) => submit(account)));
  expect(resting.map(({ status }) => status)).toEqual(resting.map(() => 'OPEN'));
  return { others, resting };
}

function submit({ tenantId, exchangeId }: { tenantId: string; exchangeId: ExchangeId }): Promise<OrderResponse> {
  return service.orderManager.submitOrder(
    {
      ...{ tenantId, exchangeId, strategyId: 'isolation', assetId: 'BTC/USDT', side: 'BUY', orderType: 'LIMIT' },
      ...{ quantity: '0.001', price: '20000', timeInForce: 'GTC' },
      idempotencyKey: systemRandom.uuid(),
      timestamp: new Date().toISOString(),
    },
    { timeoutMs: 120_000 },
  );
}

function submitAll(others: readonly TestAccount[]): Promise<OrderResponse[]> {
  return Promise.all(others.flatMap((account) => Array.from({ length: ORDERS_EACH }, () => submit(account))));
}

function cancelAll(
  [account = serving]: readonly TestAccount[],
  orders: readonly OrderResponse[],
): Promise<CancelResponse[]> {
  const { orderManager } = service;
  return Promise.all(
    orders.map(({ orderId }) =>
      orderManager.cancelOrder(account.tenantId, orderId, { reason: 'out' }, { timeoutMs: 60_000 }),
    ),
  );
}

function statusesOf(orders: readonly OrderResponse[]): string[] {
  return [...new Set(orders.map(({ status }) => status))];
}

/** Of the worker's activity slots on a task queue, those that are free, as the worker itself says. */
async function freeSlots(taskQueue: string): Promise<number> {
  const text = await (await fetch(`http://${metricsAddress}/metrics`)).text();
  const row = text
    .split('\n')
    .find(
      (each) =>
        each.startsWith('temporal_worker_task_slots_available') &&
        each.includes(`task_queue="${taskQueue}"`) &&
        each.includes('worker_type="ActivityWorker"'),
    );
  return Number(row?.split(' ').at(-1) ?? NaN);
}

/** What the other exchange must not use up, whatever it does. */
async function expectRoom(memoryBefore: number): Promise<void> {
  expect(await freeSlots(exchangeTaskQueue('BINANCE'))).toBeGreaterThan(0);
  expect(await freeSlots(cancelTaskQueue('BINANCE'))).toBeGreaterThan(0);
  expect(await freeSlots(cancelTaskQueue(SECOND_EXCHANGE))).toBeGreaterThan(0);
  expect(line.connections).toBeLessThan(CONNECTIONS_MAX);
  expect(workerMiB() - memoryBefore).toBeLessThan(GROWTH_MIB_MAX);
}

function workerMiB(): number {
  return residentMiB({ worker: service.worker.pid })['worker'] ?? 0;
}

async function expectServing(): Promise<void> {
  const served = await Promise.all(Array.from({ length: 10 }, () => submit(serving)));
  expect(served.map(({ status }) => status)).toEqual(served.map(() => 'OPEN'));
}

function callsNamed(name: string): Line['calls'] {
  return line.calls.filter((call) => call.name === name);
}

test('an exchange that hangs uses up its own slots only, and when it is back its cancels go before its orders', async () => {
  const { others, resting } = await openOthers();
  const memoryBefore = workerMiB();
  line.fallSilent();
  const hung = submitAll(others);
  await eventually(async () => expect(await freeSlots(exchangeTaskQueue(SECOND_EXCHANGE))).toBeLessThan(10));
  await expectServing();
  await expectRoom(memoryBefore);
  const cancels = cancelAll(others, resting);
  await eventually(() => expect(callsNamed(CANCEL)).toHaveLength(RESTING_ORDERS));

  const sentInSilence = line.calls.length;
  line.mend();
  expect((await cancels).map(({ status }) => status)).toEqual(resting.map(() => 'CANCELLED'));
  const reached = line.calls.slice(0, sentInSilence).filter(({ passedAtMs }) => passedAtMs !== undefined);
  expect(reached.filter(({ name }) => name === CANCEL)).toHaveLength(RESTING_ORDERS);
  expect(statusesOf(await hung)).toEqual(['OPEN']);
  expect(line.calls.slice(sentInSilence).map(({ name }) => name)).toContain(SUBMIT);
  await expectRoom(memoryBefore);
}, 120_000);

test('an exchange that bans us is left alone until the ban ends, while another serves as if nothing were', async () => {
  const { others, resting } = await openOthers();
  const memoryBefore = workerMiB();
  const effect = { kind: 'rate-limit', status: 418, retryAfterSeconds: BAN_SECONDS } as const;
  const { admin } = serving;
  const rules = await Promise.all(
    others.map(({ tenantId }) => admin.addFault({ match: { endpoint: SUBMIT, apiKey: `key-${tenantId}` }, effect })),
  );
  const sentBefore = line.calls.length;
  const banned = submitAll(others);
  const refused = async (): Promise<boolean> =>
    (await admin.faults()).some(({ id, hits }) => rules.includes(id) && hits > 0);
  await eventually(async () => expect(await refused()).toBe(true));
  const cancels = cancelAll(others, resting);
  await expectServing();
  await expectRoom(memoryBefore);
  await Promise.all(rules.map((id) => admin.clearFaults(id)));

  expect((await cancels).map(({ status }) => status)).toEqual(resting.map(() => 'CANCELLED'));
  const bannedAfterMs = line.calls.slice(sentBefore).find(({ name }) => name === SUBMIT)?.passedAtMs ?? NaN;
  const earliestMs = Math.min(...callsNamed(CANCEL).map(({ passedAtMs = NaN }) => passedAtMs));
  expect(earliestMs - bannedAfterMs).toBeGreaterThanOrEqual(BAN_SECONDS * 1_000);
  expect(statusesOf(await banned)).toEqual(['OPEN']);
  await expectRoom(memoryBefore);
}, 120_000);
