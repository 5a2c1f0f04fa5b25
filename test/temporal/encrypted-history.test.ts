import { randomBytes } from 'node:crypto';
import { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { LedgerActivities } from '../../activities/order-activities';
import { LEDGER_TASK_QUEUE } from '../../activities/queues';
import { orderIdOf } from '../../src/domain/ids';
import { advance } from '../../src/domain/order-lifecycle';
import { newOrderState } from '../../src/domain/order-state';
import type { EncryptionKey } from '../../src/platform/environment';
import { createDataConverter } from '../../src/temporal/data-converter';
import { ORDERS_TASK_QUEUE, orderWorkflowId } from '../../workflows/order/contract';
import { testStack } from '../stack/stack';
import { addSearchAttributes, freshNamespace, type TestNamespace } from './namespace';

const SECRETS = ['secret-note', 'secret-failure', '0.0123', 'names no exchange'];

let namespace: TestNamespace;
let connection: NativeConnection;
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  namespace = await freshNamespace(testStack());
  await addSearchAttributes(namespace);
  connection = await NativeConnection.connect({ address: testStack().temporalAddress });
});
afterAll(async () => {
  await connection?.close();
  await namespace?.connection.close();
});

/** Runs an order that is denied, by an activity that fails once, and gives the history as its bytes. */
async function historyOf(tenantId: string, keys: EncryptionKey[]): Promise<{ history: Buffer; result: unknown }> {
  const dataConverter = createDataConverter(keys);
  const client = new Client({ connection: namespace.connection, namespace: namespace.name, dataConverter });
  const shared = { connection, namespace: namespace.name, dataConverter };
  const workflowBundle = { codePath: testStack().workflowBundlePath };
  const workers = await Promise.all([
    Worker.create({ ...shared, taskQueue: ORDERS_TASK_QUEUE, workflowBundle }),
    Worker.create({ ...shared, taskQueue: LEDGER_TASK_QUEUE, activities: { recordRefusal: failsOnce() } }),
  ]);
  const workflowId = orderWorkflowId(tenantId, orderIdOf(tenantId, 'key'));
  const run = async (): Promise<unknown> =>
    await client.workflow.execute('order', {
      workflowId,
      taskQueue: ORDERS_TASK_QUEUE,
      args: [orderOf(tenantId)],
      staticSummary: 'BUY 0.0123',
    });
  const [first, second] = workers;
  const result = await first?.runUntil(async () => await second?.runUntil(run));
  const { workflowService } = namespace.connection;
  const execution = { workflowId };
  const raw = await workflowService.getWorkflowExecutionHistory({ namespace: namespace.name, execution });
  const bytes = temporal.api.history.v1.History.encode(raw.history ?? {}).finish();
  return { history: Buffer.from(bytes), result };
}

function failsOnce(): LedgerActivities['recordRefusal'] {
  let calls = 0;
  return (request, change) => {
    if (++calls === 1) return Promise.reject(new Error('secret-failure'));
    const { lifecycle, ledger } = advance(newOrderState(request, request.timestamp), change, request.timestamp);
    return Promise.resolve({ result: 'settled', facts: { lifecycle, ledger } });
  };
}

const orderOf = (tenantId: string): object => ({
  tenantId,
  strategyId: 'trend',
  assetId: 'BTC/USDT',
  side: 'BUY',
  orderType: 'MARKET',
  quantity: '0.0123',
  timeInForce: 'IOC',
  idempotencyKey: 'key',
  metadata: { note: 'secret-note' },
  timestamp: '2026-01-31T12:00:00Z',
});

test('with a key nothing of an order can be read in its history, and the order is the same', async () => {
  const clear = await historyOf('clear', []);
  const encrypted = await historyOf('encrypted', [{ id: 'k1', secret: randomBytes(32) }]);
  expect(SECRETS.filter((secret) => clear.history.includes(secret))).toEqual(SECRETS);
  expect(SECRETS.filter((secret) => encrypted.history.includes(secret))).toEqual([]);
  const expected = { status: 'REJECTED', metadata: { note: 'secret-note' }, error: { code: 'EXCHANGE_REQUIRED' } };
  expect(clear.result).toMatchObject(expected);
  expect(encrypted.result).toMatchObject(expected);
});
