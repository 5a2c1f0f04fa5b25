import { randomUUID } from 'node:crypto';
import { orderIdOf } from '../../src/domain/ids';
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

async function submitted(): Promise<string> {
  return (await desk.manager.submitOrder(desk.anOrder())).orderId;
}

test('a change is answered on the exchange’s word, as the contract has it, and says who asked', async () => {
  const orderId = await submitted();
  const modifications = { newPrice: '50100', newQuantity: '0.02' };
  const response = await desk.manager.modifyOrder(desk.tenantId, orderId, modifications, { requestedBy: 'ada' });
  expect(response).toMatchObject({ orderId, status: 'OPEN', remainingQuantity: '0.02' });
  expect(response.error).toBeUndefined();
  expect(contractFaults('OrderResponse', response)).toEqual([]);
  const order = await desk.manager.getOrder(desk.tenantId, orderId);
  expect(order).toMatchObject({ price: '50100', quantity: '0.02' });
  expect(order.events.find(({ type }) => type === 'MODIFIED')).toMatchObject({ by: 'ada' });
});

test('a change that the exchange refuses is an answer, with the order as it stands', async () => {
  const orderId = await submitted();
  const response = await desk.manager.modifyOrder(desk.tenantId, orderId, { newPrice: '50100.001' });
  expect(response).toMatchObject({ status: 'OPEN', error: { code: 'INSTRUMENT_RULES', faults: [{ field: 'price' }] } });
  expect(await desk.manager.getOrder(desk.tenantId, orderId)).toMatchObject({ price: '50000', status: 'OPEN' });
});

test('a change that can’t be made is refused with every fault, in the catalogue’s words', async () => {
  const orderId = await submitted();
  const impossible = desk.manager.modifyOrder(desk.tenantId, orderId, { newStopPrice: '1' });
  await expect(impossible).rejects.toMatchObject({
    name: 'ServiceError',
    code: 'INVALID_INPUT',
    message: expect.stringMatching(/newStopPrice does not belong to LIMIT orders\. Correct the named fields[^.]+\.$/),
    faults: [{ field: 'newStopPrice' }],
  });
  const unreadable = desk.manager.modifyOrder(desk.tenantId, orderId, { newPrice: '-1', newQuantity: 'much' });
  await expect(unreadable).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    faults: [{ field: 'newPrice' }, { field: 'newQuantity' }],
  });
});

test('an order that has ended is closed to changes, whether its workflow still answers or not', async () => {
  const orderId = await submitted();
  await desk.manager.cancelOrder(desk.tenantId, orderId);
  const modify = (): Promise<unknown> => desk.manager.modifyOrder(desk.tenantId, orderId, { newPrice: '1' });
  await expect(modify()).rejects.toMatchObject({ code: 'ORDER_CLOSED' });
  await desk.client.workflow.getHandle(orderWorkflowId(desk.tenantId, orderId)).result();
  await expect(modify()).rejects.toMatchObject({
    code: 'ORDER_CLOSED',
    message: expect.stringContaining('has ended as CANCELLED'),
  });
});

test('an order whose workflow was terminated may be live, and an unknown one is not found', async () => {
  const orderId = await submitted();
  await desk.client.workflow.getHandle(orderWorkflowId(desk.tenantId, orderId)).terminate();
  await expect(desk.manager.modifyOrder(desk.tenantId, orderId, { newPrice: '1' })).rejects.toMatchObject({
    code: 'OUTCOME_UNKNOWN',
    message: expect.stringContaining('it may be live'),
  });
  const nobody = orderIdOf(desk.tenantId, randomUUID());
  await expect(desk.manager.modifyOrder(desk.tenantId, nobody, { newPrice: '1' })).rejects.toMatchObject({
    code: 'ORDER_NOT_FOUND',
  });
});
