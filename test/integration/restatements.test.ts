import { restateFill } from '../../src/client/restate-fill';
import type { RecordedAct } from '../../src/audit/audit-trail';
import { noticesOf } from '../../src/domain/feed-notices';
import type { OrderRequest } from '../../src/domain/order-request';
import { statusOf } from '../../src/domain/order-state';
import type { FillRestatement } from '../../src/ledger/restatement';
import { anExecution, anIntent, anOrder, freshTenant, openStores, type Stores } from '../storage/stores';
import { testStack } from '../stack/stack';

let stores: Stores;
let tenantId: string;
let audited: RecordedAct[];

beforeAll(async () => {
  stores = await openStores(testStack());
});
afterAll(() => stores.close());
beforeEach(() => {
  tenantId = freshTenant();
  audited = [];
});

async function filled(fields: Parameters<typeof anOrder>[1] = {}): Promise<OrderRequest> {
  const order = anOrder(tenantId, { quantity: '1', ...fields });
  await stores.orders.claimIntent(order, anIntent());
  await stores.ledger.bookFills(
    [
      anExecution(order, '1', { quantity: '0.4', price: '100', commission: '0.001', commissionAsset: 'BTC' }),
      anExecution(order, '2', { quantity: '0.6', price: '110', commission: '0.2', commissionAsset: 'USDT' }),
    ],
    'STREAM',
  );
  return order;
}

const restate = (order: OrderRequest, fields: Partial<FillRestatement> = {}) =>
  restateFill(
    { ledger: stores.ledger, audit: { record: (act) => void audited.push(act) } },
    { tenantId, orderId: order.orderId, executionId: '2', reason: 'clearly erroneous', by: 'ada', ...fields },
  );
const stored = async ({ orderId }: OrderRequest) => (await stores.orders.get(tenantId, orderId))?.state;
const position = () => stores.positions.get(tenantId, 'BTC/USDT', 'BINANCE');

test('a busted trade is taken back by an entry of its own, once however often it is asked for', async () => {
  const order = await filled();
  const before = await stored(order);
  expect(await restate(order)).toMatchObject([
    { result: 'BOOKED', execution: { executionId: '2-reversed', quantity: '-0.6', commission: '-0.2' } },
  ]);
  expect(await restate(order, { by: 'bob' })).toMatchObject([{ result: 'DUPLICATE' }]);
  const [again] = await stores.ledger.bookFills(
    [anExecution(order, '2', { quantity: '0.6', price: '110' })],
    'BACKFILL',
  );
  expect(again?.result).toBe('DUPLICATE');
  expect(await position()).toMatchObject({ quantity: '0.399', cost: '39.9', realizedPnL: '0', version: 3 });
  const after = await stored(order);
  if (before === undefined || after === undefined) throw new Error('The order is gone.');
  expect(after.ledger).toMatchObject({ filledQuantity: '0.4', cost: '40', fillCount: 3 });
  expect(statusOf(after)).toBe('CANCELLED');
  expect(after.lifecycle.events.at(-1)).toMatchObject({
    type: 'FILL_RESTATED',
    by: 'ada',
    detail: 'trade 2 is cancelled: clearly erroneous',
  });
  const restates = { kind: 'REVERSAL', executionId: '2', reason: 'clearly erroneous', by: 'ada', realizedPnL: '0' };
  expect(noticesOf(before, after)).toMatchObject([
    { kind: 'EXECUTION', execution: { executionId: '2-reversed', quantity: '-0.6', restates } },
    { kind: 'ORDER', events: [{ type: 'FILL_RESTATED' }], order: { status: 'CANCELLED', filledQuantity: '0.4' } },
  ]);
  const ever = { startTime: '2000-01-01T00:00:00Z', endTime: '2100-01-01T00:00:00Z' };
  const { items } = await stores.positions.history({ tenantId, assetId: 'BTC/USDT' }, ever);
  expect(items.at(-1)).toMatchObject({
    eventType: 'DECREASE',
    fillId: `${order.orderId}/2-reversed`,
    restates,
    version: 3,
  });
  expect(stores.alerts.of(tenantId)).toEqual([]);
  expect(audited).toMatchObject([
    { operationType: 'INTERVENTION', requestedBy: 'ada', exchangeId: 'BINANCE', orderId: order.orderId },
    { requestedBy: 'bob', result: [{ result: 'DUPLICATE' }] },
  ]);
});

