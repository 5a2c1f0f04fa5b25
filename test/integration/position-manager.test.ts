import type { OrderRequest } from '../../src/domain/order-request';
import type { PositionManager } from '../../src/positions/position-manager';
import { testStack } from '../stack/stack';
import { aPositionManager, PRICED_AT } from '../storage/position-manager';
import { anExecution, anIntent, anOrder, freshTenant, openStores, type Stores } from '../storage/stores';

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

describe('positions as clients see them', () => {
  const prices: Record<string, string> = { BINANCE: '21000', KRAKEN: '22000' };
  let manager: PositionManager;

  beforeEach(() => {
    manager = aPositionManager(stores, ({ exchangeId }) => prices[exchangeId]);
  });

  it('are valued at the market, one by one and together', async () => {
    const [here, there] = [await placed(), await placed({ exchangeId: 'KRAKEN', side: 'SELL' })];
    await manager.updatePositionFromFill(anExecution(here, '1', { quantity: '0.3' }));
    const short = await manager.updatePositionFromFill(anExecution(there, '1', { quantity: '0.1', price: '23000' }));
    expect(short).toMatchObject({
      quantity: '-0.1',
      averageEntryPrice: '23000',
      currentPrice: '22000',
      unrealizedPnL: '100',
    });
    expect(await manager.getPosition(tenantId, 'BTC/USDT', 'BINANCE')).toMatchObject({
      quantity: '0.3',
      unrealizedPnL: '300',
      unrealizedPnLPercent: '5',
    });
    expect(await manager.getAggregatedPosition(tenantId, 'BTC/USDT')).toMatchObject({
      totalQuantity: '0.2',
      weightedAveragePrice: '18500',
      unrealizedPnL: '400',
      positionsByExchange: [{ exchangeId: 'BINANCE' }, { exchangeId: 'KRAKEN' }],
    });
    expect(await manager.calculateUnrealizedPnL(tenantId, 'BTC/USDT', '21000')).toBe('500');
  });

  it('carry no valuation while there has been no price, rather than a wrong one, and that is alerted', async () => {
    const order = await placed({ exchangeId: 'OKX' });
    const position = await manager.updatePositionFromFill(anExecution(order, '1'));
    expect(position).not.toHaveProperty('currentPrice');
    expect(position).not.toHaveProperty('unrealizedPnL');
    expect(await manager.getAggregatedPosition(tenantId, 'BTC/USDT')).not.toHaveProperty('unrealizedPnL');
    const details = { assetId: 'BTC/USDT' };
    const alert = { code: 'POSITION_UNPRICED', exchangeId: 'OKX', aspect: 'BTC/USDT', details };
    expect(stores.alerts.of(tenantId)[0]).toMatchObject(alert);
  });

  it('keep their last known price while there is none, and say since when', async () => {
    const order = await placed();
    const priced = await manager.updatePositionFromFill(anExecution(order, '1', { quantity: '0.3' }));
    expect(priced).toMatchObject({ unrealizedPnL: '300', pricedAt: PRICED_AT });
    expect(priced).not.toHaveProperty('unpricedSince');
    expect(stores.alerts.of(tenantId)).toEqual([]);
    const elsewhere = aPositionManager(stores, () => undefined);
    const valued = { currentPrice: '21000', unrealizedPnL: '300', pricedAt: PRICED_AT, unpricedSince: PRICED_AT };
    expect(await elsewhere.getPosition(tenantId, 'BTC/USDT', 'BINANCE')).toMatchObject(valued);
    // What is booked meanwhile is valued at it, too.
    const more = anExecution(order, '2', { quantity: '0.1', price: '20500' });
    expect(await elsewhere.updatePositionFromFill(more)).toMatchObject({
      unrealizedPnL: '350',
      ...{ quantity: '0.4' },
    });
    expect(await elsewhere.getAggregatedPosition(tenantId, 'BTC/USDT')).toMatchObject({
      unrealizedPnL: '350',
      unpricedSince: PRICED_AT,
    });
    const details = { assetId: 'BTC/USDT', lastPrice: '21000', unpricedSince: PRICED_AT };
    expect(stores.alerts.of(tenantId)[0]).toMatchObject({ code: 'POSITION_UNPRICED', details });
  });

  it('are valued by a price that came at the second question', async () => {
    let questions = 0;
    const slow = aPositionManager(stores, () => (++questions % 2 === 1 ? undefined : '21000'));
    const order = await placed();
    expect(await slow.updatePositionFromFill(anExecution(order, '1'))).toMatchObject({ unrealizedPnL: '100' });
    expect(stores.alerts.of(tenantId)).toEqual([]);
  });

  it('need no price when they are closed', async () => {
    const [buy, sell] = [await placed({ exchangeId: 'OKX' }), await placed({ exchangeId: 'OKX', side: 'SELL' })];
    await stores.ledger.bookFills([anExecution(buy, '1'), anExecution(sell, '2', { price: '20100' })], 'STREAM');
    expect(await manager.getPosition(tenantId, 'BTC/USDT', 'OKX')).toMatchObject({
      unrealizedPnL: '0',
      realizedPnL: '10',
    });
    expect(stores.alerts.of(tenantId)).toEqual([]);
  });

  it('are added up by instrument, over pages that cut none in two', async () => {
    const instruments = Array.from({ length: 60 }, (_, index) => `C${String(index).padStart(2, '0')}/USDT`);
    const orders = await Promise.all(
      instruments.flatMap((assetId) => [placed({ assetId }), placed({ assetId, exchangeId: 'KRAKEN' })]),
    );
    await stores.ledger.bookFills(
      orders.map((order) => anExecution(order, '1')),
      'STREAM',
    );
    const found = [];
    let cursor: string | undefined;
    do {
      const page = await manager.listAggregatedPositions(tenantId, cursor);
      found.push(...page.items);
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(found.map(({ assetId }) => assetId)).toEqual(instruments);
    expect(new Set(found.map(({ totalQuantity }) => totalQuantity))).toEqual(new Set(['0.2']));
  });

  it('are listed by tenant and by exchange, over pages', async () => {
    const orders = await Promise.all(
      Array.from({ length: 103 }, (_, index) =>
        placed({ assetId: `C${index}/USDT`, exchangeId: index < 2 ? 'KRAKEN' : 'BINANCE' }),
      ),
    );
    await stores.ledger.bookFills(
      orders.map((order) => anExecution(order, '1')),
      'STREAM',
    );
    const first = await manager.listPositions(tenantId);
    const second = await manager.listPositions(tenantId, undefined, first.cursor);
    expect([first.items.length, second.items.length, second.cursor]).toEqual([100, 3, undefined]);
    const ids = new Set([...first.items, ...second.items].map(({ positionId }) => positionId));
    expect(ids.size).toBe(103);
    const there = await manager.listPositions(tenantId, 'KRAKEN');
    expect(there.items.map(({ assetId }) => assetId).sort()).toEqual(['C0/USDT', 'C1/USDT']);
  });

  it('do not exist before the first fill', async () => {
    expect(await manager.getPosition(tenantId, 'BTC/USDT', 'BINANCE')).toBeNull();
    expect(await manager.listPositions(tenantId)).toEqual({ items: [] });
    expect(await manager.getAggregatedPosition(tenantId, 'BTC/USDT')).toMatchObject({
      totalQuantity: '0',
      positionsByExchange: [],
    });
  });

  it('refuse a history that ends before it begins, and name both ends', async () => {
    const [start, end] = ['2026-02-01T00:00:00Z', '2026-01-01T00:00:00Z'];
    const history = manager.getPositionHistory(tenantId, 'BTC/USDT', start, end);
    await expect(history).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      faults: [{ field: 'endTime', message: `must not be before startTime "${start}", got "${end}"` }],
    });
  });

  it('refuse a fill of no order of the tenant', async () => {
    const fill = anExecution(anOrder(tenantId), '1');
    await expect(manager.updatePositionFromFill(fill)).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' });
  });
});

