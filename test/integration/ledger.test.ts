import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { sum } from '../../src/domain/decimal';
import { ServiceError } from '../../src/domain/errors';
import type { ExecutionUpdate } from '../../src/domain/order';
import type { OrderRequest } from '../../src/domain/order-request';
import { statusOf } from '../../src/domain/order-state';
import type { PositionHistory } from '../../src/domain/position';
import { unrealizedPnLOf } from '../../src/domain/position';
import { anExecution, anIntent, anOrder, freshTenant, openStores, type Stores } from '../storage/stores';
import { testStack } from '../stack/stack';

const EVER = { startTime: '2000-01-01T00:00:00Z', endTime: '2100-01-01T00:00:00Z' };

let stores: Stores;
let tenantId: string;

beforeAll(async () => {
  stores = await openStores(testStack());
});
afterAll(() => stores.close());
beforeEach(() => {
  tenantId = freshTenant();
});

async function placed(fields: Parameters<typeof anOrder>[1] = {}): Promise<OrderRequest> {
  const order = anOrder(tenantId, fields);
  await stores.orders.claimIntent(order, anIntent());
  return order;
}

const stored = async ({ orderId }: OrderRequest) => (await stores.orders.get(tenantId, orderId))?.state;
const position = (assetId = 'BTC/USDT') => stores.positions.get(tenantId, assetId, 'BINANCE');

