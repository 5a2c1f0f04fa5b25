import { GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { EXCHANGE_IDS } from '../../src/domain/exchange';
import type { OrderState } from '../../src/domain/order';
import type { OrderRequest } from '../../src/domain/order-request';
import { statusOf } from '../../src/domain/order-state';
import { orderError } from '../../src/domain/errors';
import type { OrderFilters } from '../../src/storage/orders';
import { ORDER_FORM } from '../../src/storage/dynamodb/order-item';
import { createTables } from '../../src/storage/dynamodb/table-creation';
import { STATUS_INDEX } from '../../src/storage/dynamodb/tables';
import { anExecution, anIntent, anOrder, freshTenant, openStores, type Stores } from '../storage/stores';
import { eventually } from '../stack/eventually';
import { testStack } from '../stack/stack';

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

describe('declaring a send', () => {
  it('lets one attempt send and leaves every other in doubt, with the intent that may have been sent', async () => {
    const order = anOrder(tenantId);
    const [first, second] = [anIntent(), anIntent()];
    expect(await stores.orders.claimIntent(order, first)).toMatchObject({ claim: 'claimed' });
    expect(await stores.orders.claimIntent(order, second)).toMatchObject({
      claim: 'inDoubt',
      record: { intent: first },
    });
  });

  it('knows its own intent again when the reply to the first put was lost', async () => {
    const order = anOrder(tenantId);
    const intent = anIntent();
    await stores.orders.claimIntent(order, intent);
    expect(await stores.orders.claimIntent(order, intent)).toMatchObject({ claim: 'claimed' });
  });

  it('gives a declared send to one only of those who have proof that it did not arrive', async () => {
    const order = anOrder(tenantId);
    const lost = anIntent();
    await stores.orders.claimIntent(order, lost);
    const claims = await Promise.all(
      Array.from({ length: 8 }, () => stores.orders.claimIntent(order, anIntent(), lost.token)),
    );
    expect(claims.filter(({ claim }) => claim === 'claimed')).toHaveLength(1);
    expect(claims.filter(({ claim }) => claim === 'inDoubt')).toHaveLength(7);
  });

  it('refuses a take-over that names another intent than the stored one', async () => {
    const order = await placed();
    expect(await stores.orders.claimIntent(order, anIntent(), 'some other token')).toMatchObject({ claim: 'inDoubt' });
  });

  it('may be done again after it was taken back, and taking back needs its own token', async () => {
    const order = anOrder(tenantId);
    const intent = anIntent();
    await stores.orders.claimIntent(order, intent);
    await stores.orders.withdrawIntent(tenantId, order.orderId, 'some other token');
    expect((await stores.orders.get(tenantId, order.orderId))?.intent).toEqual(intent);
    await stores.orders.withdrawIntent(tenantId, order.orderId, intent.token);
    expect(await stores.orders.claimIntent(order, anIntent())).toMatchObject({ claim: 'claimed' });
  });

  it('gives the recorded answer once there is one, whoever asks', async () => {
    const order = anOrder(tenantId);
    const intent = anIntent();
    await stores.orders.claimIntent(order, intent);
    await stores.orders.recordLifecycle(tenantId, order.orderId, { phase: 'OPEN', exchangeOrderId: '42' });
    const again = await stores.orders.claimIntent(order, anIntent(), intent.token);
    expect(again).toMatchObject({ claim: 'recorded', record: { state: { lifecycle: { exchangeOrderId: '42' } } } });
    expect((await stores.orders.get(tenantId, order.orderId))?.intent).toBeUndefined();
  });

  it('names the fields in which another order under the same key differs', async () => {
    const order = await placed({ idempotencyKey: 'one-key' });
    const other = anOrder(tenantId, { idempotencyKey: 'one-key', price: '20001', metadata: { note: 'changed' } });
    const claim = await stores.orders.claimIntent(other, anIntent());
    expect(claim).toMatchObject({ claim: 'conflict' });
    expect(claim.claim === 'conflict' && claim.faults.map(({ field }) => field).sort()).toEqual(['metadata', 'price']);
    expect((await stores.orders.get(tenantId, order.orderId))?.state.request.price).toBe('20000');
  });

  it('takes a timestamp that differs for the same order', async () => {
    await placed({ idempotencyKey: 'one-key' });
    const again = anOrder(tenantId, { idempotencyKey: 'one-key', timestamp: '2026-02-01T00:00:00.000Z' });
    expect(await stores.orders.claimIntent(again, anIntent())).toMatchObject({ claim: 'inDoubt' });
  });

  it('does not send again an order that has fills, although no answer is recorded', async () => {
    const order = anOrder(tenantId);
    const intent = anIntent();
    await stores.orders.claimIntent(order, intent);
    await stores.ledger.bookFills([anExecution(order, '1')], 'STREAM');
    await stores.orders.withdrawIntent(tenantId, order.orderId, intent.token);
    expect(await stores.orders.claimIntent(order, anIntent())).toMatchObject({ claim: 'recorded' });
  });
});

describe('recording a denial', () => {
  const denial = { phase: 'REJECTED' as const, error: orderError('EXCHANGE_UNAVAILABLE', 'BINANCE is INACTIVE.') };

  it('records an order that was never sent, and gives it back for the same key', async () => {
    const order = anOrder(tenantId);
    expect(await stores.orders.recordDenied(order, denial)).toMatchObject({ claim: 'recorded' });
    const stored = await stores.orders.get(tenantId, order.orderId);
    expect(stored?.state.lifecycle).toMatchObject({ phase: 'REJECTED', error: denial.error });
    expect(await stores.orders.claimIntent(order, anIntent())).toMatchObject({ claim: 'recorded' });
  });

  it('does not deny an order that an earlier attempt may have sent', async () => {
    const order = await placed();
    expect(await stores.orders.recordDenied(order, denial)).toMatchObject({ claim: 'inDoubt' });
    expect((await stores.orders.get(tenantId, order.orderId))?.state.lifecycle.phase).toBe('PENDING');
  });

  it('does not deny another order under its key, nor one that the exchange has answered', async () => {
    const order = await placed({ idempotencyKey: 'one-key' });
    const other = anOrder(tenantId, { idempotencyKey: 'one-key', quantity: '2' });
    expect(await stores.orders.recordDenied(other, denial)).toMatchObject({ claim: 'conflict' });
    await stores.orders.recordLifecycle(tenantId, order.orderId, { phase: 'OPEN' });
    expect(await stores.orders.recordDenied(order, denial)).toMatchObject({
      claim: 'recorded',
      record: { state: { lifecycle: { phase: 'OPEN' } } },
    });
  });

  it('ends an order whose only intent was taken back', async () => {
    const order = anOrder(tenantId);
    const intent = anIntent();
    await stores.orders.claimIntent(order, intent);
    await stores.orders.withdrawIntent(tenantId, order.orderId, intent.token);
    await stores.orders.recordDenied(order, denial);
    expect((await stores.orders.get(tenantId, order.orderId))?.state.lifecycle.phase).toBe('REJECTED');
  });
});

describe('recording the steps of an order', () => {
  it('loses no step of many writers at once', async () => {
    const order = await placed();
    const steps = Array.from({ length: 6 }, (_, step) => ({
      events: [{ type: 'CANCEL_FAILED' as const, at: `2026-01-31T12:00:0${step}.000Z`, by: 'BINANCE' }],
    }));
    await Promise.all(steps.map((step) => stores.orders.recordLifecycle(tenantId, order.orderId, step)));
    const events = (await stores.orders.get(tenantId, order.orderId))?.state.lifecycle.events ?? [];
    expect(events.filter(({ type }) => type === 'CANCEL_FAILED')).toHaveLength(6);
  });

  it('does not let a writer with an old record undo what was recorded and booked since', async () => {
    const order = await placed();
    const old = await stores.orders.get(tenantId, order.orderId);
    await stores.orders.recordLifecycle(tenantId, order.orderId, { phase: 'OPEN', exchangeOrderId: '42' });
    await stores.ledger.bookFills([anExecution(order, '1')], 'STREAM');
    await stores.orders.recordLifecycle(tenantId, order.orderId, { phase: 'CANCELLED' });
    const late = await stores.orders.recordLifecycle(tenantId, order.orderId, { phase: 'OPEN' }, old);
    expect(late.lifecycle).toMatchObject({ phase: 'CANCELLED', exchangeOrderId: '42' });
    expect(late.ledger.filledQuantity).toBe('0.1');
  });

  it('writes nothing, and keeps the version, when a step says nothing new', async () => {
    const order = await placed();
    const first = await stores.orders.recordLifecycle(tenantId, order.orderId, { phase: 'OPEN' });
    expect(await stores.orders.recordLifecycle(tenantId, order.orderId, { phase: 'OPEN' })).toEqual(first);
  });

  it('keeps a declared send while nothing that is recorded answers it', async () => {
    const order = anOrder(tenantId);
    const intent = anIntent();
    await stores.orders.claimIntent(order, intent);
    const doubt = { type: 'SUBMISSION_UNKNOWN' as const, at: '2026-01-31T12:00:00.000Z', by: 'service' };
    await stores.orders.recordLifecycle(tenantId, order.orderId, { events: [doubt] });
    expect((await stores.orders.get(tenantId, order.orderId))?.intent).toEqual(intent);
  });

  it('says which order is missing', async () => {
    const { orderId } = anOrder(tenantId);
    await expect(stores.orders.recordLifecycle(tenantId, orderId, { phase: 'OPEN' })).rejects.toMatchObject({
      code: 'ORDER_NOT_FOUND',
      message: expect.stringContaining(orderId),
    });
  });

  it('shows each step in Redis', async () => {
    const order = await placed();
    const state = await stores.orders.recordLifecycle(tenantId, order.orderId, { phase: 'OPEN' });
    // The store does not wait for it.
    await eventually(async () => expect(await stores.projection.read(tenantId, order.orderId)).toEqual(state));
  });
});

describe('reading orders', () => {
  it('gives back exactly the order that was put in, metadata of every JSON shape included', async () => {
    const metadata = {
      nothing: null,
      large: 1e300,
      exact: 12_345_678_901_234_568,
      small: 5e-324,
      nested: JSON.parse(`${'{"a":'.repeat(60)}[1,"2",{"":""}]${'}'.repeat(60)}`) as unknown,
      'ключ # / \n': '\u0000 😀',
    };
    const order = await placed({ metadata, submitBefore: '2026-02-01T00:00:00Z', quantity: '0.000000000000000001' });
    expect((await stores.orders.get(tenantId, order.orderId))?.state.request).toEqual(order);
  });

  it('keeps tenants apart', async () => {
    const order = await placed();
    await stores.orders.recordLifecycle(tenantId, order.orderId, { phase: 'OPEN', exchangeOrderId: '42' });
    const other = freshTenant();
    expect(await stores.orders.get(other, order.orderId)).toBeUndefined();
    expect(await stores.orders.findByExchangeOrderId(other, 'BINANCE', 'BTC/USDT', '42')).toBeUndefined();
    expect(await stores.orders.list(other, {})).toEqual({ items: [] });
    expect(await stores.orders.list(other, { strategyId: order.strategyId })).toEqual({ items: [] });
  });

  it('finds an order by exchange, instrument and the id that the exchange gave it', async () => {
    const order = await placed();
    await stores.orders.recordLifecycle(tenantId, order.orderId, { phase: 'OPEN', exchangeOrderId: '42' });
    const find = (assetId: string, id: string) => stores.orders.findByExchangeOrderId(tenantId, 'BINANCE', assetId, id);
    expect((await find('BTC/USDT', '42'))?.request.orderId).toBe(order.orderId);
    expect(await find('ETH/USDT', '42')).toBeUndefined();
    expect(await find('BTC/USDT', '4')).toBeUndefined();
  });

  it('takes the item of a fill for no order', async () => {
    const order = await placed();
    await stores.ledger.bookFills([anExecution(order, '1')], 'STREAM');
    expect(await stores.orders.get(tenantId, `${order.orderId}#fill#1`)).toBeUndefined();
  });
});

describe('listing orders', () => {
  it('gives every order once, newest first, page by page, however they are spread over statuses', async () => {
    const orders = await Promise.all(Array.from({ length: 37 }, () => placed()));
    const phases = ['OPEN', 'CANCELLED', 'EXPIRED', 'REJECTED'] as const;
    await Promise.all(
      orders.flatMap(({ orderId }, index) => {
        const phase = phases[index % 5];
        return phase === undefined ? [] : stores.orders.recordLifecycle(tenantId, orderId, { phase });
      }),
    );
    const listed = await allOf({ limit: 5 });
    expect(listed.map(({ request }) => request.orderId).sort()).toEqual(orders.map(({ orderId }) => orderId).sort());
    const created = listed.map(({ lifecycle }) => lifecycle.createdAt);
    expect(created).toEqual([...created].sort().reverse());
  });

  it('filters by strategy, exchange, instrument, side, status and time, alone and together', async () => {
    const wanted = await placed({ strategyId: 'grid', assetId: 'ETH/USDT', side: 'SELL', exchangeId: 'KRAKEN' });
    await stores.orders.recordLifecycle(tenantId, wanted.orderId, { phase: 'OPEN' });
    await placed({ strategyId: 'grid' });
    await placed({ assetId: 'ETH/USDT' });
    await placed({ side: 'SELL' });
    const filters: OrderFilters[] = [
      { strategyId: 'grid', side: 'SELL' },
      { exchangeId: 'KRAKEN' },
      { assetId: 'ETH/USDT', side: 'SELL' },
      { status: ['OPEN'] },
      { strategyId: 'grid', status: ['OPEN', 'FILLED'] },
      { strategyId: 'grid', exchangeId: 'KRAKEN', assetId: 'ETH/USDT', side: 'SELL', status: ['OPEN'] },
    ];
    for (const filter of filters) {
      expect((await allOf(filter)).map(({ request }) => request.orderId)).toEqual([wanted.orderId]);
    }
    expect(await allOf({ strategyId: 'grid', status: ['FILLED'] })).toEqual([]);
    expect(await allOf({ exchangeId: EXCHANGE_IDS[7] })).toEqual([]);
  });

  it('keeps the order of time when the older of two is found long before the newer', async () => {
    const older = await placed({ exchangeId: 'KRAKEN' });
    const newer = await placed({ exchangeId: 'KRAKEN' });
    await stores.orders.recordLifecycle(tenantId, older.orderId, { phase: 'CANCELLED' });
    await Promise.all(Array.from({ length: 100 }, () => placed()));
    const found = await allOf({ exchangeId: 'KRAKEN', limit: 1 });
    expect(found.map(({ request }) => request.orderId)).toEqual([newer.orderId, older.orderId]);
  });

  it('holds to the times of creation, both ends included, in whatever form they are written', async () => {
    const orders = [await placed(), await placed(), await placed()];
    const times = await Promise.all(
      orders.map(async ({ orderId }) => (await stores.orders.get(tenantId, orderId))?.state.lifecycle.createdAt ?? ''),
    );
    const [, middle = ''] = times;
    const withOffset = middle.replace('Z', '+00:00');
    const found = await allOf({ startTime: withOffset, endTime: middle });
    const expected = orders.filter((_, index) => times[index] === middle);
    expect(found.map(({ request }) => request.orderId).sort()).toEqual(expected.map(({ orderId }) => orderId).sort());
    expect(await allOf({ endTime: '2020-01-01T00:00:00Z' })).toEqual([]);
    await expect(stores.orders.list(tenantId, { startTime: 'yesterday' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      faults: [{ field: 'startTime', message: expect.stringContaining('yesterday') }],
    });
  });

  it('shows orders only: no fills, neither in the list nor in its index', async () => {
    const order = await placed();
    await stores.ledger.bookFills([anExecution(order, '1'), anExecution(order, '2')], 'STREAM');
    expect(await allOf({})).toHaveLength(1);
    const index = await stores.client.send(
      new QueryCommand({
        TableName: stores.tables.orders,
        IndexName: STATUS_INDEX,
        KeyConditionExpression: 'statusKey = :key',
        ExpressionAttributeValues: { ':key': `${tenantId}#PARTIALLY_FILLED` },
      }),
    );
    expect(index.Items?.map((item) => item['orderId'])).toEqual([order.orderId]);
  });

  it('refuses a cursor that it did not make', async () => {
    await expect(stores.orders.list(tenantId, {}, 'not a cursor')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  async function allOf(filters: OrderFilters): Promise<OrderState[]> {
    const items: OrderState[] = [];
    let cursor: string | undefined;
    do {
      const page = await stores.orders.list(tenantId, filters, cursor);
      expect(page.items.length).toBeLessThanOrEqual(filters.limit ?? 100);
      items.push(...page.items);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return items;
  }
});

describe('the item of an order', () => {
  it('has the fields of the specification under their names, decimals as strings', async () => {
    const order = await placed({ metadata: { desk: 7 } });
    await stores.orders.recordLifecycle(tenantId, order.orderId, { phase: 'OPEN', exchangeOrderId: '42' });
    const execution = anExecution(order, '9', { commission: '0.01' });
    await stores.ledger.bookFills([execution], 'STREAM');
    const { Item = {} } = await stores.client.send(
      new GetCommand({ TableName: stores.tables.orders, Key: { tenantId, orderId: order.orderId } }),
    );
    expect(Item).toMatchObject({
      itemVersion: ORDER_FORM.version,
      ...{ ...order, metadata: '{"desk":7}' },
      exchangeOrderId: '42',
      status: 'PARTIALLY_FILLED',
      filledQuantity: '0.1',
      remainingQuantity: '0.9',
      averageFilledPrice: '20000',
      commissions: { BNB: '0.01' },
      fills: [{ executionId: '9', quantity: '0.1', price: '20000' }],
      statusKey: `${tenantId}#PARTIALLY_FILLED`,
      exchangeOrderKey: `${tenantId}#BINANCE#BTC/USDT#42`,
    });
  });

  it('is left alone by a write under another version, down to attributes of a later release', async () => {
    const order = await placed();
    await stores.client.send(
      new UpdateCommand({
        TableName: stores.tables.orders,
        Key: { tenantId, orderId: order.orderId },
        UpdateExpression: 'SET laterAttribute = :value',
        ExpressionAttributeValues: { ':value': 'kept' },
      }),
    );
    const state = await stores.orders.recordLifecycle(tenantId, order.orderId, { phase: 'OPEN' });
    expect(statusOf(state)).toBe('OPEN');
    const { Item } = await stores.client.send(
      new GetCommand({ TableName: stores.tables.orders, Key: { tenantId, orderId: order.orderId } }),
    );
    expect(Item?.['laterAttribute']).toBe('kept');
  });
});

describe('the tables', () => {
  it('can be created again and by several at once, and keep what is in them', async () => {
    const order = await placed();
    const again = () => createTables(stores.client, { prefix: '' });
    const [tables] = await Promise.all([again(), again()]);
    expect(tables).toEqual(stores.tables);
    expect(await stores.orders.get(tenantId, order.orderId)).toBeDefined();
  });
});
