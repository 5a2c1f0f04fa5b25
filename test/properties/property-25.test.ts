import fc from 'fast-check';
import { sum } from '../../src/domain/decimal';
import type { Position } from '../../src/domain/position';
import type { PositionManager } from '../../src/positions/position-manager';
import type { Page } from '../../src/storage/orders';
import { testStack } from '../stack/stack';
import { aPositionManager } from '../storage/position-manager';
import { anExecution, anIntent, anOrder, freshTenant, openStores, type Stores } from '../storage/stores';
import { priceString, quantityString } from './generators';
import { assertInLanes, LANES_TIMEOUT_MS } from './lanes';

const ASSETS = ['BTC/USDT', 'BTC/EUR', 'BTCX/USDT', 'ETH/USDT'] as const;
const EXCHANGES = ['BINANCE', 'KRAKEN', 'OKX'] as const;

/** Fills of some places, several of one place among them. */
const fills = fc.array(
  fc.record({
    assetId: fc.constantFrom(...ASSETS),
    exchangeId: fc.constantFrom(...EXCHANGES),
    side: fc.constantFrom('BUY' as const, 'SELL' as const),
    quantity: quantityString(),
    price: priceString(),
  }),
  { minLength: 1, maxLength: 8 },
);
type DrawnFill = typeof fills extends fc.Arbitrary<(infer T)[]> ? T : never;

jest.setTimeout(LANES_TIMEOUT_MS);

describe('Property 25: Position Tracking Granularity', () => {
  let stores: Stores;
  let manager: PositionManager;
  beforeAll(async () => {
    stores = await openStores(testStack());
    manager = aPositionManager(stores, () => '100');
  });
  afterAll(() => stores.close());

  test('positions are there an exchange, an instrument, a base currency and all, and every sum is that of its parts', async () => {
    await assertInLanes(
      fc.asyncProperty(fills, async (drawn) => {
        const tenantId = freshTenant();
        await book(tenantId, drawn);
        const all = await allPages((cursor) => manager.listPositions(tenantId, undefined, cursor));
        expect(quantitiesOf(all)).toEqual(quantitiesIn(drawn));
        await Promise.all(
          [expectEachPosition, expectInstruments, expectBases, expectExchanges].map((expected) =>
            expected(tenantId, all),
          ),
        );
      }),
    );
  });

  async function book(tenantId: string, drawn: readonly DrawnFill[]): Promise<void> {
    const executions = drawn.map((fields, index) => {
      const { assetId, exchangeId, side } = fields;
      const order = anOrder(tenantId, { assetId, exchangeId, side, quantity: '1000000' });
      return { order, execution: anExecution(order, String(index), fields) };
    });
    await Promise.all(executions.map(({ order }) => stores.orders.claimIntent(order, anIntent())));
    await stores.ledger.bookFills(
      executions.map(({ execution }) => execution),
      'STREAM',
    );
  }

  async function expectEachPosition(tenantId: string, all: readonly Position[]): Promise<void> {
    const places = ASSETS.flatMap((assetId) => EXCHANGES.map((exchangeId) => ({ assetId, exchangeId })));
    const listed = places.map((place) => all.find((position) => isAt(position, place)) ?? null);
    const got = places.map(({ assetId, exchangeId }) => manager.getPosition(tenantId, assetId, exchangeId));
    expect(await Promise.all(got)).toEqual(listed);
  }

  async function expectInstruments(tenantId: string, all: readonly Position[]): Promise<void> {
    const instruments = await allPages((cursor) => manager.listAggregatedPositions(tenantId, cursor));
    expect(instruments.map(({ assetId }) => assetId)).toEqual([...new Set(all.map(({ assetId }) => assetId))]);
    for (const instrument of instruments) {
      expect(await manager.getAggregatedPosition(tenantId, instrument.assetId)).toEqual(instrument);
      const parts = all.filter(({ assetId }) => assetId === instrument.assetId);
      expect(instrument).toMatchObject({
        totalQuantity: sum(parts.map(({ quantity }) => quantity)),
        unrealizedPnL: sum(parts.map(({ unrealizedPnL = '' }) => unrealizedPnL)),
        realizedPnL: sum(parts.map(({ realizedPnL }) => realizedPnL)),
        positionsByExchange: parts.map(({ exchangeId, quantity }) => ({ exchangeId, quantity })),
      });
    }
  }

  async function expectBases(tenantId: string, all: readonly Position[]): Promise<void> {
    for (const base of ['BTC', 'BTCX', 'ETH']) {
      const parts = all.filter(({ assetId }) => assetId.startsWith(`${base}/`));
      const held = await manager.getBasePosition(tenantId, base, { currency: 'USDT' });
      expect(held.totalQuantity).toBe(sum(parts.map(({ quantity }) => quantity)));
      expect(quantitiesOf(held.positions)).toEqual(quantitiesOf(parts));
    }
  }

  async function expectExchanges(tenantId: string, all: readonly Position[]): Promise<void> {
    for (const exchangeId of EXCHANGES) {
      const there = await allPages((cursor) => manager.listPositions(tenantId, exchangeId, cursor));
      expect(quantitiesOf(there)).toEqual(quantitiesOf(all.filter((position) => position.exchangeId === exchangeId)));
    }
  }
});

function isAt(position: Position, { assetId, exchangeId }: Pick<Position, 'assetId' | 'exchangeId'>): boolean {
  return position.assetId === assetId && position.exchangeId === exchangeId;
}

async function allPages<T>(read: (cursor?: string) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return items;
}

type Quantity = Pick<Position, 'assetId' | 'exchangeId' | 'quantity'>;

function quantitiesOf(positions: readonly Quantity[]): Record<string, string> {
  return Object.fromEntries(
    positions.map(({ assetId, exchangeId, quantity }) => [`${assetId} ${exchangeId}`, quantity]),
  );
}

function quantitiesIn(drawn: readonly DrawnFill[]): Record<string, string> {
  const total: Record<string, string> = {};
  for (const { assetId, exchangeId, side, quantity } of drawn) {
    const place = `${assetId} ${exchangeId}`;
    total[place] = sum([total[place] ?? '0', side === 'BUY' ? quantity : `-${quantity}`]);
  }
  return total;
}