describe('booking fills', () => {
  it('adds up order and position, and answers with the order after the booking', async () => {
    const order = await placed();
    const fills = [
      anExecution(order, '1', { quantity: '0.1', price: '20000', commission: '0.5', commissionAsset: 'USDT' }),
      anExecution(order, '2', { quantity: '0.2', price: '20003', commission: '0.001', commissionAsset: 'BNB' }),
    ];
    const booked = await stores.ledger.bookFills(fills, 'STREAM');
    expect(booked.map(({ result, source }) => [result, source])).toEqual([
      ['BOOKED', 'STREAM'],
      ['BOOKED', 'STREAM'],
    ]);
    const state = await stored(order);
    expect(booked.at(-1)?.order).toEqual(state);
    expect(state?.ledger).toMatchObject({
      filledQuantity: '0.3',
      cost: '6000.6',
      commissions: { USDT: '0.5', BNB: '0.001' },
      fillCount: 2,
    });
    expect(await position()).toMatchObject({ quantity: '0.3', cost: '6000.6', realizedPnL: '0', version: 2 });
  });

  it('books a fill once, however often and from wherever it comes, and says who was first', async () => {
    const order = await placed();
    const fill = anExecution(order, '1');
    await stores.ledger.bookFills([fill], 'WORKFLOW');
    const again = await stores.ledger.bookFills([fill], 'STREAM');
    const elsewhere = await stores.anotherLedger().bookFills([fill, fill], 'BACKFILL');
    for (const { result, source, order: state } of [...again, ...elsewhere]) {
      expect([result, source, state?.ledger.filledQuantity]).toEqual(['DUPLICATE', 'WORKFLOW', '0.1']);
    }
    expect(await position()).toMatchObject({ quantity: '0.1', version: 1 });
  });

  it('takes the same fill twice in one call as one', async () => {
    const order = await placed();
    const fill = anExecution(order, '1');
    const results = await stores.ledger.bookFills([fill, fill], 'STREAM');
    expect(results.map(({ result }) => result)).toEqual(['BOOKED', 'DUPLICATE']);
    expect((await stored(order))?.ledger.fillCount).toBe(1);
  });

  it('knows a fill again that has left the last hundred of its order', async () => {
    const order = await placed({ quantity: '1000' });
    const fills = Array.from({ length: 130 }, (_, index) => anExecution(order, String(index)));
    await stores.ledger.bookFills(fills, 'STREAM');
    const again = await stores.anotherLedger().bookFills(fills, 'BACKFILL');
    expect(again.every(({ result, source }) => result === 'DUPLICATE' && source === 'STREAM')).toBe(true);
    expect((await stored(order))?.ledger).toMatchObject({ fillCount: 130, filledQuantity: '13' });
  });

  it('books one of concurrent ledgers that were handed the same fills', async () => {
    const orders = await Promise.all(Array.from({ length: 5 }, () => placed({ quantity: '1000' })));
    const fills = orders.flatMap((order) => ['1', '2', '3', '4', '5', '6'].map((id) => anExecution(order, id)));
    const ledgers = [stores.ledger, stores.anotherLedger(), stores.anotherLedger()];
    const results = await Promise.all(
      ledgers.flatMap((ledger) => fills.map((fill) => ledger.bookFills([fill], 'STREAM'))),
    );
    expect(results.flat().filter(({ result }) => result === 'BOOKED')).toHaveLength(30);
    expect(await position()).toMatchObject({ quantity: '3', version: 30 });
  });

  it('books both sides of a trade between two of our own orders', async () => {
    const [buy, sell] = [await placed(), await placed({ side: 'SELL' })];
    const results = await stores.ledger.bookFills([anExecution(buy, '7'), anExecution(sell, '7')], 'STREAM');
    expect(results.map(({ result }) => result)).toEqual(['BOOKED', 'BOOKED']);
    expect(await position()).toMatchObject({ quantity: '0', version: 2 });
  });

  it('finds the order of an execution that carries the id of the exchange only', async () => {
    const order = await placed();
    await stores.orders.recordLifecycle(tenantId, order.orderId, { phase: 'OPEN', exchangeOrderId: '42' });
    const fill = anExecution(order, '1', { orderId: '', exchangeOrderId: '42' });
    const [booked] = await stores.ledger.bookFills([fill], 'STREAM');
    expect(booked).toMatchObject({ result: 'BOOKED', execution: { orderId: order.orderId } });
  });

  it('reports what belongs to no order of the tenant, and books the rest', async () => {
    const order = await placed();
    const foreign = anExecution(anOrder(freshTenant()), '1', { tenantId });
    const unnamed = anExecution(order, '2', { orderId: '', exchangeOrderId: 'not ours' });
    const garbled = anExecution(order, '3', { orderId: `${order.orderId}#fill#1` });
    const results = await stores.ledger.bookFills([foreign, unnamed, garbled, anExecution(order, '4')], 'STREAM');
    expect(results.map(({ result }) => result)).toEqual([...Array<string>(3).fill('UNKNOWN_ORDER'), 'BOOKED']);
    expect(await position()).toMatchObject({ quantity: '0.1' });
  });

  it('does not book an execution that contradicts its order', async () => {
    const order = await placed();
    const contradicting: Partial<ExecutionUpdate>[] = [
      { side: 'SELL' },
      { assetId: 'ETH/USDT' },
      { exchangeId: 'KRAKEN' },
    ];
    for (const fields of contradicting) {
      const [result] = await stores.ledger.bookFills([anExecution(order, '1', fields)], 'STREAM');
      expect(result?.result).toBe('UNKNOWN_ORDER');
    }
    expect((await stored(order))?.ledger.fillCount).toBe(0);
    expect(stores.alerts.of(tenantId)).toMatchObject(
      contradicting.map((fields) => ({
        code: 'FILL_NOT_BOOKED',
        exchangeId: 'BINANCE',
        orderId: order.orderId,
        details: { execution: { executionId: '1', ...fields } },
        ...(fields.exchangeId && { exchangeId: fields.exchangeId }),
      })),
    );
  });

  it('refuses executions that are none with all that is wrong, and books nothing of the call', async () => {
    const order = await placed();
    const bad = anExecution(order, '', {
      quantity: '-1',
      price: '1e5',
      quoteQuantity: '-1',
      commission: 'free',
      timestamp: 'now',
    });
    await expect(stores.ledger.bookFills([anExecution(order, '1'), bad], 'CLIENT')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      faults: ['quantity', 'price', 'quoteQuantity', 'commission', 'executionId', 'timestamp'].map((field) =>
        expect.objectContaining({ field: `[1].${field}` }),
      ),
    });
    expect((await stored(order))?.ledger.fillCount).toBe(0);
  });
});