test('a corrected trade has its new amounts, and an order that is whole again is filled', async () => {
  const order = await filled();
  const correction = { quantity: '0.6', price: '105', commission: '0.19', commissionAsset: 'USDT' };
  const restated = await restate(order, { correction });
  expect(restated.map(({ execution, result }) => [execution.executionId, execution.price, result])).toEqual([
    ['2-reversed', '110', 'BOOKED'],
    ['2-corrected', '105', 'BOOKED'],
  ]);
  const state = await stored(order);
  expect(state?.ledger).toMatchObject({
    filledQuantity: '1',
    cost: '103',
    commissions: { USDT: '0.19', BTC: '0.001' },
  });
  expect(state && statusOf(state)).toBe('FILLED');
  expect(await position()).toMatchObject({ quantity: '0.999', realizedPnL: '0' });
  expect(await restate(order, { correction })).toMatchObject([{ result: 'DUPLICATE' }, { result: 'DUPLICATE' }]);
  const other = { ...correction, price: '104' };
  await expect(restate(order, { correction: other })).rejects.toThrow('is corrected already: restate 2-corrected');
  await expect(restate(order)).rejects.toThrow('is corrected already: restate 2-corrected');
  const again = await restate(order, { executionId: '2-corrected', correction: other });
  expect(again.map(({ execution }) => execution.executionId)).toEqual([
    '2-corrected-reversed',
    '2-corrected-corrected',
  ]);
  expect((await stored(order))?.ledger.cost).toBe('102.4');
});

test('what an exchange restates by itself is told on its word, and alerted of once', async () => {
  const order = await filled();
  const { orderId } = order;
  const bust = { tenantId, orderId, executionId: '2', reason: 'trade cancelled', by: 'BINANCE' };
  for (const result of ['BOOKED', 'DUPLICATE']) {
    expect(await stores.ledger.restateFill(bust, 'STREAM')).toMatchObject([{ result, source: 'STREAM' }]);
  }
  expect((await stored(order))?.lifecycle.events.at(-1)).toMatchObject({ type: 'FILL_RESTATED', by: 'BINANCE' });
  expect(stores.alerts.of(tenantId)).toMatchObject([{ code: 'TRADE_RESTATED', orderId, exchangeId: 'BINANCE' }]);
});

test('a sale that is taken back takes back what it had realized', async () => {
  await filled();
  const before = await position();
  const sale = anOrder(tenantId, { side: 'SELL', quantity: '0.5', price: '150' });
  await stores.orders.claimIntent(sale, anIntent());
  await stores.ledger.bookFills([anExecution(sale, '9', { quantity: '0.5', price: '150' })], 'STREAM');
  expect(Number((await position())?.realizedPnL)).toBeGreaterThan(0);
  await restate(sale, { executionId: '9' });
  const { quantity, cost, realizedPnL } = before ?? {};
  expect(await position()).toMatchObject({ quantity, cost, realizedPnL });
});

test('what can’t be restated is refused, says why, and is audited too', async () => {
  const order = await filled();
  await expect(restate(order, { executionId: '3' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await expect(restate(anOrder(tenantId))).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' });
  const correction = { quantity: '-1', price: 'much', commission: '0', commissionAsset: 'BNB' };
  const refused = restate(order, { correction });
  await expect(refused).rejects.toMatchObject({ faults: [{ field: 'quantity' }, { field: 'price' }] });
  await restate(order);
  await expect(restate(order, { executionId: '2-reversed' })).rejects.toThrow('is itself a reversal');
  const live = await filled({ quantity: '2' });
  await expect(restate(live)).rejects.toMatchObject({ code: 'RESOLUTION_REFUSED' });
  expect(audited.filter(({ error }) => error !== undefined)).toHaveLength(5);
});
