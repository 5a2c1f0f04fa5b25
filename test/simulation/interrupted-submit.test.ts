import { temporal } from '@temporalio/proto';
import { orderIdOf } from '../../src/domain/ids';
import type { ExecutionUpdate, OrderResponse } from '../../src/domain/order';
import type { OrderRequestInput } from '../../src/domain/order-request';
import { orderWorkflowId } from '../../workflows/order/contract';
import '../exchanges/real-ccxt';
import { eventually } from '../stack/eventually';
import { freshNamespace } from '../stack/namespace';
import { testStack } from '../stack/stack';
import type { WorkerProcess } from '../stack/worker-process';
import { startWorkerProcess } from '../stack/worker-process';
import { Desk } from './desk';
import { startOwnSimulator } from './own-simulator';

const PLACE = 'POST /api/v3/order';
const INSTRUMENTS = 'GET /api/v3/exchangeInfo';
const REPLY_DELAY_MS = 3_000;
const SWALLOWED_ORDERS = 20;
/** All but 10000 of what an account has. */
const WITHDRAWN = '9990000';

let namespace: string;
let desk: Desk;
let secondDesk: Desk;
let stopSimulator: () => Promise<void>;
const workers: WorkerProcess[] = [];

beforeAll(async () => {
  const stack = testStack();
  const [fresh, { simulator, stop }] = await Promise.all([
    freshNamespace(stack.temporalAddress, 'interrupted'),
    startOwnSimulator(1),
  ]);
  namespace = fresh;
  stopSimulator = stop;
  [desk, secondDesk] = await Promise.all([
    Desk.open({ stack, namespace, simulator }, { emulationAllowed: true }),
    Desk.open({ stack, namespace, simulator }),
  ]);
  await Promise.all([start('order-worker'), start('connection-worker')]);
  await eventually(async () => expect((await desk.admin.state()).subscriptions).toBe(2));
}, 60_000);

afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await Promise.all(workers.map(({ ended }) => ended));
  await Promise.all([desk?.close(), secondDesk?.close()]);
  await stopSimulator?.();
}, 30_000);

test('an activity that is reset while the exchange holds its reply back sends nothing a second time', async () => {
  const worker = await start('exchange-worker');
  const order = desk.anOrder();
  const { answer } = await submitWithHeldReply(order);
  await resetSubmit(order);
  expect(await answer).toMatchObject({ status: 'OPEN' });
  expect(await desk.atExchange(order)).toHaveLength(1);
  await fillAndClose(desk, order);
  await worker.stop();
}, 60_000);

test('an activity that is reset after its worker was killed begins at attempt 1 and finds what was sent', async () => {
  const worker = await start('exchange-worker');
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const order = desk.anOrder({ timeInForce: 'GTD', expiresAt });
  const { answer } = await submitWithHeldReply(order);
  worker.kill('SIGKILL');
  const killedAtMs = Date.now();
  await worker.ended;
  await recordAsBackfillDoes(order);
  await resetSubmit(order);
  const successor = await start('exchange-worker');
  expect(await answer).toMatchObject({ status: 'OPEN', emulated: ['GTD'] });
  process.stderr.write(`  answered ${Date.now() - killedAtMs} ms after its worker was killed\n`);
  expect(await desk.atExchange(order)).toHaveLength(1);
  await fillAndClose(desk, order);
  await successor.stop();
}, 60_000);

test('a submit that waits while its workflow is reset is told to ask again, and then gets its answer', async () => {
  const worker = await start('exchange-worker');
  const order = desk.anOrder();
  const { answer } = await submitWithHeldReply(order);
  const workflowId = orderWorkflowId(desk.tenantId, orderIdOf(desk.tenantId, order.idempotencyKey));
  await resetToItsStart(workflowId);
  await expect(answer).rejects.toMatchObject({ code: 'ANSWER_PENDING' });
  expect(await eventually(() => desk.manager.submitOrder(order))).toMatchObject({ status: 'OPEN' });
  expect(await desk.atExchange(order)).toHaveLength(1);
  await fillAndClose(desk, order);
  await worker.stop();
}, 60_000);

