import type { ExecutionUpdate } from '../../src/domain/order';
import type { OrderRequest } from '../../src/domain/order-request';
import type { Adjustment, PositionHistory } from '../../src/domain/position';
import { testStack } from '../stack/stack';
import { anExecution, anIntent, anOrder, freshTenant, openStores, type Stores } from '../storage/stores';

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

async function booked(quantity: string, price: string, fields: Partial<ExecutionUpdate> = {}): Promise<OrderRequest> {
  const order = anOrder(tenantId, { quantity: '1000' });
  await stores.orders.claimIntent(order, anIntent());
  await stores.ledger.bookFills([anExecution(order, '1', { quantity, price, ...fields })], 'STREAM');
  return order;
}

const position = () => stores.positions.get(tenantId, 'BTC/USDT', 'BINANCE');
async function history(): Promise<PositionHistory[]> {
  return (await stores.positions.history({ tenantId, assetId: 'BTC/USDT' }, EVER)).items;
}

const anAdjustment = (fields: Partial<Adjustment> = {}): Adjustment => ({
  adjustmentId: 'rec-1',
  tenantId,
  assetId: 'BTC/USDT',
  exchangeId: 'BINANCE',
  quantity: '-0.5',
  reason: 'The exchange holds less.',
  ...fields,
});

describe('an adjustment', () => {
  it('is one change in the chain of its position, told with its reason', async () => {
    await booked('2', '100');
    const result = await stores.ledger.bookAdjustment(anAdjustment());
    const [, record] = await history();
    expect(result).toEqual({ result: 'BOOKED', history: record });
    expect(record).toMatchObject({
      eventType: 'RECONCILE',
      version: 2,
      previousQuantity: '2',
      newQuantity: '1.5',
      previousAvgPrice: '100',
      newAvgPrice: '100',
      adjustmentId: 'rec-1',
      reason: 'The exchange holds less.',
    });
    expect(await position()).toMatchObject({ version: 2, quantity: '1.5', cost: '150', realizedPnL: '0' });
    const shown = await stores.redis.get(`position:${tenantId}:BTC/USDT:BINANCE`);
    expect(JSON.parse(shown ?? '')).toMatchObject({ quantity: '1.5', version: 2 });
  });

  it('is booked once, however many ask for it at once, and afterwards', async () => {
    await booked('2', '100');
    const ledgers = [stores.ledger, stores.anotherLedger(), stores.anotherLedger()];
    const results = await Promise.all(ledgers.map((ledger) => ledger.bookAdjustment(anAdjustment())));
    const again = await stores.anotherLedger().bookAdjustment(anAdjustment());
    expect(results.map(({ result }) => result).sort()).toEqual(['BOOKED', 'DUPLICATE', 'DUPLICATE']);
    expect(again).toEqual({ result: 'DUPLICATE', history: (await history())[1] });
    expect(await position()).toMatchObject({ quantity: '1.5', version: 2 });
  });

  it('neither undoes nor repeats what is booked at the same time', async () => {
    const order = await booked('2', '100');
    const fills = Array.from({ length: 20 }, (_, index) => anExecution(order, `f${index}`, { quantity: '1' }));
    await Promise.all([
      ...[0, 1, 2].map((first) => stores.anotherLedger().bookFills(fills.slice(first * 5), 'STREAM')),
      stores.ledger.bookAdjustment(anAdjustment()),
    ]);
    expect(await position()).toMatchObject({ quantity: '21.5', version: 22 });
    const chain = await history();
    chain.slice(1).forEach((record, index) => expect(record.previousQuantity).toBe(chain[index]?.newQuantity));
  });

  it('does not hold for a position that has moved on, where it says so', async () => {
    expect(await stores.ledger.bookAdjustment(anAdjustment(), 1)).toMatchObject({ result: 'OUTDATED' });
    const order = await booked('2', '100');
    await stores.anotherLedger().bookFills([anExecution(order, '2', { quantity: '1' })], 'STREAM');
    const outdated = await stores.ledger.bookAdjustment(anAdjustment(), 1);
    expect(outdated).toMatchObject({ result: 'OUTDATED', position: { version: 2, quantity: '3' } });
    expect(await stores.ledger.bookAdjustment(anAdjustment(), 2)).toMatchObject({ result: 'BOOKED' });
    expect(await position()).toMatchObject({ quantity: '2.5', version: 3 });
  });

  it.each([
    ['adds at its price', '3', '120', { quantity: '5', cost: '560', realizedPnL: '0' }],
    ['adds at the average where it has none', '3', undefined, { quantity: '5', cost: '500', realizedPnL: '0' }],
    ['takes away at the average, whatever its price', '-1', '120', { quantity: '1', cost: '100', realizedPnL: '0' }],
    ['takes all away', '-2', undefined, { quantity: '0', cost: '0', realizedPnL: '0' }],
    ['turns the position, the rest at its price', '-3', '90', { quantity: '-1', cost: '-90', realizedPnL: '0' }],
  ])('%s', async (_, quantity, price, expected) => {
    await booked('2', '100');
    await stores.ledger.bookAdjustment(anAdjustment({ quantity, ...(price !== undefined && { price }) }));
    expect(await position()).toMatchObject(expected);
  });

  it('opens a position that nobody knew of', async () => {
    await stores.ledger.bookAdjustment(anAdjustment({ quantity: '3' }), 0);
    expect(await position()).toMatchObject({ quantity: '3', cost: '0', version: 1 });
  });

  it('is refused under the id of another, and with all that is wrong with it', async () => {
    await stores.ledger.bookAdjustment(anAdjustment());
    await expect(stores.ledger.bookAdjustment(anAdjustment({ quantity: '9' }))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      faults: [{ field: 'quantity' }],
    });
    const bad = anAdjustment({ adjustmentId: 'a b', assetId: 'BTC', quantity: '0', price: '-1', reason: '' });
    await expect(stores.ledger.bookAdjustment(bad)).rejects.toMatchObject({
      faults: ['adjustmentId', 'assetId', 'quantity', 'price', 'reason'].map((field) => ({ field })),
    });
  });
});

