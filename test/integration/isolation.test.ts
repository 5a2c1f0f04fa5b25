import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { cancelTaskQueue, exchangeTaskQueue } from '../../activities/queues';
import { ensureConnection } from '../../src/client/ensure-connection';
import type { ExchangeId } from '../../src/domain/exchange';
import { systemRandom } from '../../src/platform/random';
import type { OrderResponse } from '../../src/domain/order';
import '../exchanges/real-ccxt';
import { openTestAccount, type TestAccount } from '../stack/account';
import { eventually } from '../stack/eventually';
import { type Line, openLine } from '../stack/line';
import { freshNamespace } from '../stack/namespace';
import { registerSecondExchange, SECOND_EXCHANGE } from '../stack/renamed-binance';
import { startService, type TestService } from '../stack/service';
import { testStack } from '../stack/stack';

/** More than a worker has slots for (workers/roles.ts). */
const HUNG_ORDERS = 120;
const RESTING_ORDERS = 5;
const REPLY_TIMEOUT_MS = 3_000;

let service: TestService;
let line: Line;
let serving: TestAccount;
let other: TestAccount;
let metricsAddress: string;
beforeAll(async () => {
  registerSecondExchange();
  const stack = testStack();
  metricsAddress = await freeAddress();
  const environment = {
    SIMULATED_WAITS: JSON.stringify({ replyTimeoutMs: REPLY_TIMEOUT_MS }),
    TEMPORAL_METRICS_ADDRESS: metricsAddress,
  };
  const namespace = await freshNamespace(stack.temporalAddress, 'isolation');
  const entry = join(__dirname, '..', 'stack', 'two-exchanges-worker.ts');
  service = await startService(stack, { namespace, entry, environment });
  line = await openLine(new URL(stack.simulator.exchanges['binance']?.['rest'] ?? ''));
  serving = await service.openAccount();
  const restEndpoint = `http://127.0.0.1:${line.port}`;
  const registration = { exchangeId: SECOND_EXCHANGE, restEndpoint };
  other = { ...(await openTestAccount(service.services, stack.simulator, registration)), exchangeId: SECOND_EXCHANGE };
  await ensureConnection(service.temporal.client, other.tenantId, SECOND_EXCHANGE);
}, 60_000);
afterAll(async () => {
  line?.close();
  await service?.stop();
}, 60_000);

async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${port}`;
}

function submit({ tenantId, exchangeId }: { tenantId: string; exchangeId: ExchangeId }): Promise<OrderResponse> {
  return service.orderManager.submitOrder({
    ...{ tenantId, exchangeId, strategyId: 'isolation', assetId: 'BTC/USDT', side: 'BUY', orderType: 'LIMIT' },
    ...{ quantity: '0.001', price: '20000', timeInForce: 'GTC' },
    idempotencyKey: systemRandom.uuid(),
    timestamp: new Date().toISOString(),
  });
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

test('an exchange that hangs uses up its own slots only, and when it is back its cancels go before its orders', async () => {
  const resting = await Promise.all(Array.from({ length: RESTING_ORDERS }, () => submit(other)));
  expect(resting.map(({ status }) => status)).toEqual(resting.map(() => 'OPEN'));
  line.fallSilent();
  let acknowledged = 0;
  const hung = Array.from({ length: HUNG_ORDERS }, () =>
    submit(other).then(
      () => (acknowledged += 1),
      (error: unknown) => expect(error).toMatchObject({ code: 'ANSWER_PENDING' }),
    ),
  );
  // Not all at once: calls give up after a while, and are made again.
  await eventually(async () => expect(await freeSlots(exchangeTaskQueue(SECOND_EXCHANGE))).toBeLessThan(50));
  const served = await Promise.all(Array.from({ length: 10 }, () => submit(serving)));
  expect(served.map(({ status }) => status)).toEqual(served.map(() => 'OPEN'));
  expect(await freeSlots(exchangeTaskQueue('BINANCE'))).toBeGreaterThan(0);
  expect(await freeSlots(cancelTaskQueue(SECOND_EXCHANGE))).toBeGreaterThan(0);

  const { tenantId } = other;
  const cancels = resting.map(({ orderId }) => service.orderManager.cancelOrder(tenantId, orderId, { reason: 'out' }));
  line.mend();
  const cancelled = await Promise.all(cancels);
  expect(cancelled.map(({ status }) => status)).toEqual(resting.map(() => 'CANCELLED'));
  expect(acknowledged).toBeLessThan(HUNG_ORDERS);
  await Promise.all(hung);
  await eventually(async () => {
    const open = await service.orderManager.getOpenOrders(tenantId);
    expect(open.filter(({ status }) => status === 'OPEN')).toHaveLength(HUNG_ORDERS);
  }, 90_000);
}, 240_000);