test('an order whose workflow is reset after its first fill answers its submit again, and closes', async () => {
  const worker = await start('exchange-worker');
  const order = desk.anOrder();
  const { orderId } = await desk.manager.submitOrder(order);
  await desk.fill(order, '0.004');
  await eventually(async () => expect(await desk.workflowOf(orderId).query('state')).toMatchObject({ fillCount: 1 }));
  await resetToItsStart(orderWorkflowId(desk.tenantId, orderId));
  expect(await desk.manager.submitOrder(order)).toMatchObject({ orderId });
  await fillAndClose(desk, order);
  await worker.stop();
}, 60_000);

test('an order that is reset to before its change, after it was filled, closes with the terms that it was filled on', async () => {
  const worker = await start('exchange-worker');
  const order = desk.anOrder();
  const { orderId } = await desk.manager.submitOrder(order);
  const { exchangeOrderId } = await desk.manager.modifyOrder(desk.tenantId, orderId, { newQuantity: '0.02' });
  await desk.admin.fill({ symbol: 'BTCUSDT', orderId: Number(exchangeOrderId) });
  await desk.workflowOf(orderId).result();
  await resetTo(orderWorkflowId(desk.tenantId, orderId), 1, 'forgetting what it was told');
  await desk.manager.processFill(await onlyExecutionOf(orderId));
  const result = await desk.workflowOf(orderId).result();
  expect(result).toMatchObject({ status: 'FILLED', quantity: '0.02', exchangeOrderId });
  await worker.stop();
}, 60_000);

describe('when a worker stalls for longer than it may send, and another has placed its orders before it wakes', () => {
  let unsent: OrderRequestInput;
  let refused: OrderRequestInput;
  let answers: [OrderResponse, OrderResponse];

  beforeAll(async () => {
    const stalled = await start('exchange-worker');
    await desk.manager.submitOrder(desk.anOrder());
    await desk.admin.deposit(desk.tenantId, 'USDT', `-${WITHDRAWN}`);
    refused = desk.anOrder({ quantity: '1' });
    const first = await submitWithHeldReply(refused);
    unsent = secondDesk.anOrder();
    const second = await submitWithHeldPreparation(unsent);
    stalled.kill('SIGSTOP');
    // A stopped process still has polls open, and Temporal gives it orders that it can't take up.
    const swallowed = Array.from({ length: SWALLOWED_ORDERS }, () =>
      secondDesk.manager.submitOrder(secondDesk.anOrder()),
    );
    await desk.admin.deposit(desk.tenantId, 'USDT', WITHDRAWN);
    const other = await start('exchange-worker');
    const stalledAtMs = Date.now();
    answers = await Promise.all([second.answer, first.answer]);
    process.stderr.write(`  answered ${Date.now() - stalledAtMs} ms after the worker stalled\n`);
    expect((await Promise.all(swallowed)).map(({ status }) => status)).toEqual(swallowed.map(() => 'OPEN'));
    await other.stop();
    stalled.kill('SIGCONT');
    await Promise.all([desk, secondDesk].map((each) => each.manager.submitOrder(each.anOrder())));
    await stalled.stop();
    await start('exchange-worker');
  }, 90_000);

  test('an order that it had declared and not sent is sent once', async () => {
    expect(answers[0]).toMatchObject({ status: 'OPEN' });
    expect(await secondDesk.atExchange(unsent)).toEqual([answers[0].exchangeOrderId]);
    await fillAndClose(secondDesk, unsent);
  }, 60_000);

  test('an order that the exchange had refused it, and has taken since, is not recorded as rejected', async () => {
    expect(answers[1]).toMatchObject({ status: 'OPEN' });
    expect(await desk.atExchange(refused)).toEqual([answers[1].exchangeOrderId]);
    expect(await desk.manager.getOrder(desk.tenantId, answers[1].orderId)).toMatchObject({ status: 'OPEN' });
    await fillAndClose(desk, refused);
  }, 60_000);
});

test('in the end exchange and records agree', async () => {
  expect((await desk.audit()).findings).toEqual([]);
  expect((await secondDesk.audit()).findings).toEqual([]);
});

async function start(file: 'order-worker' | 'exchange-worker' | 'connection-worker'): Promise<WorkerProcess> {
  const worker = await startWorkerProcess(testStack(), file, { namespace });
  workers.push(worker);
  return worker;
}

interface Submit {
  answer: Promise<OrderResponse>;
}

