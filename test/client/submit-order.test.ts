import { randomUUID } from 'node:crypto';
import type { OrderResponse } from '../../src/domain/order';
import type { OrderRequestInput } from '../../src/domain/order-request';
import { orderIdOf } from '../../src/domain/ids';
import { createOrderManager } from '../../src/client/order-manager';
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

/** The same order, asked for at another moment, at another price. */
const again = (order: OrderRequestInput): OrderRequestInput => ({ ...order, timestamp: new Date().toISOString() });
const otherPrice = (order: OrderRequestInput): OrderRequestInput => ({ ...again(order), price: '49000' });
const workflowOf = ({ tenantId, idempotencyKey }: OrderRequestInput): string =>
  orderWorkflowId(tenantId, orderIdOf(tenantId, idempotencyKey));

function expectOtherPriceRefused(response: OrderResponse): void {
  expect(response).toMatchObject({ status: 'REJECTED', error: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  expect(response.error?.faults).toEqual([
    { field: 'price', message: 'is "50000" in the order under this key, "49000" in this request' },
  ]);
}

test('an order is answered with the acknowledgement of the exchange, as the contract has it', async () => {
  const response = await desk.manager.submitOrder(desk.anOrder());
  expect(response).toMatchObject({ schemaVersion: 1, status: 'OPEN', exchangeId: 'BINANCE', filledQuantity: '0' });
  expect(response.exchangeOrderId).toMatch(/^\d+$/);
  expect(contractFaults('OrderResponse', response)).toEqual([]);
});

test('the same order submitted 50 times at once is one order and one answer', async () => {
  const order = desk.anOrder();
  const responses = await Promise.all(Array.from({ length: 50 }, () => desk.manager.submitOrder(order)));
  expect(new Set(responses.map((response) => JSON.stringify(response))).size).toBe(1);
  expect(await desk.ordersAtExchange(order.idempotencyKey)).toBe(1);
  const { events } = await desk.client.workflow.getHandle(workflowOf(order)).fetchHistory();
  expect(events?.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toHaveLength(1);
});

test('decimals written differently are the same order', async () => {
  const order = desk.anOrder({ quantity: '0.0100', price: 50000 });
  const first = await desk.manager.submitOrder(order);
  expect(await desk.manager.submitOrder({ ...order, quantity: 0.01, price: '50000.00' })).toEqual(first);
});

test('another price under the same key is refused by name while the order runs, after it closed and after its workflow is gone', async () => {
  const order = desk.anOrder();
  const first = await desk.manager.submitOrder(order);
  expectOtherPriceRefused(await desk.manager.submitOrder(otherPrice(order)));

  await desk.manager.cancelOrder(desk.tenantId, first.orderId);
  await desk.client.workflow.getHandle(workflowOf(order)).result();
  const closed = await desk.manager.submitOrder(again(order));
  expect(closed).toMatchObject({ orderId: first.orderId, exchangeOrderId: first.exchangeOrderId, status: 'CANCELLED' });
  expectOtherPriceRefused(await desk.manager.submitOrder(otherPrice(order)));

  await deleteWorkflow(workflowOf(order));
  expect(await desk.manager.submitOrder(again(order))).toMatchObject(closed);
  expectOtherPriceRefused(await desk.manager.submitOrder(otherPrice(order)));
  expect(await desk.ordersAtExchange(order.idempotencyKey)).toBe(1);
}, 60_000); // Temporal deletes a closed workflow at its next acknowledgement of the transfer queue, every 30 s

test('an order that has ended before Temporal let its own start pass is answered all the same', async () => {
  const order = desk.anOrder();
  const { orderId } = await desk.manager.submitOrder(order);
  await desk.manager.cancelOrder(desk.tenantId, orderId);
  const handle = desk.client.workflow.getHandle(workflowOf(order));
  await handle.result();
  const { raw } = await handle.describe();
  const [requestId = ''] = Object.keys(raw.workflowExtendedInfo?.requestIdInfos ?? {});

  const { workflowService } = desk.client;
  const send = workflowService.executeMultiOperation.bind(workflowService);
  const sending = jest.spyOn(workflowService, 'executeMultiOperation');
  sending.mockImplementationOnce((request) => {
    Object.assign(request.operations?.[0]?.startWorkflow ?? {}, { requestId });
    return send(request);
  });
  expect(await desk.manager.submitOrder(again(order))).toMatchObject({ orderId, status: 'CANCELLED' });
  expect(sending).toHaveBeenCalledTimes(2);
  sending.mockRestore();
});

test('a refusal by the exchange is an answer, and the same one ever after', async () => {
  const order = desk.anOrder({ quantity: '20', side: 'SELL', price: '70000' });
  const response = await desk.manager.submitOrder(order);
  expect(response).toMatchObject({ status: 'REJECTED', error: { code: 'INSUFFICIENT_FUNDS' } });
  expect(response).not.toHaveProperty('exchangeOrderId');
  expect(contractFaults('OrderResponse', response)).toEqual([]);
  expect(await desk.manager.submitOrder(again(order))).toMatchObject({ status: 'REJECTED', error: response.error });
});

test('the list of workflows shows what an order is', async () => {
  const order = desk.anOrder();
  await desk.manager.submitOrder(order);
  const { raw, typedSearchAttributes } = await desk.client.workflow.getHandle(workflowOf(order)).describe();
  const summary = Buffer.from(raw.executionConfig?.userMetadata?.summary?.data ?? []).toString();
  expect(JSON.parse(summary)).toBe('BUY 0.01 BTC/USDT LIMIT @ 50000 on BINANCE');
  const indexed = Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
  expect(indexed).toMatchObject({
    TenantId: desk.tenantId,
    StrategyId: 'trend',
    AssetId: 'BTC/USDT',
    OrderStatus: 'OPEN',
  });
});

describe('with no worker', () => {
  const lonely = (): ReturnType<typeof createOrderManager> =>
    createOrderManager({ ...desk.services, client: desk.client, taskQueue: `nobody-${randomUUID()}` });

  test('a submit ends at its deadline with "ask again with the same ids", and never says failed', async () => {
    const order = desk.anOrder();
    const submitted = lonely().submitOrder(order, { timeoutMs: 300 });
    await expect(submitted).rejects.toMatchObject({ code: 'ANSWER_PENDING' });
    await expect(submitted).rejects.toThrow(/after 300 ms.*ask again with the same ids/);
    await expect(submitted).rejects.not.toThrow(/failed/);
    await desk.client.workflow.getHandle(workflowOf(order)).terminate();
  });

  test('an order whose workflow was ended by force before anything was sent says so, and is sent by nobody any more', async () => {
    const order = desk.anOrder();
    await expect(lonely().submitOrder(order, { timeoutMs: 300 })).rejects.toMatchObject({ code: 'ANSWER_PENDING' });
    await desk.client.workflow.getHandle(workflowOf(order)).terminate('wrong queue');
    const refused = {
      status: 'REJECTED',
      error: { code: 'ORDER_CLOSED', message: expect.stringContaining('before anything was sent') },
    };
    expect(await desk.manager.submitOrder(order)).toMatchObject(refused);
    expect(await desk.manager.submitOrder(order)).toMatchObject(refused);
    // As the ended workflow's task does that was on its way to the exchange meanwhile.
    const { tenantId, idempotencyKey } = order;
    const orderId = orderIdOf(tenantId, idempotencyKey);
    const record = await desk.services.orders.get(tenantId, orderId);
    const intent = { token: 't', clientOrderId: 'c', runId: 'r', sendBy: Date.now() + 60_000 };
    expect(await desk.services.orders.claimIntent(record!.state.request, intent)).toMatchObject({ claim: 'recorded' });
  });

  test('a timeout that is none is refused before anything happens', async () => {
    const order = desk.anOrder();
    await expect(desk.manager.submitOrder(order, { timeoutMs: 0 })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(desk.client.workflow.getHandle(workflowOf(order)).describe()).rejects.toThrow(/not found/);
  });
});

/** As `temporal workflow delete`, awaited. */
async function deleteWorkflow(workflowId: string): Promise<void> {
  const { namespace } = desk.client.options;
  await desk.client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
  const handle = desk.client.workflow.getHandle(workflowId);
  while (
    await handle.describe().then(
      () => true,
      () => false,
    )
  )
    await desk.services.clock.sleep(20);
}
