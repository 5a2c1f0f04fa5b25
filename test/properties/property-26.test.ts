import fc from 'fast-check';
import { sum } from '../../src/domain/decimal';
import type { ExecutionUpdate } from '../../src/domain/order';
import { ORDER_SIDES, type OrderRequest } from '../../src/domain/order-request';
import { emptyPosition, type PositionHistory } from '../../src/domain/position';
import { applyFill } from '../../src/domain/position-changes';
import type { PositionManager } from '../../src/positions/position-manager';
import { fraction, type Fraction, isLess, minus, NOTHING, over, plus, signOf, size, times } from '../domain/fractions';
import { COST_ERROR, type Model, modelAfter, NO_POSITION } from '../domain/position-model';
import { testStack } from '../stack/stack';
import { aPositionManager } from '../storage/position-manager';
import { anExecution, anIntent, anOrder, freshTenant, openStores, type Stores } from '../storage/stores';
import { decimalString, priceString, quantityString } from './generators';
import { assertInLanes, LANES_TIMEOUT_MS } from './lanes';

const FILLS = 200;
/** Of one transaction: more would take the minutes that only the store's speed is worth. */
const STORED_FILLS_MAX = 20;
const EVER = { startTime: '2000-01-01', endTime: '2100-01-01' };
/** An average is shown to 28 significant digits: off by less than one part of these. */
const SHOWN_PRECISION: Fraction = { top: 1n, bottom: 10n ** 27n };

/** Large and small ones, so that positions grow, shrink, turn through zero, and close to nothing. */
const fill = fc.record({
  side: fc.constantFrom(...ORDER_SIDES),
  quantity: fc.oneof(quantityString(), fc.integer({ min: 1, max: 3 }).map(String)),
  price: priceString(),
  commission: fc.oneof(fc.constant('0'), decimalString({ min: '0.00000001', max: '2', scale: 8 })),
  commissionAsset: fc.constantFrom('BTC', 'USDT', 'BNB'),
});

/** Amounts of few digits: over two hundred fills the model's denominators multiply up. */
const coarse = fc.record({
  side: fc.constantFrom(...ORDER_SIDES),
  quantity: decimalString({ min: '0.1', max: '5', scale: 1 }),
  price: decimalString({ min: '0.1', max: '500', scale: 1 }),
  commission: decimalString({ min: '0', max: '0.2', scale: 1 }),
  commissionAsset: fc.constantFrom('BTC', 'USDT', 'BNB'),
});
const twoHundred = fc.array(coarse, { minLength: FILLS, maxLength: FILLS });

type DrawnFill = typeof fill extends fc.Arbitrary<infer T> ? T : never;

jest.setTimeout(LANES_TIMEOUT_MS);

