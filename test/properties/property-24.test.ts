import fc from 'fast-check';
import { Decimal } from '../../src/domain/decimal';
import type { Instrument } from '../../src/domain/instrument';
import { instrumentFaults } from '../../src/domain/instrument';
import type { OrderRequest } from '../../src/domain/order-request';
import type { RawOrder, RunningExchange } from '../conformance/exchange-kit';
import { KITS_OF_REGISTERED } from '../conformance/exchange-kit';
import { TENANT } from '../exchanges/binance-sandbox';
import { orderOf, placed, refOf } from '../exchanges/placing';
import { decimalString, instrument, multipleOf, orderRequest } from './generators';

const PURE_RUNS = 1_000;
const EXCHANGE_RUNS = 150;

describe('Property 24: the rules of an instrument', () => {
  const limits = { orders: { LIMIT: ['GTC'], MARKET: ['IOC'] } } as const;

  it('let an order pass exactly when each of its values keeps each of them', () => {
    const near = (step: string, min = '0', max = '1000'): fc.Arbitrary<string> =>
      fc
        .oneof(multipleOf(step, { min, max }), decimalString({ min: '0.000001', max, scale: 6 }))
        .filter((value) => value !== '0');
    const pair = instrument().chain((rules) =>
      fc.record({
        rules: fc.constant(rules),
        order: orderRequest({
          ...limits,
          assetId: rules.assetId,
          quantity: near(rules.lotSize, '0', rules.maxOrderSize),
          price: near(rules.tickSize, '0', rules.maxPrice),
        }),
      }),
    );
    const verdicts = new Set<boolean>();
    fc.assert(
      fc.property(pair, ({ rules, order }) => {
        const before = JSON.stringify(order);
        const faults = instrumentFaults(rules, order);
        verdicts.add(faults.length === 0);
        expect(faults.length === 0).toBe(keepsAll(rules, order));
        expect(JSON.stringify(order)).toBe(before);
      }),
      { numRuns: PURE_RUNS },
    );
    expect(verdicts.size).toBe(2);
  });

  it('refuse one step below the minimum and one above the maximum, and take both', () => {
    fc.assert(
      fc.property(instrument(), (rules) => {
        const { minNotional: _, ...sizes } = rules;
        const at = (quantity: Decimal): number =>
          instrumentFaults(
            sizes,
            orderOf({ assetId: rules.assetId, quantity: quantity.toFixed(), price: rules.minPrice ?? '1' }),
          ).length;
        const [min, max] = [new Decimal(rules.minOrderSize ?? 0), new Decimal(rules.maxOrderSize ?? 0)];
        expect([at(min), at(max)]).toEqual([0, 0]);
        expect(at(max.plus(rules.lotSize))).toBe(1);
        if (min.gt(rules.lotSize)) expect(at(min.minus(rules.lotSize))).toBe(1);
        expect(at(min.plus(new Decimal(rules.lotSize).div(2)))).toBe(1);
      }),
      { numRuns: PURE_RUNS },
    );
  });
});

describe.each(KITS_OF_REGISTERED)('Property 24: what %s refuses by an instrument’s rules', (exchangeId, kit) => {
  let exchange: RunningExchange;
  beforeAll(async () => {
    exchange = await kit.start();
  });
  afterAll(() => exchange.close());

  it('is refused by us before it is sent, and nothing else is; no value is ever rounded', async () => {
    const raw = fc.record({
      side: fc.constantFrom('BUY' as const, 'SELL' as const),
      orderType: fc.constantFrom('LIMIT' as const, 'MARKET' as const),
      quantity: fc.oneof(
        multipleOf('0.00001', { min: '0.00001', max: '0.001' }),
        multipleOf('0.01', { min: '8999', max: '9001' }),
        decimalString({ min: '0.00000001', max: '0.01', scale: 8 }),
        multipleOf('0.001', { min: '0.01', max: '10' }),
      ),
      price: fc.oneof(multipleOf('0.01', exchange.price), decimalString({ ...exchange.price, scale: 4 })),
    });
    const verdicts = new Set<boolean>();
    await fc.assert(
      fc.asyncProperty(raw, async ({ price, ...order }) => {
        const sized: RawOrder = order.orderType === 'LIMIT' ? { ...order, price } : order;
        const refusal = await exchange.refusalByRule(sized);
        const request = requestOf(sized);
        const faults = await exchange.adapter.checkOrder(request);
        // A MARKET order's notional depends on the exchange's own average price: only it can judge.
        const dependsOnMarket = order.orderType === 'MARKET' && refusal?.includes('NOTIONAL') === true;
        if (!dependsOnMarket)
          expect({ refusal, refused: faults.length > 0 }).toEqual({ refusal, refused: refusal !== undefined });
        verdicts.add(faults.length > 0);
        if (faults.length > 0) await expectUnsent(request);
      }),
      { numRuns: EXCHANGE_RUNS },
    );
    expect(verdicts.size).toBe(2);
  });

  async function expectUnsent(request: OrderRequest): Promise<void> {
    expect(await exchange.adapter.submitOrder(placed(request))).toMatchObject({
      outcome: 'denied',
      error: { code: 'INSTRUMENT_RULES' },
    });
    expect(await exchange.adapter.findOrder(refOf(request))).toEqual({ found: false });
  }

  function requestOf({ price, orderType, ...order }: RawOrder): OrderRequest {
    const isLimit = orderType === 'LIMIT';
    const base = { tenantId: TENANT, exchangeId, assetId: exchange.assetId, orderType, ...order };
    return orderOf({ ...base, price: isLimit ? price : undefined, timeInForce: isLimit ? 'GTC' : 'IOC' });
  }
});

/** The rules once more, in another way: by whole numbers of steps. */
function keepsAll(rules: Instrument, { quantity, price, orderType }: OrderRequest): boolean {
  const steps = (value: string, step: string): boolean => new Decimal(value).div(step).isInteger();
  const within = (value: Decimal, min?: string, max?: string): boolean =>
    (min === undefined || !value.lt(min)) && (max === undefined || !value.gt(max));
  const size = new Decimal(quantity);
  if (!steps(quantity, rules.lotSize) || !within(size, rules.minOrderSize, rules.maxOrderSize)) return false;
  if (orderType !== 'LIMIT' || price === undefined) return true;
  return (
    steps(price, rules.tickSize) &&
    within(new Decimal(price), rules.minPrice, rules.maxPrice) &&
    within(size.times(price), rules.minNotional, rules.maxNotional)
  );
}
