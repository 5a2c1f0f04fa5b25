import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { sum } from '../../src/domain/decimal';
import type { ExecutionUpdate } from '../../src/domain/order';
import type { OrderRequest } from '../../src/domain/order-request';
import type { PositionHistory } from '../../src/domain/position';
import type { BookingTask } from '../ledger/booking-process';
import { TYPESCRIPT_ARGUMENTS } from '../stack/options';
import { testStack } from '../stack/stack';
import { anExecution, anIntent, anOrder, freshTenant, openStores, type Stores } from '../storage/stores';

const PROCESS = join(__dirname, '..', 'ledger', 'booking-process.ts');
const FILLS = 900;
/** The lives of each process: killed before its first write, after its first, or later; the last one ends by itself. */
const LIVES = [
  ['ledger.afterTransaction#1', 'ledger.beforeTransaction#2', undefined],
  ['ledger.beforeTransaction#1', 'ledger.afterTransaction#2', undefined],
  ['ledger.afterTransaction#2', undefined],
];

jest.setTimeout(120_000);

let stores: Stores;
beforeAll(async () => {
  stores = await openStores(testStack());
});
afterAll(() => stores.close());

test('processes that book the same fills on one position, and are killed at it, book each exactly once', async () => {
  const tenantId = freshTenant();
  const orders = ['BUY', 'SELL', 'BUY'].map((side) => anOrder(tenantId, { side: side as 'BUY', quantity: '1000' }));
  await Promise.all(orders.map((order) => stores.orders.claimIntent(order, anIntent())));
  const fills = Array.from({ length: FILLS }, (_, index) => fillOf(orders, index));

  const deaths = await Promise.all(LIVES.map((lives, nth) => live(lives, rotated(fills, nth * 37))));
  expect(sum(deaths.map(String))).not.toBe('0');

  const history = await historyOf(tenantId);
  expect(history.map(({ version }) => version)).toEqual(fills.map((_, index) => index + 1));
  expect(history.map(({ fillId }) => fillId).sort()).toEqual(fills.map(fillIdOf).sort());
  history.forEach(({ previousQuantity }, index) =>
    expect(previousQuantity).toBe(history[index - 1]?.newQuantity ?? '0'),
  );
  const quantity = sum(fills.map(signed));
  expect(history.at(-1)?.newQuantity).toBe(quantity);
  expect(await stores.positions.get(tenantId, 'BTC/USDT', 'BINANCE')).toMatchObject({ quantity, version: FILLS });
  for (const order of orders) {
    const own = fills.filter(({ orderId }) => orderId === order.orderId);
    const { ledger } = (await stores.orders.get(tenantId, order.orderId))?.state ?? {};
    expect(ledger).toMatchObject({ fillCount: own.length, filledQuantity: sum(own.map((fill) => fill.quantity)) });
  }
});

/** Runs a process again after each death, as its supervisor does. @returns how often it was killed */
async function live(lives: readonly (string | undefined)[], fills: readonly ExecutionUpdate[]): Promise<number> {
  let deaths = 0;
  for (const crashAt of lives) {
    const child = fork(PROCESS, { execArgv: [...TYPESCRIPT_ARGUMENTS] });
    const { dynamodbEndpoint, redisUrl } = testStack();
    const stack = { dynamodbEndpoint, redisUrl };
    const task: BookingTask = { stack, fills: [...fills], ...(crashAt !== undefined && { crashAt }) };
    child.send(task);
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    if (signal === 'SIGKILL') deaths++;
    else expect(code).toBe(0);
  }
  return deaths;
}

async function historyOf(tenantId: string): Promise<PositionHistory[]> {
  const ever = { startTime: '2000-01-01', endTime: '2100-01-01' };
  const found: PositionHistory[] = [];
  let cursor: string | undefined;
  do {
    const page = await stores.positions.history({ tenantId, assetId: 'BTC/USDT' }, ever, cursor);
    found.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}

function fillOf(orders: readonly OrderRequest[], index: number): ExecutionUpdate {
  const order = orders[index % orders.length];
  if (order === undefined) throw new RangeError('There are no orders to fill.');
  return anExecution(order, String(index), { quantity: `0.0${index + 1}`, price: String(20_000 + index) });
}

function fillIdOf({ orderId, executionId }: ExecutionUpdate): string {
  return `${orderId}/${executionId}`;
}

function signed({ side, quantity }: ExecutionUpdate): string {
  return side === 'BUY' ? quantity : `-${quantity}`;
}

function rotated<T>(items: readonly T[], by: number): T[] {
  return [...items.slice(by), ...items.slice(0, by)];
}
