import { randomUUID } from 'node:crypto';
import { orderIdOf } from '../../src/domain/ids';
import type { ExecutionUpdate, Order, OrderResponse } from '../../src/domain/order';
import type { Page } from '../../src/storage/orders';
import { orderWorkflowId } from '../../workflows/order/contract';
import { testStack } from '../stack/stack';
import { contractFaults } from './contract-check';
import { openTradingDesk, type TradingDesk } from './trading-desk';

let desk: TradingDesk;
beforeAll(async () => {
  desk = await openTradingDesk(testStack());
});
afterAll(async () => {
  await desk?.close();
});

const submitted = (changes: Record<string, unknown> = {}): Promise<OrderResponse> =>
  desk.manager.submitOrder(desk.anOrder(changes));

async function filled(): Promise<OrderResponse> {
  const order = desk.anOrder();
  const response = await desk.manager.submitOrder(order);
  const { clientOrderId = '' } = await desk.manager.getOrder(desk.tenantId, response.orderId);
  await desk.admin.fill({ symbol: 'BTCUSDT', clientOrderId });
  await desk.client.workflow.getHandle(orderWorkflowId(desk.tenantId, response.orderId)).result();
  return response;
}

const someOrderId = (): string => orderIdOf(desk.tenantId, randomUUID());

describe('cancelling', () => {
  test("waits for the exchange's word, and says the same after the order has closed", async () => {
    const { orderId } = await submitted();
    const request = { reason: 'end of day', requestedBy: 'ops' };
    const response = await desk.manager.cancelOrder(desk.tenantId, orderId, request);
    expect(response).toMatchObject({ schemaVersion: 1, orderId, status: 'CANCELLED' });
    expect(contractFaults('CancelResponse', response)).toEqual([]);
    await desk.client.workflow.getHandle(orderWorkflowId(desk.tenantId, orderId)).result();
    expect(await desk.manager.cancelOrder(desk.tenantId, orderId)).toEqual(response);
  });

  test('an order that has ended otherwise fails with the reason', async () => {
    const { orderId } = await filled();
    const response = await desk.manager.cancelOrder(desk.tenantId, orderId);
    expect(response).toMatchObject({ status: 'FAILED', reason: expect.stringContaining('has ended as FILLED') });
  });

  test('an order that nobody knows is not found', async () => {
    await expect(desk.manager.cancelOrder(desk.tenantId, someOrderId())).rejects.toMatchObject({
      code: 'ORDER_NOT_FOUND',
    });
  });

  test('ids that are none are refused, both at once', async () => {
    const cancelled = desk.manager.cancelOrder('a/b', 'order#1');
    await expect(cancelled).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      faults: [{ field: 'tenantId' }, { field: 'orderId' }],
    });
  });

  test('a reason of 10 kB is refused', async () => {
    const cancelled = desk.manager.cancelOrder(desk.tenantId, someOrderId(), { reason: 'r'.repeat(10_240) });
    await expect(cancelled).rejects.toMatchObject({ code: 'INVALID_INPUT', faults: [{ field: 'reason' }] });
  });
});

describe('reading an order', () => {
  test('gives it as the contract has it, with its metadata, fills and events', async () => {
    const metadata = { signal: 'breakout', nested: { weight: 0.5, tags: ['a', 'b'] } };
    const order = desk.anOrder({ metadata });
    const { orderId } = await desk.manager.submitOrder(order);
    const read = await desk.manager.getOrder(desk.tenantId, orderId);
    expect(read).toMatchObject({ orderId, status: 'OPEN', metadata, idempotencyKey: order.idempotencyKey });
    expect(read.events.map(({ type }) => type)).toEqual(['CREATED', 'ACKNOWLEDGED']);
    expect(contractFaults('Order', read)).toEqual([]);
  });

  test('gives its fills', async () => {
    const { orderId } = await filled();
    const read = await desk.manager.getOrder(desk.tenantId, orderId);
    expect(read).toMatchObject({ status: 'FILLED', filledQuantity: '0.01', averageFilledPrice: '50000', fillCount: 1 });
    expect(contractFaults('Order', read)).toEqual([]);
  });

  test('of another tenant finds nothing', async () => {
    const { orderId } = await submitted();
    await expect(desk.manager.getOrder('somebody-else', orderId)).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' });
  });
});

