import { randomUUID } from 'node:crypto';
import { invalidOrder } from '../../src/domain/errors';
import { orderIdOf } from '../../src/domain/ids';
import type { OrderRequestInput } from '../../src/domain/order-request';
import { ORDERS_TASK_QUEUE, orderWorkflowId } from '../../workflows/order/contract';
import { parseOrderRequest } from '../../src/domain/order-request';
import { testStack } from '../stack/stack';
import { openTradingDesk, type TradingDesk } from './trading-desk';

let desk: TradingDesk;
beforeAll(async () => {
  desk = await openTradingDesk(testStack());
});
afterAll(async () => {
  await desk?.close();
});

type Table = [name: string, changes: Record<string, unknown>, fields: string[]][];

/** What is changed of a good order, and the fields that have to be named; undefined removes a field. */
const BAD_ORDERS: Table = [
  ['a quantity of a wrong type', { quantity: { amount: 1 } }, ['quantity']],
  ['a LIMIT order without price', { price: undefined }, ['price']],
  ['a MARKET order with a price', { orderType: 'MARKET' }, ['price']],
  ['a negative quantity', { quantity: '-1' }, ['quantity']],
  ['a quantity of zero', { quantity: '0' }, ['quantity']],
  ['a quantity that is not a number', { quantity: NaN }, ['quantity']],
  ['a quantity of 1e-30', { quantity: 1e-30 }, ['quantity']],
  ['a quantity of 1e-30 as text', { quantity: '1e-30' }, ['quantity']],
  ['a quantity of 40 digits', { quantity: '1'.repeat(40) }, ['quantity']],
  ['a quantity of 40 decimal places', { quantity: `0.${'1'.repeat(40)}` }, ['quantity']],
  ['an unknown exchange', { exchangeId: 'MTGOX' }, ['exchangeId']],
  ['a symbol of another shape', { assetId: 'BTCUSDT' }, ['assetId']],
  ['a symbol of one currency', { assetId: 'BTC/BTC' }, ['assetId']],
  ['a key with #', { idempotencyKey: 'a#b' }, ['idempotencyKey']],
  ['a key with /', { idempotencyKey: 'a/b' }, ['idempotencyKey']],
  ['a key with a newline', { idempotencyKey: 'a\n' }, ['idempotencyKey']],
  ['a strategy with a newline', { strategyId: 'a\nb' }, ['strategyId']],
  ['a tenant with #', { tenantId: 'a#b' }, ['tenantId']],
  ['a tenant with /', { tenantId: '../other' }, ['tenantId']],
  ['a key of 10 kB', { idempotencyKey: 'k'.repeat(10_240) }, ['idempotencyKey']],
  ['metadata of 10 kB', { metadata: { note: 'n'.repeat(10_240) } }, ['metadata']],
  ['a field that no order has', { leverage: 5 }, ['leverage']],
  ["an orderId that is not the key's", { orderId: orderIdOf('other', 'key') }, ['orderId']],
  ['a timestamp that is none', { timestamp: 'yesterday' }, ['timestamp']],
  ['an expiry on an order that has none', { expiresAt: '2030-01-01T00:00:00Z' }, ['expiresAt']],
  [
    'many faults',
    { side: 'HOLD', quantity: '-1', price: undefined, timeInForce: 'DAY', tenantId: 'a b' },
    ['side', 'quantity', 'price', 'timeInForce', 'tenantId'],
  ],
];

const NO_OBJECTS: [string, unknown][] = [
  ['a text', 'BUY'],
  ['a number', 42],
  ['null', null],
  ['a list', [{ side: 'BUY' }]],
  ['true', true],
];

describe('the client refuses, naming every fault, before a workflow starts,', () => {
  test.each(BAD_ORDERS)('%s', async (_, changes, fields) => {
    const order = desk.anOrder(changes);
    const response = await desk.manager.submitOrder(order);
    expect(response).toMatchObject({
      status: 'REJECTED',
      error: { code: 'INVALID_ORDER', category: 'INVALID_REQUEST' },
    });
    expect(new Set(response.error?.faults.map(({ field }) => field))).toEqual(new Set(fields));
    for (const { field, message } of response.error?.faults ?? []) {
      expect(response.error?.message).toContain(`${field} ${message}`);
      expect(message.length).toBeLessThan(300);
    }
    const handle = desk.client.workflow.getHandle(`order/${order.tenantId}/${response.orderId}`);
    await expect(handle.describe()).rejects.toThrow(/not found|exceeds length limit/i);
  });

  test.each(NO_OBJECTS)('%s in place of an order', async (_, payload) => {
    const response = await desk.manager.submitOrder(payload as OrderRequestInput);
    expect(response).toMatchObject({ orderId: '', status: 'REJECTED', error: { code: 'INVALID_ORDER' } });
    expect(response.error?.message).toContain('An order must be a JSON object');
  });
});

describe('started anyway by a foreign client, a workflow ends as REJECTED with the same text for', () => {
  test.each([
    ...BAD_ORDERS.map(([name, changes]): [string, () => unknown] => [name, () => desk.anOrder(changes)]),
    ...NO_OBJECTS.map(([name, payload]): [string, () => unknown] => [name, () => payload]),
  ])('%s', async (_, makeInput) => {
    const input: unknown = JSON.parse(JSON.stringify(makeInput()));
    const workflowId = orderWorkflowId(desk.tenantId, orderIdOf(desk.tenantId, randomUUID()));
    const handle = await desk.client.workflow.start('order', {
      workflowId,
      taskQueue: ORDERS_TASK_QUEUE,
      args: [input],
    });
    const parsed = parseOrderRequest(input);
    expect(parsed.ok).toBe(false);
    const error = invalidOrder(parsed.ok ? [] : parsed.faults);
    expect(await handle.result()).toMatchObject({ status: 'REJECTED', error, fills: [], filledQuantity: '0' });
    expect((await handle.describe()).status.name).toBe('COMPLETED');
  });

  test('a good order under an id that it does not derive', async () => {
    const workflowId = orderWorkflowId(desk.tenantId, orderIdOf(desk.tenantId, 'another key'));
    const order = desk.anOrder();
    const handle = await desk.client.workflow.start('order', {
      workflowId,
      taskQueue: ORDERS_TASK_QUEUE,
      args: [order],
    });
    expect(await handle.result()).toMatchObject({ status: 'REJECTED', error: { code: 'WORKFLOW_ID_MISMATCH' } });
    expect(await desk.ordersAtExchange(order.idempotencyKey)).toBe(0);
  });
});

test('a key that a foreign client has burnt with a faulty order answers with the refusal', async () => {
  const order = desk.anOrder();
  const workflowId = orderWorkflowId(desk.tenantId, orderIdOf(desk.tenantId, order.idempotencyKey));
  const args = [{ ...order, quantity: '-1' }];
  await (await desk.client.workflow.start('order', { workflowId, taskQueue: ORDERS_TASK_QUEUE, args })).result();
  const response = await desk.manager.submitOrder(order);
  expect(response).toMatchObject({
    status: 'REJECTED',
    error: { code: 'INVALID_ORDER', faults: [{ field: 'quantity' }] },
  });
  const order_ = await desk.manager.getOrder(desk.tenantId, response.orderId);
  expect(order_).toMatchObject({ status: 'REJECTED', error: response.error });
  const cancelled = await desk.manager.cancelOrder(desk.tenantId, response.orderId);
  expect(cancelled).toMatchObject({ status: 'FAILED', reason: expect.stringContaining('REJECTED') });
});