describe('what is held of a base currency', () => {
  const market: Record<string, string> = {
    'BTC/USDT': '21000',
    'BTC/EUR': '20000',
    'EUR/USDT': '1.1',
    'BTC/BNB': '50',
  };
  let manager: PositionManager;

  beforeEach(async () => {
    manager = aPositionManager(stores, ({ assetId, exchangeId }) =>
      exchangeId === 'OKX' ? undefined : market[assetId],
    );
    const orders = await Promise.all([
      placed(),
      placed({ assetId: 'BTC/EUR' }),
      placed({ assetId: 'BTC/EUR', exchangeId: 'KRAKEN', side: 'SELL' }),
      placed({ assetId: 'ETH/USDT' }),
    ]);
    const fees = { commission: '0.001', commissionAsset: 'BTC' };
    const [usdt, eur, short, other] = orders;
    const fills = [
      usdt && anExecution(usdt, '1', { quantity: '2', price: '20000' }),
      eur && anExecution(eur, '1', { quantity: '1', price: '19000', ...fees }),
      short && anExecution(short, '1', { quantity: '0.5', price: '21000' }),
      other && anExecution(other, '1', { quantity: '9' }),
    ];
    await stores.ledger.bookFills(
      fills.flatMap((fill) => fill ?? []),
      'STREAM',
    );
  });

  it('is added up across quotes and exchanges, each conversion shown', async () => {
    const held = await manager.getBasePosition(tenantId, 'BTC', { currency: 'USDT' });
    const eur = { from: 'EUR', to: 'USDT', rate: '1.1', source: 'PRICE', assetId: 'EUR/USDT', at: PRICED_AT };
    expect(held).toMatchObject({
      base: 'BTC',
      currency: 'USDT',
      totalQuantity: '2.499',
      // 2 000 in USDT; 0.999 × 1 000 and 0.5 × 1 000 in EUR.
      unrealizedPnL: '3648.9',
      realizedPnL: '0',
      totalCommissions: { BTC: '0.001' },
      positions: [
        { assetId: 'BTC/EUR', exchangeId: 'BINANCE', conversion: { ...eur, exchangeId: 'BINANCE' } },
        {
          assetId: 'BTC/EUR',
          exchangeId: 'KRAKEN',
          unrealizedPnL: '500',
          conversion: { ...eur, exchangeId: 'KRAKEN' },
        },
        { assetId: 'BTC/USDT', conversion: { from: 'USDT', to: 'USDT', rate: '1', source: 'SAME_CURRENCY' } },
      ],
    });
    // (40 000 + 1.1 × (0.999 × 19 000 − 0.5 × 21 000)) ÷ 2.499
    expect(held.weightedAveragePrice).toBe('19739.53581432573029211684674');
  });

  it('is converted by the inverse of a price where there is no other', async () => {
    const { positions } = await manager.getBasePosition(tenantId, 'BTC', { currency: 'EUR' });
    expect(positions[2]?.conversion).toMatchObject({
      from: 'USDT',
      to: 'EUR',
      source: 'INVERSE_PRICE',
      assetId: 'EUR/USDT',
      rate: '0.9090909090909090909090909091',
    });
  });

  it('has no sum in money where a conversion is missing, but still its quantity', async () => {
    const held = await manager.getBasePosition(tenantId, 'BTC', { currency: 'JPY' });
    expect(held.totalQuantity).toBe('2.499');
    for (const sum of ['unrealizedPnL', 'realizedPnL', 'weightedAveragePrice']) expect(held).not.toHaveProperty(sum);
    expect(held.positions.map(({ conversion }) => conversion)).toEqual([undefined, undefined, undefined]);
  });

  it('asks for a currency only where there are several', async () => {
    expect(await manager.getBasePosition(tenantId, 'ETH')).toMatchObject({ currency: 'USDT', totalQuantity: '9' });
    await expect(manager.getBasePosition(tenantId, 'BTC')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      faults: [{ field: 'currency', message: expect.stringContaining('EUR, USDT') }],
    });
  });

  it('has P&L per quote, gross and net of fees in it, of now, at a price, and of a past time', async () => {
    const before = new Date().toISOString();
    const [sell] = [await placed({ side: 'SELL', quantity: '9' })];
    const fees = { commission: '3', commissionAsset: 'USDT' };
    await stores.ledger.bookFills([anExecution(sell, '9', { quantity: '1', price: '20500', ...fees })], 'STREAM');
    const now = await manager.getProfitAndLoss(tenantId);
    expect(now.totals).toMatchObject([
      { quote: 'EUR', realizedPnL: '0', unrealizedPnL: '1499' },
      { quote: 'USDT', realizedPnL: '500', realizedPnLNet: '497' },
    ]);
    // ETH/USDT has no market here.
    expect(now.totals[1]).not.toHaveProperty('unrealizedPnL');
    expect(now.totalCommissions).toEqual({ BTC: '0.001', USDT: '3' });
    const scope = { assetId: 'BTC/USDT', exchangeId: 'BINANCE' as const, currentPrice: '20100' };
    const priced = await manager.getProfitAndLoss(tenantId, scope);
    expect(priced.totals).toMatchObject([{ quote: 'USDT', realizedPnL: '500', unrealizedPnL: '100' }]);
    const then = await manager.getProfitAndLoss(tenantId, { ...scope, asOf: before });
    expect(then).toMatchObject({ asOf: before, totals: [{ realizedPnL: '0', unrealizedPnL: '200' }] });
    expect(await manager.calculateUnrealizedPnL(tenantId, 'BTC/USDT', '20100', before)).toBe('200');
    const past = await manager.getAggregatedPosition(tenantId, 'BTC/USDT', before);
    expect(past).toMatchObject({ totalQuantity: '2', realizedPnL: '0' });
    expect(past).not.toHaveProperty('unrealizedPnL');
    await expect(manager.getProfitAndLoss(tenantId, { currentPrice: '1' })).rejects.toMatchObject({
      faults: [{ field: 'currentPrice' }],
    });
  });
});
