import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mapBounded } from '../../src/connections/bounded-concurrency';
import { orderIdOf } from '../../src/domain/ids';
import type { OrderRequestInput } from '../../src/domain/order-request';
import type { Stack } from '../../src/local/stack';
import { startStack } from '../../src/local/stack';
import '../exchanges/real-ccxt';
import { eventually } from '../stack/eventually';
import { testStackOptions } from '../stack/options';
import { prepareStack } from '../stack/prepare';
import { testStack } from '../stack/stack';
import { Desk } from './desk';
import { simulatorEnvironment } from './own-simulator';
import { Supervisor } from './supervisor';

/** All that is ours; the exchange is the outside world. */
const KILLED = ['temporal', 'dynamodb', 'redis'] as const;
const RESTING = 30;
const UNDER_WAY = 30;
const CALLERS = 10;
const PATIENCE_MS = 90_000;

const directory = mkdtempSync(join(tmpdir(), 'stack-restart-'));
let stack: Stack;
let desk: Desk;
let supervisor: Supervisor;

beforeAll(async () => {
  const options = testStackOptions(directory);
  stack = await startStack({
    ...options,
    inMemory: [],
    parts: [...KILLED, 'simulator'],
    environment: { ...options.environment, ...simulatorEnvironment(1) },
  });
  await prepareStack(stack);
  const { workflowBundlePath } = testStack();
  supervisor = new Supervisor({ ...stack, workflowBundlePath }, 'default');
  desk = await Desk.open({ stack, namespace: 'default', simulator: stack.simulator });
  await supervisor.keep(['all-workers']);
}, 90_000);

afterAll(async () => {
  await supervisor?.stop();
  await desk?.close();
  await stack?.stop();
  rmSync(directory, { recursive: true, force: true });
}, 60_000);

test('the stack killed and restarted with orders in flight loses none of them, nor a fill of the time it was away', async () => {
  const resting = Array.from({ length: RESTING }, () => desk.anOrder());
  await mapBounded(resting, CALLERS, (order) => desk.manager.submitOrder(order));
  await mapBounded(resting, CALLERS, (order) => desk.fill(order, '0.004'));
  const underWay = Array.from({ length: UNDER_WAY }, () => desk.anOrder());
  const submits = mapBounded(underWay, UNDER_WAY, submitPatiently);
  await eventually(async () => expect((await desk.admin.state()).orders.length).toBeGreaterThan(RESTING + 5));

  const parts = KILLED.map((name) => stack.parts[name]!);
  await Promise.all(parts.map((part) => part.kill()));
  const killedAtMs = Date.now();
  await mapBounded(resting, CALLERS, (order) => desk.fill(order));
  await Promise.all(parts.map((part) => part.start()));
  const backAtMs = Date.now();

  expect((await submits).map(({ status }) => status)).toEqual(underWay.map(() => 'OPEN'));
  const results = await Promise.all(resting.map((order) => desk.workflowOf(idOf(order)).result()));
  expect(results.map(({ status }) => status)).toEqual(resting.map(() => 'FILLED'));
  process.stderr.write(`  back after ${backAtMs - killedAtMs} ms, all told ${Date.now() - backAtMs} ms later\n`);
  await mapBounded(underWay, CALLERS, (order) => desk.fill(order));
  await Promise.all(underWay.map((order) => desk.workflowOf(idOf(order)).result()));
  const { findings, orders } = await desk.audit();
  expect(findings).toEqual([]);
  expect(orders).toBe(RESTING + UNDER_WAY);
  expect(supervisor.unexpected).toEqual([]);
}, 150_000);

function idOf({ idempotencyKey }: OrderRequestInput): string {
  return orderIdOf(desk.tenantId, idempotencyKey);
}

async function submitPatiently(order: OrderRequestInput): ReturnType<Desk['manager']['submitOrder']> {
  return await eventually(() => desk.manager.submitOrder(order), PATIENCE_MS);
}