/** Resolves when the exchange has decided, and keeps its reply to itself for a while. */
async function submitWithHeldReply(order: OrderRequestInput): Promise<Submit> {
  return await submitWithDelay(desk, order, { endpoint: PLACE, stage: 'after' });
}

/** Resolves when the send is declared, and what has to be known before it is held back. */
async function submitWithHeldPreparation(order: OrderRequestInput): Promise<Submit> {
  const submit = await submitWithDelay(secondDesk, order, { endpoint: INSTRUMENTS, stage: 'before' });
  await eventually(async () => {
    const record = await secondDesk.services.orders.get(
      secondDesk.tenantId,
      orderIdOf(secondDesk.tenantId, order.idempotencyKey),
    );
    expect(record?.intent).toBeDefined();
  });
  return submit;
}

async function submitWithDelay(
  from: Desk,
  order: OrderRequestInput,
  { endpoint, stage }: { endpoint: string; stage: 'before' | 'after' },
): Promise<Submit> {
  const fault = await from.admin.addFault({
    match: { endpoint, times: 1 },
    effect: { kind: 'delay', ms: REPLY_DELAY_MS, stage },
  });
  const answer = from.manager.submitOrder(order, { timeoutMs: 60_000 });
  await eventually(async () => {
    const rule = (await from.admin.faults()).find(({ id }) => id === fault);
    expect(rule?.hits).toBe(1);
  });
  return { answer };
}

/** A connection that comes back finds the order among those that are open at the exchange. */
async function recordAsBackfillDoes(order: OrderRequestInput): Promise<void> {
  const [exchangeOrderId] = await desk.atExchange(order);
  const orderId = orderIdOf(desk.tenantId, order.idempotencyKey);
  await desk.services.orders.recordLifecycle(desk.tenantId, orderId, {
    phase: 'OPEN',
    exchangeOrderId: exchangeOrderId!,
  });
}

/** As `temporal activity reset` does. */
async function resetSubmit({ idempotencyKey }: OrderRequestInput): Promise<void> {
  const { workflowService } = desk.client;
  const workflowId = orderWorkflowId(desk.tenantId, orderIdOf(desk.tenantId, idempotencyKey));
  await workflowService.resetActivity({ namespace, execution: { workflowId }, type: 'submitOrder', identity: 'Ada' });
}

/** As `temporal workflow reset --type FirstWorkflowTask` does. */
async function resetToItsStart(workflowId: string): Promise<void> {
  await resetTo(workflowId, 0);
}

/** As `temporal workflow reset --event-id` does, with `--reapply-exclude All` or without; workflow tasks count from 0. */
async function resetTo(workflowId: string, workflowTask: number, told?: 'forgetting what it was told'): Promise<void> {
  const { events } = await desk.client.workflow.getHandle(workflowId).fetchHistory();
  const tasks = events?.filter(({ workflowTaskCompletedEventAttributes: task }) => Boolean(task));
  const { RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL, RESET_REAPPLY_EXCLUDE_TYPE_UPDATE } =
    temporal.api.enums.v1.ResetReapplyExcludeType;
  await desk.client.workflowService.resetWorkflowExecution({
    namespace,
    workflowExecution: { workflowId },
    workflowTaskFinishEventId: tasks![workflowTask]!.eventId!,
    requestId: workflowId,
    reason: 'Ada tries it again',
    resetReapplyExcludeTypes:
      told === undefined ? [] : [RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL, RESET_REAPPLY_EXCLUDE_TYPE_UPDATE],
  });
}

async function onlyExecutionOf(orderId: string): Promise<ExecutionUpdate> {
  const order = await desk.manager.getOrder(desk.tenantId, orderId);
  const [fill] = order.fills;
  const { fillId: _, ...execution } = fill!;
  const { tenantId, assetId, side, exchangeOrderId, exchangeId } = order;
  const receivedAt = execution.timestamp;
  return {
    ...execution,
    orderId,
    tenantId,
    assetId,
    side,
    exchangeOrderId: exchangeOrderId!,
    exchangeId: exchangeId!,
    receivedAt,
  };
}

async function fillAndClose(from: Desk, order: OrderRequestInput): Promise<void> {
  await from.fill(order);
  const result = await from.workflowOf(orderIdOf(from.tenantId, order.idempotencyKey)).result();
  expect(result).toMatchObject({ status: 'FILLED' });
}
