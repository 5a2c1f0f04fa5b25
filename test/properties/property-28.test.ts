import fc from 'fast-check';
import { Decimal, sum } from '../../src/domain/decimal';
import { ORDER_SIDES, type OrderRequest } from '../../src/domain/order-request';
import type { PositionHistory } from '../../src/domain/position';
import { testStack } from '../stack/stack';
import { anExecution, anIntent, anOrder, freshTenant, openStores, type Stores } from '../storage/stores';
import { quantityString } from './generators';
import { assertInLanes, LANES_TIMEOUT_MS } from './lanes';

const EVER = { startTime: '2000-01-01', endTime: '2100-01-01' };
const PLACE = { assetId: 'BTC/USDT', exchangeId: 'BINANCE' } as const;

/** Fills and adjustments; small whole amounts among them, so that positions close and turn. */
const changes = fc.array(
  fc.record({
    kind: fc.constantFrom('FILL' as const, 'FILL' as const, 'FILL' as const, 'ADJUSTMENT' as const),
    side: fc.constantFrom(...ORDER_SIDES),
    quantity: fc.oneof(fc.integer({ min: 1, max: 2 }).map(String), quantityString()),
  }),
  { minLength: 1, maxLength: 6 },
);
type Change = typeof changes extends fc.Arbitrary<(infer T)[]> ? T : never;

jest.setTimeout(LANES_TIMEOUT_MS);

describe('Property 28: Position History Tracking', () => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await openStores(testStack());
  });
  afterAll(() => stores.close());

  test('every change has one record: what was before, what is after, and what has made it', async () => {
    const seen = new Set<string>();
    await assertInLanes(
      fc.asyncProperty(changes, async (script) => {
        const tenantId = freshTenant();
        const orders = await placedOrders(tenantId);
        for (const [index, change] of script.entries()) await make(change, index, orders);
        const { items: history } = await stores.positions.history({ tenantId, ...PLACE }, EVER);
        expect(history).toHaveLength(script.length);
        let quantity = '0';
        for (const [index, change] of script.entries()) {
          const before = quantity;
          quantity = sum([before, change.side === 'BUY' ? change.quantity : `-${change.quantity}`]);
          const eventType = change.kind === 'ADJUSTMENT' ? 'RECONCILE' : eventOf(before, quantity);
          seen.add(eventType);
          const record = history[index];
          expect(record).toMatchObject({
            version: index + 1,
            previousQuantity: before,
            newQuantity: quantity,
            eventType,
          });
          expect(record).toMatchObject(causeOf(change, index, orders));
          expect(record?.previousAvgPrice).toBe(history[index - 1]?.newAvgPrice ?? '0');
        }
        await expectPast(tenantId, history);
      }),
    );
    expect([...seen].sort()).toEqual(['CLOSE', 'DECREASE', 'INCREASE', 'OPEN', 'RECONCILE']);
  });

  async function placedOrders(tenantId: string): Promise<Record<'BUY' | 'SELL', OrderRequest>> {
    const [BUY, SELL] = [anOrder(tenantId, { quantity: '1000000' }), anOrder(tenantId, { side: 'SELL' })];
    await Promise.all([BUY, SELL].map((order) => stores.orders.claimIntent(order, anIntent())));
    return { BUY, SELL };
  }

  async function make({ kind, side, quantity }: Change, index: number, orders: Orders): Promise<void> {
    const order = orders[side];
    const execution = anExecution(order, String(index), { quantity });
    if (kind === 'FILL') return void (await stores.ledger.bookFills([execution], 'STREAM'));
    const delta = side === 'BUY' ? quantity : `-${quantity}`;
    const { tenantId } = order;
    const adjustment = { adjustmentId: String(index), tenantId, ...PLACE, quantity: delta, reason: 'A difference.' };
    await stores.ledger.bookAdjustment(adjustment);
  }

  /** The history alone says how the position stood: the last record of an instant is the position as of it. */
  async function expectPast(tenantId: string, history: readonly PositionHistory[]): Promise<void> {
    const middle = history[Math.floor(history.length / 2)]?.timestamp ?? '';
    const last = history.findLast(({ timestamp }) => timestamp === middle);
    const then = await stores.positions.get(tenantId, PLACE.assetId, PLACE.exchangeId, middle);
    expect(then).toMatchObject({ version: last?.version, quantity: last?.newQuantity, realizedPnL: last?.realizedPnL });
  }
});

type Orders = Record<'BUY' | 'SELL', OrderRequest>;

function causeOf({ kind, side }: Change, index: number, orders: Orders): Partial<PositionHistory> {
  if (kind === 'ADJUSTMENT') return { adjustmentId: String(index), reason: 'A difference.' };
  return { fillId: `${orders[side].orderId}/${index}` };
}

function eventOf(before: string, after: string): string {
  const [old, fresh] = [new Decimal(before), new Decimal(after)];
  if (fresh.isZero()) return 'CLOSE';
  if (old.times(fresh).lte(0)) return 'OPEN';
  return fresh.abs().gt(old.abs()) ? 'INCREASE' : 'DECREASE';
}