describe('an order in the ledger', () => {
  it('is filled when all of it is booked, without a word of the exchange', async () => {
    const order = await placed();
    await stores.ledger.bookFills([anExecution(order, '1', { quantity: '1' })], 'STREAM');
    const state = await stored(order);
    expect(state && statusOf(state)).toBe('FILLED');
    expect(state?.lifecycle.completedAt).toBeDefined();
    expect((await stores.orders.list(tenantId, { status: ['FILLED'] })).items).toHaveLength(1);
    expect((await stores.orders.list(tenantId, { status: ['PENDING'] })).items).toHaveLength(0);
  });

  it('keeps a cancel that is recorded while fills are booked, and counts both', async () => {
    const order = await placed({ quantity: '100' });
    const bookings = Array.from({ length: 10 }, (_, index) =>
      stores.ledger.bookFills([anExecution(order, String(index))], 'STREAM'),
    );
    const cancel = stores.orders.recordLifecycle(tenantId, order.orderId, {
      phase: 'CANCELLED',
      exchangeFilledQuantity: '1',
    });
    await Promise.all([...bookings, cancel]);
    const state = await stored(order);
    expect(state?.lifecycle.phase).toBe('CANCELLED');
    expect(state?.ledger).toMatchObject({ fillCount: 10, filledQuantity: '1' });
    expect(state?.lifecycle.completedAt).toBeDefined();
  });

  it('books a fill that comes after its end, tells it among the events, and alerts', async () => {
    const order = await placed();
    await stores.orders.recordLifecycle(tenantId, order.orderId, { phase: 'CANCELLED', exchangeFilledQuantity: '0' });
    const [booked] = await stores.ledger.bookFills([anExecution(order, '8')], 'BACKFILL');
    expect(booked?.result).toBe('BOOKED');
    const state = await stored(order);
    expect(state?.lifecycle.events.at(-1)).toMatchObject({ type: 'LATE_FILL', by: 'BINANCE' });
    expect(state?.lifecycle.events.at(-1)?.detail).toContain('trade 8');
    expect(state?.ledger.filledQuantity).toBe('0.1');
    await stores.ledger.bookFills([anExecution(order, '8')], 'STREAM');
    const { orderId } = order;
    const detail = state?.lifecycle.events.at(-1)?.detail;
    expect(stores.alerts.of(tenantId)).toMatchObject([{ code: 'LATE_FILL', orderId, details: { detail } }]);
  });

  it('alerts of each of several fills that come after its end', async () => {
    const order = await placed();
    await stores.orders.recordLifecycle(tenantId, order.orderId, { phase: 'CANCELLED', exchangeFilledQuantity: '0' });
    await stores.ledger.bookFills([anExecution(order, '7')], 'BACKFILL');
    await stores.ledger.bookFills([anExecution(order, '8'), anExecution(order, '9')], 'BACKFILL');
    const alerts = ['7', '8', '9'].map((id) => ({
      code: 'LATE_FILL',
      orderId: order.orderId,
      details: { detail: expect.stringContaining(`trade ${id}`) },
    }));
    expect(stores.alerts.of(tenantId)).toMatchObject(alerts);
  });

  it('has what a person reported until the exchange’s own fills come, and then has those alone', async () => {
    const order = await placed({ quantity: '1' });
    const reported = { quantity: '0.7', price: '100', commission: '0.3', provisional: true };
    await stores.ledger.bookFills([anExecution(order, 'provisional-1', reported)], 'WORKFLOW');
    expect((await stored(order))?.ledger).toMatchObject({ filledQuantity: '0.7', cost: '70' });
    const true1 = anExecution(order, '1', { quantity: '0.4', price: '101', quoteQuantity: '40.39', commission: '0.1' });
    const true2 = anExecution(order, '2', { quantity: '0.2', price: '102', commission: '0.1' });
    await stores.ledger.bookFills([true1], 'BACKFILL');
    await stores.ledger.bookFills([true1, true2], 'STREAM');
    const { commissionAsset } = true1;
    const { ledger } = (await stored(order)) ?? {};
    expect(ledger).toMatchObject({ filledQuantity: '0.6', cost: '60.8', commissions: { [commissionAsset]: '0.2' } });
    expect(sum(ledger?.recentFills.map(({ quantity }) => quantity) ?? [])).toBe('0.6');
    const { quantity = '0', cost = '0', realizedPnL = '0', quoteFlow } = (await position()) ?? {};
    expect([quantity, quoteFlow]).toEqual(['0.6', '-60.79']);
    // What it is worth at any price is what was paid for the true fills: nothing of the reported one remains.
    expect(sum([realizedPnL, unrealizedPnLOf({ quantity, cost }, '110')])).toBe('5.2');
  });

  it('takes back what a reported sale had realized when the exchange’s own fill comes', async () => {
    const [buy, sale] = [await placed({ quantity: '2' }), await placed({ side: 'SELL', quantity: '2' })];
    await stores.ledger.bookFills([anExecution(buy, '1', { quantity: '2', price: '10' })], 'STREAM');
    const sold = { quantity: '1', price: '15' };
    await stores.ledger.bookFills([anExecution(sale, 'provisional-1', { ...sold, provisional: true })], 'WORKFLOW');
    expect(await position()).toMatchObject({ quantity: '1', cost: '10', realizedPnL: '5' });
    await stores.ledger.bookFills([anExecution(sale, '2', sold)], 'STREAM');
    expect(await position()).toMatchObject({ quantity: '1', cost: '10', realizedPnL: '5' });
    expect((await stored(sale))?.ledger).toMatchObject({ filledQuantity: '1', cost: '15', fillCount: 3 });
  });

  it('takes back several reported sales to the digit, also those that turned the position', async () => {
    const [buy, sale] = [await placed({ quantity: '1' }), await placed({ side: 'SELL', quantity: '3' })];
    await stores.ledger.bookFills([anExecution(buy, '1', { quantity: '1', price: '10' })], 'STREAM');
    const reports = ['15', '16', '17'].map((price, index) =>
      anExecution(sale, `provisional-${index + 1}`, { quantity: '0.7', price, provisional: true }),
    );
    await stores.ledger.bookFills(reports, 'WORKFLOW');
    expect(await position()).toMatchObject({ quantity: '-1.1' });
    await stores.ledger.bookFills([anExecution(sale, '2', { quantity: '0.5', price: '15' })], 'STREAM');
    expect(await position()).toMatchObject({ quantity: '0.5', cost: '5', realizedPnL: '2.5' });
  });

  it('books the exchange’s own fills of many orders that were marked filled at once, more than fit one transaction', async () => {
    const orders = await Promise.all(Array.from({ length: 24 }, () => placed()));
    const reported = { quantity: '1', price: '100', provisional: true };
    await stores.ledger.bookFills(
      orders.map((order) => anExecution(order, 'provisional-1', reported)),
      'WORKFLOW',
    );
    const [first = await placed()] = orders;
    const fills = [...orders.map((order) => anExecution(order, '2')), anExecution(first, '3')];
    const booked = await stores.anotherLedger().bookFills(fills, 'BACKFILL');
    expect(booked.map(({ result }) => result)).toEqual(fills.map(() => 'BOOKED'));
    expect(booked[0]?.order).toEqual(await stored(first));
    expect(booked[0]?.order?.ledger).toMatchObject({ filledQuantity: '0.2', fillCount: 4 });
    expect(await position()).toMatchObject({ quantity: '2.5', cost: '50000', realizedPnL: '0', version: 73 });
    const again = await stores.ledger.bookFills(fills, 'STREAM');
    expect(again.every(({ result, source }) => result === 'DUPLICATE' && source === 'BACKFILL')).toBe(true);
  });

  it('counts a fill once that a person and the exchange report in the same moment', async () => {
    const order = await placed();
    const [report, truth] = [anExecution(order, 'provisional-1', { provisional: true }), anExecution(order, '2')];
    const booked = await stores.ledger.bookFills([report, truth], 'STREAM');
    expect(booked.map(({ result }) => result)).toEqual(['BOOKED', 'BOOKED']);
    expect((await stored(order))?.ledger.filledQuantity).toBe('0.1');
    expect(await position()).toMatchObject({ quantity: '0.1' });
  });

  it('keeps the last hundred fills, and lists all of them in the order of booking', async () => {
    const order = await placed({ quantity: '1000' });
    const ids = Array.from({ length: 205 }, (_, index) => String(1_000 - index));
    await stores.ledger.bookFills(
      ids.map((id) => anExecution(order, id)),
      'STREAM',
    );
    expect((await stored(order))?.ledger.recentFills.map(({ executionId }) => executionId)).toEqual(ids.slice(-100));
    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await stores.orders.listFills(tenantId, order.orderId, cursor);
      listed.push(...page.items.map(({ executionId }) => executionId));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(listed).toEqual(ids);
  });

  it('shows in Redis with its fills, and goes a day after its end', async () => {
    const order = await placed();
    const key = `order:${tenantId}:${order.orderId}`;
    await stores.ledger.bookFills([anExecution(order, '1')], 'STREAM');
    expect(JSON.parse((await stores.redis.get(key)) ?? '')).toMatchObject({
      status: 'PARTIALLY_FILLED',
      fills: [{ executionId: '1' }],
    });
    expect(await stores.redis.pttl(key)).toBe(-1);
    await stores.ledger.bookFills([anExecution(order, '2', { quantity: '0.9' })], 'STREAM');
    const leftMs = await stores.redis.pttl(key);
    expect(leftMs).toBeGreaterThan(86_400_000 - 60_000);
    expect(leftMs).toBeLessThanOrEqual(86_400_000);
  });
});

