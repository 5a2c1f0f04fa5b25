import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { orderIdOf } from '../../src/domain/ids';
import type { OrderResponse } from '../../src/domain/order';
import type { OrderRequestInput } from '../../src/domain/order-request';
import { orderWorkflowId } from '../../workflows/order/contract';
import '../exchanges/real-ccxt';
import { Desk } from '../simulation/desk';
import type { SubmitAnswer, SubmitCommand } from '../simulation/submitting-client';
import { eventually } from '../stack/eventually';
import { freshNamespace } from '../stack/namespace';
import { TYPESCRIPT_ARGUMENTS } from '../stack/options';
import { testStack } from '../stack/stack';
import type { WorkerProcess } from '../stack/worker-process';
import { startWorkerProcess } from '../stack/worker-process';

const SUBMITS = 50;
const OTHER_PRICE = '49000';
/** Temporal deletes a closed workflow only after its next acknowledgement of the transfer queue, every 30 s. */
const DELETION_LIMIT_MS = 60_000;

let desk: Desk;
let worker: WorkerProcess | undefined;
const clients: ChildProcess[] = [];

beforeAll(async () => {
  const stack = testStack();
  const namespace = await freshNamespace(stack.temporalAddress, 'one-key');
  desk = await Desk.open({ stack, namespace, simulator: stack.simulator });
  const [started] = await Promise.all([
    startWorkerProcess(stack, 'all-workers', { namespace }),
    startClient(),
    startClient(),
  ]);
  worker = started;
  for (const [situation, bringAbout] of SITUATIONS) prepared.set(situation, prepare(bringAbout));
}, 60_000);

afterAll(async () => {
  for (const client of clients) client.kill('SIGKILL');
  await worker?.stop();
  await desk?.close();
}, 30_000);

const SITUATIONS: readonly [string, (order: OrderRequestInput) => Promise<void>][] = [
  ['while it runs', async () => {}],
  ['after it has closed', close],
  ['after its workflow was deleted while it was open', remove],
  [
    'after it has closed and its workflow was deleted',
    async (order) => {
      await close(order);
      await remove(order);
    },
  ],
];

/** Brought about side by side, for one of them takes its time. */
const prepared = new Map<string, Promise<{ order: OrderRequestInput; first: OrderResponse }>>();

describe.each(SITUATIONS)('an order %s', (situation) => {
  let order: OrderRequestInput;
  let first: OrderResponse;

  beforeAll(async () => {
    ({ order, first } = await prepared.get(situation)!);
  }, DELETION_LIMIT_MS);

  test('submitted 50 times at once by two processes, is one order at the exchange, with one answer', async () => {
    const answers = await submitFromBoth(fiftyOf(order));
    expect(new Set(answers.map(identityOf))).toEqual(new Set([`${first.orderId} ${first.exchangeOrderId}`]));
    expect(await desk.atExchange(order)).toEqual([first.exchangeOrderId]);
  }, 60_000);

  test('submitted with another price, is refused by that field and left alone', async () => {
    const before = await desk.manager.getOrder(desk.tenantId, first.orderId);
    const answers = await submitFromBoth(fiftyOf({ ...order, price: OTHER_PRICE }));
    expect(answers.map(refusalOf)).toEqual(answers.map(() => 'REJECTED IDEMPOTENCY_KEY_REUSED price'));
    expect(await desk.manager.getOrder(desk.tenantId, first.orderId)).toEqual(before);
    expect(await desk.atExchange(order)).toEqual([first.exchangeOrderId]);
  }, 60_000);
});

test('an order whose workflow was deleted while it was open goes on, although another price asks first under its key', async () => {
  const order = desk.anOrder();
  const first = await desk.manager.submitOrder(order);
  await remove(order);
  worker?.kill('SIGSTOP');
  const wrong = desk.manager.submitOrder({ ...order, price: OTHER_PRICE });
  await eventually(() => desk.workflowOf(first.orderId).describe());
  const right = desk.manager.submitOrder(order);
  worker?.kill('SIGCONT');
  expect(await wrong).toMatchObject({ status: 'REJECTED', error: { faults: [{ field: 'price' }] } });
  expect(await right).toMatchObject({ exchangeOrderId: first.exchangeOrderId, status: 'OPEN' });
  await close(order);
  expect(await desk.workflowOf(first.orderId).result()).toMatchObject({ status: 'FILLED', price: '50000' });
}, 60_000);

async function prepare(
  bringAbout: (order: OrderRequestInput) => Promise<void>,
): Promise<{ order: OrderRequestInput; first: OrderResponse }> {
  const order = desk.anOrder();
  const first = await desk.manager.submitOrder(order);
  expect(first).toMatchObject({ status: 'OPEN', orderId: orderIdOf(desk.tenantId, order.idempotencyKey) });
  await bringAbout(order);
  return { order, first };
}

async function startClient(): Promise<void> {
  const child = fork(join(__dirname, '..', 'simulation', 'submitting-client.ts'), {
    execArgv: [...TYPESCRIPT_ARGUMENTS],
    env: { ...process.env, ...desk.environment },
  });
  clients.push(child);
  await once(child, 'message');
}

/** Half of them are repeated to the letter, the others bear the time of their own sending. */
function fiftyOf(order: OrderRequestInput): OrderRequestInput[] {
  return Array.from({ length: SUBMITS }, (_, index) =>
    index % 4 < 2 ? order : { ...order, timestamp: new Date(Date.now() + index).toISOString() },
  );
}

async function submitFromBoth(orders: OrderRequestInput[]): Promise<SubmitAnswer[]> {
  const answers = await Promise.all(
    clients.map(async (client, turn) => {
      const command: SubmitCommand = { orders: turn === 0 ? orders.slice(0, SUBMITS / 2) : orders.slice(SUBMITS / 2) };
      const answered = once(client, 'message') as Promise<[SubmitAnswer[]]>;
      client.send(command);
      return (await answered)[0];
    }),
  );
  return answers.flat();
}

function identityOf({ response, thrown }: SubmitAnswer): string {
  return response === undefined ? thrown : `${response.orderId} ${response.exchangeOrderId}`;
}

function refusalOf({ response, thrown }: SubmitAnswer): string {
  const { status, error } = response ?? {};
  return thrown ?? `${status} ${error?.code} ${error?.faults.map(({ field }) => field).join()}`;
}

async function close(order: OrderRequestInput): Promise<void> {
  await desk.fill(order);
  await desk.workflowOf(orderIdOf(desk.tenantId, order.idempotencyKey)).result();
}

/** As `temporal workflow delete` does; the server ends it and forgets it a little later. */
async function remove({ idempotencyKey }: OrderRequestInput): Promise<void> {
  const workflowId = orderWorkflowId(desk.tenantId, orderIdOf(desk.tenantId, idempotencyKey));
  const { workflowService, options } = desk.client;
  await workflowService.deleteWorkflowExecution({
    namespace: options.namespace,
    workflowExecution: { workflowId },
  });
  await eventually(async () => {
    const found = await desk.client.workflow
      .getHandle(workflowId)
      .describe()
      .then(
        () => true,
        () => false,
      );
    if (found) throw new Error(`${workflowId} is still there.`);
  }, DELETION_LIMIT_MS);
}