describe('listing orders', () => {
  test('answers to every filter', async () => {
    const strategyId = `s-${randomUUID()}`;
    const startTime = new Date().toISOString();
    const buy = await submitted({ strategyId });
    const sell = await submitted({ strategyId, side: 'SELL', price: '70000' });
    const idsOf = async (filters: object): Promise<string[]> =>
      (await desk.manager.listOrders(desk.tenantId, { strategyId, ...filters })).map(({ orderId }) => orderId);
    expect(await idsOf({})).toEqual([sell.orderId, buy.orderId]);
    expect(await idsOf({ side: 'BUY' })).toEqual([buy.orderId]);
    expect(await idsOf({ status: ['OPEN'], exchangeId: 'BINANCE', assetId: 'BTC/USDT' })).toHaveLength(2);
    expect(await idsOf({ status: ['FILLED'] })).toEqual([]);
    expect(await idsOf({ assetId: 'ETH/USDT' })).toEqual([]);
    expect(await idsOf({ startTime, limit: 1 })).toEqual([sell.orderId]);
    expect(await idsOf({ endTime: '2020-01-01T00:00:00Z' })).toEqual([]);
  });

  test('by page gives every order once', async () => {
    const strategyId = `s-${randomUUID()}`;
    const responses = await Promise.all([1, 2, 3, 4, 5].map(() => submitted({ strategyId })));
    const found: Order[] = [];
    for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
      const page: Page<Order> = await desk.manager.listOrdersPage(desk.tenantId, { strategyId, limit: 2 }, cursor);
      expect(page.items.length).toBeLessThanOrEqual(2);
      found.push(...page.items);
      cursor = page.cursor;
    }
    expect(found.map(({ orderId }) => orderId).sort()).toEqual(responses.map(({ orderId }) => orderId).sort());
  });

  test('of open orders leaves out those that have ended', async () => {
    const strategyId = `s-${randomUUID()}`;
    const [open, ended] = [await submitted({ strategyId }), await submitted({ strategyId })];
    await desk.manager.cancelOrder(desk.tenantId, ended.orderId);
    const orders = await desk.manager.getOpenOrders(desk.tenantId, strategyId);
    expect(orders.map(({ orderId }) => orderId)).toEqual([open.orderId]);
  });

  test('with faulty filters names every fault', async () => {
    const filters = { status: ['LOST'], side: 'HOLD', limit: 0, startTime: 'now', exchangeId: 'MTGOX', colour: 'red' };
    const listed = desk.manager.listOrders(desk.tenantId, filters as object);
    await expect(listed).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    const error = (await listed.catch((reason: unknown) => reason)) as { faults: { field: string }[] };
    expect(error.faults.map(({ field }) => field).sort()).toEqual(
      ['colour', 'exchangeId', 'limit', 'side', 'startTime', 'status.0'].sort(),
    );
  });
});

describe('a fill from a client', () => {
  const aFill = (orderId: string, changes: Partial<ExecutionUpdate> = {}): ExecutionUpdate => ({
    executionId: randomUUID(),
    orderId,
    tenantId: desk.tenantId,
    exchangeOrderId: '1',
    exchangeId: 'BINANCE',
    assetId: 'BTC/USDT',
    side: 'BUY',
    quantity: '0.004',
    price: '50000',
    commission: '0.1',
    commissionAsset: 'BNB',
    timestamp: new Date().toISOString(),
    receivedAt: new Date().toISOString(),
    ...changes,
  });

  test('is booked once however often it is handed in, and its order is told', async () => {
    const { orderId } = await submitted();
    const fill = aFill(orderId);
    await Promise.all([1, 2, 3].map(() => desk.manager.processFill(fill)));
    expect(await desk.manager.getOrder(desk.tenantId, orderId)).toMatchObject({
      status: 'PARTIALLY_FILLED',
      filledQuantity: '0.004',
      fillCount: 1,
    });
    const handle = desk.client.workflow.getHandle(orderWorkflowId(desk.tenantId, orderId));
    expect(await handle.query('state')).toMatchObject({
      status: 'PARTIALLY_FILLED',
      filledQuantity: '0.004',
      fillCount: 1,
    });
  });

  test('is taken for an order that has closed', async () => {
    const { orderId } = await submitted();
    await desk.manager.cancelOrder(desk.tenantId, orderId);
    await desk.client.workflow.getHandle(orderWorkflowId(desk.tenantId, orderId)).result();
    await desk.manager.processFill(aFill(orderId));
    expect(await desk.manager.getOrder(desk.tenantId, orderId)).toMatchObject({ filledQuantity: '0.004' });
  });

  test('of another side or instrument than its order is refused by name', async () => {
    const { orderId } = await submitted();
    const processed = desk.manager.processFill(aFill(orderId, { side: 'SELL', assetId: 'ETH/USDT' }));
    await expect(processed).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      faults: [{ field: 'assetId' }, { field: 'side' }],
    });
    expect(await desk.manager.getOrder(desk.tenantId, orderId)).toMatchObject({ fillCount: 0 });
  });

  test('of no order is not found, and a faulty one is refused with all faults', async () => {
    await expect(desk.manager.processFill(aFill(someOrderId()))).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' });
    const faulty = desk.manager.processFill(aFill(someOrderId(), { quantity: '-1', price: 'much' }));
    await expect(faulty).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      faults: [{ field: 'quantity' }, { field: 'price' }],
    });
  });
});