describe('a position in the ledger', () => {
  it('goes long, is reduced, turns short and is closed, with the P&L of each step', async () => {
    const [buy, sell] = [await placed({ quantity: '100' }), await placed({ quantity: '100', side: 'SELL' })];
    const steps: [OrderRequest, string, string, object][] = [
      [buy, '2', '100', { quantity: '2', cost: '200', realizedPnL: '0' }],
      [buy, '2', '110', { quantity: '4', cost: '420', realizedPnL: '0' }],
      [sell, '1', '115', { quantity: '3', cost: '315', realizedPnL: '10' }],
      [sell, '5', '100', { quantity: '-2', cost: '-200', realizedPnL: '-5' }],
      [buy, '2', '90', { quantity: '0', cost: '0', realizedPnL: '15' }],
    ];
    for (const [index, [order, quantity, price, expected]] of steps.entries()) {
      await stores.ledger.bookFills([anExecution(order, String(index), { quantity, price })], 'STREAM');
      expect(await position()).toMatchObject(expected);
    }
    const { items } = await stores.positions.history({ tenantId, assetId: 'BTC/USDT' }, EVER);
    expect(items.map(({ eventType }) => eventType)).toEqual(['OPEN', 'INCREASE', 'DECREASE', 'OPEN', 'CLOSE']);
  });

  it('has a history that continues from record to record, over pages, whatever clock booked', async () => {
    const order = await placed({ quantity: '1000' });
    const slow = await openStores(testStack(), {
      now: () => Date.parse('2020-01-01T00:00:00Z'),
      sleep: () => Promise.resolve(),
    });
    const fills = Array.from({ length: 240 }, (_, index) => anExecution(order, String(index)));
    await stores.ledger.bookFills(fills.slice(0, 100), 'STREAM');
    await slow.ledger.bookFills(fills.slice(100, 140), 'STREAM');
    await stores.anotherLedger().bookFills(fills.slice(140), 'STREAM');
    await slow.close();
    const history: PositionHistory[] = [];
    let cursor: string | undefined;
    do {
      const page = await stores.positions.history({ tenantId, assetId: 'BTC/USDT' }, EVER, cursor);
      history.push(...page.items);
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(history.map(({ version }) => version)).toEqual(fills.map((_, index) => index + 1));
    history.slice(1).forEach((record, index) => expect(record.previousQuantity).toBe(history[index]?.newQuantity));
    expect(history.at(-1)?.newQuantity).toBe('24');
  });

  it('has a history for each exchange within that of the instrument', async () => {
    const [here, there] = [await placed(), await placed({ exchangeId: 'KRAKEN' })];
    await stores.ledger.bookFills([anExecution(here, '1'), anExecution(there, '1')], 'STREAM');
    const { items } = await stores.positions.history({ tenantId, assetId: 'BTC/USDT' }, EVER);
    expect(items.map(({ exchangeId, version }) => `${exchangeId} ${version}`).sort()).toEqual([
      'BINANCE 1',
      'KRAKEN 1',
    ]);
  });

  it('is stored under the keys of the specification', async () => {
    const order = await placed();
    await stores.ledger.bookFills([anExecution(order, '1')], 'STREAM');
    const key = { tenantId, 'assetId#exchangeId': 'BTC/USDT#BINANCE' };
    const { Item } = await stores.client.send(new GetCommand({ TableName: stores.tables.positions, Key: key }));
    expect(Item).toMatchObject({ quantity: '0.1', averageEntryPrice: '20000', itemVersion: 2 });
    const { Items = [] } = await stores.client.send(
      new QueryCommand({
        TableName: stores.tables.positionHistory,
        KeyConditionExpression: '#pk = :pk',
        ExpressionAttributeNames: { '#pk': 'tenantId#assetId' },
        ExpressionAttributeValues: { ':pk': `${tenantId}#BTC/USDT` },
      }),
    );
    expect(Items).toHaveLength(1);
    expect(Items[0]?.['timestamp#historyId']).toMatch(/^\d{4}-.*Z#000000000001#BINANCE$/);
  });

  it('shows in Redis for a minute after each change', async () => {
    const order = await placed();
    await stores.ledger.bookFills([anExecution(order, '1')], 'STREAM');
    const key = `position:${tenantId}:BTC/USDT:BINANCE`;
    expect(JSON.parse((await stores.redis.get(key)) ?? '')).toMatchObject({ quantity: '0.1', version: 1 });
    const leftMs = await stores.redis.pttl(key);
    expect(leftMs).toBeGreaterThan(30_000);
    expect(leftMs).toBeLessThanOrEqual(60_000);
  });
});

describe('a booking that is interrupted', () => {
  it('has happened whole or not at all, and is completed by being asked for again', async () => {
    for (const point of ['ledger.beforeTransaction', 'ledger.afterTransaction']) {
      const order = await placed();
      const dying = stores.anotherLedger((name) =>
        name === point ? Promise.reject(new Error('process ended')) : Promise.resolve(),
      );
      await expect(dying.bookFills([anExecution(order, '1')], 'STREAM')).rejects.toThrow('process ended');
      const happened = point === 'ledger.afterTransaction';
      expect((await stored(order))?.ledger.fillCount).toBe(happened ? 1 : 0);
      const [again] = await stores.ledger.bookFills([anExecution(order, '1')], 'STREAM');
      expect(again?.result).toBe(happened ? 'DUPLICATE' : 'BOOKED');
      expect((await stored(order))?.ledger.fillCount).toBe(1);
    }
    expect(await position()).toMatchObject({ quantity: '0.2', version: 2 });
  });

  it('is tried again while the store does not answer, and alerted when it stays so', async () => {
    const order = await placed();
    const failing = (times: number) => {
      const refuse = () => Promise.reject(new ServiceError('DEPENDENCY_UNAVAILABLE', 'The store is away.'));
      return stores.anotherLedger(() => (times-- > 0 ? refuse() : Promise.resolve()));
    };
    expect(await failing(2).bookFills([anExecution(order, '1')], 'STREAM')).toMatchObject([{ result: 'BOOKED' }]);
    expect(stores.alerts.of(tenantId)).toEqual([]);
    const booking = failing(3).bookFills([anExecution(order, '2')], 'STREAM');
    await expect(booking).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
    const details = { assetId: 'BTC/USDT', problem: expect.stringContaining('away') };
    const alert = { code: 'POSITION_UPDATE_FAILED', exchangeId: 'BINANCE', details };
    expect(stores.alerts.of(tenantId)).toMatchObject([alert]);
    expect(await position()).toMatchObject({ quantity: '0.1', version: 1 });
  });

  it('leaves the same ledger able to go on', async () => {
    const order = await placed();
    let failing = true;
    const ledger = stores.anotherLedger(() => (failing ? Promise.reject(new Error('no')) : Promise.resolve()));
    await expect(ledger.bookFills([anExecution(order, '1')], 'STREAM')).rejects.toThrow('no');
    failing = false;
    expect(await ledger.bookFills([anExecution(order, '1')], 'STREAM')).toMatchObject([{ result: 'BOOKED' }]);
  });
});
