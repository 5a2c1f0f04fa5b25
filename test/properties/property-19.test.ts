import fc from 'fast-check';
import type { ExecutionUpdate } from '../../src/domain/order';
import type { OrderRequest } from '../../src/domain/order-request';
import { remainingQuantityOf } from '../../src/domain/order-state';
import type { PositionHistory } from '../../src/domain/position';
import { anExecution, anIntent, anOrder, freshTenant, openStores, type Stores } from '../storage/stores';
import { testStack } from '../stack/stack';
import { bookingScript, type BookingScript } from './generators';
import { assertInLanes, LANES_TIMEOUT_MS } from './lanes';

/** The model counts in integers, 10⁻⁸ each, and knows nothing of the service's decimals. */
const SCALE = 8;

const EVER = { startTime: '2000-01-01', endTime: '2100-01-01' };

jest.setTimeout(LANES_TIMEOUT_MS);

describe('Property 19: Partial Fill Tracking Accuracy', () => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await openStores(testStack());
  });
  afterAll(() => stores.close());

  it('orders, position and history agree with the fills, however these arrive', async () => {
    await assertInLanes(
      fc.asyncProperty(bookingScript(), async (script) => {
        const tenantId = freshTenant();
        const orders = script.sides.map((side) => anOrder(tenantId, { side, quantity: '1000000' }));
        await Promise.all(orders.map((order) => stores.orders.claimIntent(order, anIntent())));
        const fills = script.fills.map((fill, index) => executionOf(orders, fill, index));
        await play(script, orders, fills);
        await expectOrders(orders, fills);
        await expectPosition(tenantId, fills);
      }),
    );
  });

  /** Hands the fills over in the script's portions, to two ledgers at once, while the orders' lifecycles move on. */
  async function play(script: BookingScript, orders: OrderRequest[], fills: ExecutionUpdate[]): Promise<void> {
    const ledgers = [stores.ledger, stores.anotherLedger()];
    const calls = script.deliveries.map(async ({ elsewhere, fills: indexes }) => {
      const handed = indexes.flatMap((index) => fills[index % fills.length] ?? []);
      return await ledgers[elsewhere ? 1 : 0]!.bookFills(handed, 'STREAM');
    });
    const steps = orders.map(({ tenantId, orderId }) =>
      stores.orders.recordLifecycle(tenantId, orderId, { phase: 'OPEN', exchangeOrderId: orderId }),
    );
    const [results] = await Promise.all([Promise.all(calls), Promise.all(steps)]);
    const rest = await stores.ledger.bookFills(fills, 'BACKFILL');
    const booked = [...results.flat(), ...rest].filter(({ result }) => result === 'BOOKED');
    expect(booked).toHaveLength(fills.length);
  }

  async function expectOrders(orders: OrderRequest[], fills: ExecutionUpdate[]): Promise<void> {
    for (const order of orders) {
      const own = fills.filter(({ orderId }) => orderId === order.orderId);
      const filled = own.reduce((total, { quantity }) => total + units(quantity), 0n);
      const record = await stores.orders.get(order.tenantId, order.orderId);
      const state = record!.state;
      expect(units(state.ledger.filledQuantity)).toBe(filled);
      expect(units(remainingQuantityOf(state))).toBe(units(order.quantity) - filled);
      expect(state.ledger.fillCount).toBe(own.length);
      expect(state.lifecycle).toMatchObject({ phase: 'OPEN', exchangeOrderId: order.orderId });
      const { items } = await stores.orders.listFills(order.tenantId, order.orderId);
      expect(items.map(({ executionId }) => executionId).sort()).toEqual(
        own.map(({ executionId }) => executionId).sort(),
      );
    }
  }

  async function expectPosition(tenantId: string, fills: ExecutionUpdate[]): Promise<void> {
    const position = await stores.positions.get(tenantId, 'BTC/USDT', 'BINANCE');
    const traded = fills.reduce((total, fill) => total + effectOf(fill), 0n);
    expect(units(position!.quantity)).toBe(traded);
    const { items } = await stores.positions.history({ tenantId, assetId: 'BTC/USDT' }, EVER);
    expect(items.map(({ version }) => version)).toEqual(fills.map((_, index) => index + 1));
    const quantities = ['0', ...items.map(({ newQuantity }) => newQuantity)];
    expect(items.map(({ previousQuantity }) => previousQuantity)).toEqual(quantities.slice(0, -1));
    expect(quantities.at(-1)).toBe(position!.quantity);
    for (const record of items) expectChange(record, fills);
  }

  function expectChange({ previousQuantity, newQuantity, fillId }: PositionHistory, fills: ExecutionUpdate[]): void {
    const fill = fills.find(({ orderId, executionId }) => `${orderId}/${executionId}` === fillId);
    expect(units(newQuantity) - units(previousQuantity)).toBe(effectOf(fill!));
  }
});

function executionOf(orders: OrderRequest[], fill: BookingScript['fills'][number], index: number): ExecutionUpdate {
  const { order, ...fields } = fill;
  return anExecution(orders[order % orders.length]!, `trade-${index}`, fields);
}

/** What a fill adds to the position: its quantity, signed, less a commission in the base currency. */
function effectOf({ side, quantity, commission, commissionAsset }: ExecutionUpdate): bigint {
  const fee = commissionAsset === 'BTC' ? units(commission) : 0n;
  return (side === 'BUY' ? units(quantity) : -units(quantity)) - fee;
}

/** A decimal string as an integer number of 10⁻⁸. */
function units(decimal: string): bigint {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal) ?? [];
  expect(fraction.length).toBeLessThanOrEqual(SCALE);
  return BigInt(`${sign}${whole}${fraction.padEnd(SCALE, '0')}`);
}