describe('a position as of a past time', () => {
  it('is what the changes by then had made of it, each at each exchange', async () => {
    let now = Date.parse('2026-03-01T00:00:00Z');
    const clock = { now: () => now, sleep: () => Promise.resolve() };
    const timed = await openStores(testStack(), clock);
    const [here, there] = [anOrder(tenantId, { quantity: '1000' }), anOrder(tenantId, { exchangeId: 'KRAKEN' })];
    await Promise.all([here, there].map((order) => timed.orders.claimIntent(order, anIntent())));
    const fees = { commission: '0.01', commissionAsset: 'BNB' };
    await timed.ledger.bookFills([anExecution(there, '1', { quantity: '0.5' })], 'STREAM');
    const states = [];
    for (let index = 0; index < 30; index++) {
      now += 60_000;
      await timed.ledger.bookFills([anExecution(here, String(index), { price: `${index + 1}`, ...fees })], 'STREAM');
      states.push(await timed.positions.get(tenantId, 'BTC/USDT', 'BINANCE'));
    }
    now += 60_000;
    await timed.ledger.bookAdjustment(anAdjustment({ exchangeId: 'KRAKEN' }));
    for (const state of states) {
      expect(await stores.positions.get(tenantId, 'BTC/USDT', 'BINANCE', state?.updatedAt)).toEqual(state);
    }
    const before = '2026-03-01T00:00:59.999Z';
    expect(await stores.positions.get(tenantId, 'BTC/USDT', 'BINANCE', before)).toBeUndefined();
    const then = '2026-03-01T01:29:30+01:00';
    const held = await stores.positions.listByAsset(tenantId, 'BTC/USDT', then);
    expect(held).toEqual([states[28], expect.objectContaining({ exchangeId: 'KRAKEN', quantity: '0.5' })]);
    expect((await stores.positions.list(tenantId, undefined, undefined, then)).items).toEqual(held);
    expect((await stores.positions.list(tenantId, 'KRAKEN', undefined, then)).items).toEqual(held.slice(1));
    expect((await stores.positions.list(tenantId, undefined, undefined, before)).items).toEqual(held.slice(1));
    await timed.close();
  });
});

describe('a history of changes', () => {
  it('is that of one position, of one instrument, of one exchange, or of the tenant, over pages', async () => {
    const places = [
      ['AAA/USDT', 'BINANCE', 3],
      ['BTC/USDT', 'BINANCE', 205],
      ['BTC/USDT', 'KRAKEN', 2],
      ['ZZZ/EUR', 'KRAKEN', 1],
    ] as const;
    await Promise.all(
      places.map(async ([assetId, exchangeId, count]) => {
        const order = anOrder(tenantId, { assetId, exchangeId, quantity: '1000' });
        await stores.orders.claimIntent(order, anIntent());
        const fills = Array.from({ length: count }, (_, index) => anExecution(order, String(index)));
        await stores.ledger.bookFills(fills, 'STREAM');
      }),
    );
    const counts = async (scope: Omit<Parameters<Stores['positions']['history']>[0], 'tenantId'>) => {
      const found: Record<string, number> = {};
      let cursor: string | undefined;
      do {
        const page = await stores.positions.history({ tenantId, ...scope }, EVER, cursor);
        expect(page.items.length).toBeLessThanOrEqual(100);
        for (const { positionId, version } of page.items) {
          expect(version).toBe((found[positionId] ?? 0) + 1);
          found[positionId] = version;
        }
        cursor = page.cursor;
      } while (cursor !== undefined);
      return found;
    };
    const all = Object.fromEntries(places.map(([assetId, at, count]) => [`${tenantId}/${assetId}/${at}`, count]));
    const only = (...parts: string[]) =>
      Object.fromEntries(Object.entries(all).filter(([id]) => parts.every((part) => id.includes(part))));
    expect(await counts({})).toEqual(all);
    expect(await counts({ exchangeId: 'KRAKEN' })).toEqual(only('KRAKEN'));
    expect(await counts({ assetId: 'BTC/USDT' })).toEqual(only('BTC/USDT'));
    expect(await counts({ assetId: 'BTC/USDT', exchangeId: 'KRAKEN' })).toEqual(only('BTC/USDT', 'KRAKEN'));
    expect(await counts({ assetId: 'CCC/USDT' })).toEqual({});
  });
});