describe('Property 26: Position and P&L Accuracy', () => {
  let stores: Stores;
  let manager: PositionManager;
  beforeAll(async () => {
    stores = await openStores(testStack());
    manager = aPositionManager(stores, () => undefined);
  });
  afterAll(() => stores.close());

  test('after each of two hundred fills a position is that of exact fractions', () => {
    fc.assert(
      fc.property(twoHundred, (drawn) => {
        const order = anOrder('acme');
        const executions = drawn.map((fields, index) => anExecution(order, String(index), fields));
        let position = emptyPosition('acme', 'BTC/USDT', 'BINANCE', order.timestamp);
        const history = executions.map((execution) => {
          const change = applyFill(position, execution, order.timestamp);
          position = change.position;
          return change.history;
        });
        expectSteps(history, executions);
      }),
      { numRuns: 100 },
    );
  });

  test('so is a stored one, whose unrealized P&L is (price − average) × quantity', async () => {
    await assertInLanes(
      fc.asyncProperty(fc.array(fill, { minLength: 1, maxLength: STORED_FILLS_MAX }), priceString(), checkStored),
    );
  });

  test('and one that two hundred fills made', async () => {
    const [drawn = []] = fc.sample(twoHundred, 1);
    await checkStored(drawn, '31415.9');
  });

  async function checkStored(drawn: readonly DrawnFill[], mark: string): Promise<void> {
    const tenantId = freshTenant();
    const orders = await placedOrders(tenantId);
    const executions = drawn.map((fields, index) => anExecution(orders[fields.side], String(index), fields));
    await stores.ledger.bookFills(executions, 'STREAM');
    const history = await historyOf(tenantId);
    expect(history).toHaveLength(executions.length);
    const model = expectSteps(history, executions);
    const position = await manager.getPosition(tenantId, 'BTC/USDT', 'BINANCE');
    expect(position?.totalCommissions).toEqual(commissionsOf(executions));
    const unrealized = await manager.calculateUnrealizedPnL(tenantId, 'BTC/USDT', mark);
    const exact = minus(times(fraction(mark), model.quantity), model.cost);
    expectClose(unrealized, exact, errorAfter(executions.length));
  }

  async function placedOrders(tenantId: string): Promise<Record<'BUY' | 'SELL', OrderRequest>> {
    const [BUY, SELL] = [anOrder(tenantId, { quantity: '10000000' }), anOrder(tenantId, { side: 'SELL' })];
    await Promise.all([BUY, SELL].map((order) => stores.orders.claimIntent(order, anIntent())));
    return { BUY, SELL };
  }

  async function historyOf(tenantId: string): Promise<PositionHistory[]> {
    const found: PositionHistory[] = [];
    let cursor: string | undefined;
    do {
      const page = await stores.positions.history({ tenantId, assetId: 'BTC/USDT' }, EVER, cursor);
      found.push(...page.items);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return found;
  }
});

/** Each record against the model, which is returned as it stands after the last. */
function expectSteps(history: readonly PositionHistory[], executions: readonly ExecutionUpdate[]): Model {
  return executions.reduce((before, { side, quantity, price, commission, commissionAsset }, index) => {
    const baseFee = commissionAsset === 'BTC' ? commission : '0';
    const model = modelAfter(before, { side, quantity, price, baseFee });
    const record = history[index];
    if (record === undefined) throw new Error(`Change ${index} has no record.`);
    const moved = minus(fraction(record.newQuantity), fraction(record.previousQuantity));
    const traded = side === 'BUY' ? fraction(quantity) : minus(NOTHING, fraction(quantity));
    expect(minus(plus(moved, fraction(record.baseFee ?? '0')), traded)).toEqual(NOTHING);
    expect(minus(fraction(record.newQuantity), model.quantity)).toEqual(NOTHING);
    expectClose(record.cost, model.cost, errorAfter(index + 1));
    expectClose(record.realizedPnL, model.realized, errorAfter(index + 1));
    expectAverage(record.newAvgPrice, model, errorAfter(index + 1));
    return model;
  }, NO_POSITION);
}

function expectAverage(shown: string, { quantity, cost }: Model, costError: Fraction): void {
  if (signOf(quantity) === 0) return expect(shown).toBe('0');
  const average = over(cost, quantity);
  const error = plus(over(costError, size(quantity)), times(size(average), SHOWN_PRECISION));
  expectClose(shown, average, error);
}

function expectClose(shown: string, exact: Fraction, error: Fraction): void {
  if (isLess(error, size(minus(fraction(shown), exact)))) expect(shown).toBe(exact);
}

function errorAfter(fills: number): Fraction {
  return times(COST_ERROR, { top: BigInt(fills), bottom: 1n });
}

function commissionsOf(executions: readonly ExecutionUpdate[]): Record<string, string> {
  const paid = executions.filter(({ commission }) => commission !== '0');
  const assets = new Set(paid.map(({ commissionAsset }) => commissionAsset));
  const of = (asset: string): string[] =>
    paid.filter(({ commissionAsset }) => commissionAsset === asset).map(({ commission }) => commission);
  return Object.fromEntries([...assets].map((asset) => [asset, sum(of(asset))]));
}
