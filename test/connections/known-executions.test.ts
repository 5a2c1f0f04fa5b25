import { KnownExecutions } from '../../src/connections/known-executions';
import { anExecution, anOpenOrder } from './streams';

test('an execution is known by instrument, exchange order and trade: a self-trade’s two sides are two', () => {
  const known = new KnownExecutions();
  const [buyer, seller] = [anOpenOrder('buyer', '1'), anOpenOrder('seller', '2')];
  known.add(anExecution(buyer, '7'));
  expect(known.has(anExecution(buyer, '7', { orderId: '' }))).toBe(true);
  expect(known.has(anExecution(buyer, '8'))).toBe(false);
  expect(known.has(anExecution(seller, '7'))).toBe(false);
  expect(known.has(anExecution(buyer, '7', { assetId: 'ETH/USDT' }))).toBe(false);
});

test('the oldest are forgotten beyond the limit', () => {
  const known = new KnownExecutions(2);
  const order = anOpenOrder('order', '1');
  for (const id of ['1', '2', '3']) known.add(anExecution(order, id));
  expect(['1', '2', '3'].map((id) => known.has(anExecution(order, id)))).toEqual([false, true, true]);
});
