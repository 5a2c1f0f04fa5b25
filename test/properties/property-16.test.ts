import fc from 'fast-check';
import type { OrderRequestInput, OrderType } from '../../src/domain/order-request';
import { ORDER_TYPES, parseOrderRequest } from '../../src/domain/order-request';
import { CAPABILITIES } from '../../src/exchanges/binance/capabilities';
import { TENANT } from '../exchanges/binance-sandbox';
import { testStack } from '../stack/stack';
import { multipleOf, orderRequestInput } from './generators';
import { OrderDesk } from './order-desk';

const RUNS = 300;
const STACK_RUNS = 100;
const TIME_LIMIT_MS = 240_000;

/** The specification's fields of each type. */
const NEEDED: Record<OrderType, readonly (keyof OrderRequestInput)[]> = {
  MARKET: [],
  LIMIT: ['price'],
  STOP_LIMIT: ['price', 'stopPrice'],
  STOP_MARKET: ['stopPrice'],
  TRAILING_STOP: ['trailingDelta'],
};
const PRICES = ['price', 'stopPrice', 'trailingDelta'] as const;

describe('Property 16: Order Type Support', () => {
  it('an order of each type is accepted with exactly the fields that it needs; each that is missing or foreign is named', () => {
    fc.assert(
      fc.property(orderRequestInput(), fc.constantFrom(...PRICES), (order, field) => {
        expect(parseOrderRequest(order).ok).toBe(true);
        const isNeeded = NEEDED[order.orderType].includes(field);
        const { [field]: _, ...without } = order;
        const changed = isNeeded ? without : { ...order, [field]: '1' };
        const parsed = parseOrderRequest(changed);
        expect(parsed.ok ? [] : parsed.faults).toEqual([
          { field, message: `${isNeeded ? 'is required for' : 'does not belong to'} ${order.orderType} orders` },
        ]);
      }),
      { numRuns: RUNS },
    );
  });

  describe('at an exchange', () => {
    let desk: OrderDesk;
    beforeAll(async () => {
      desk = await OrderDesk.open(testStack());
    }, TIME_LIMIT_MS);
    afterAll(() => desk?.close());

    it(
      'an order of each type is sent where the exchange has the type, and held by the service where it has not',
      async () => {
        const orders = orderRequestInput({
          tenantId: TENANT,
          exchangeId: 'BINANCE',
          assetId: 'BTC/USDT',
          orders: { ...CAPABILITIES.orders, TRAILING_STOP: ['GTC', 'IOC', 'GTD'] },
          quantity: multipleOf('0.00001', { min: '0.001', max: '0.002' }),
          price: multipleOf('0.01', { min: '50000', max: '59000' }),
          postOnly: false,
        });
        const seen = new Set<OrderType>();
        await fc.assert(
          fc.asyncProperty(orders, async (input) => {
            const now = Date.now();
            const dates = { timestamp: new Date(now).toISOString() };
            const expiry = input.timeInForce === 'GTD' && { expiresAt: new Date(now + 3_600_000).toISOString() };
            const parsed = parseOrderRequest({ ...input, ...dates, ...expiry });
            if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
            const result = await desk.submit(parsed.request);
            const isHeld = input.orderType === 'TRAILING_STOP';
            expect(result.result).toBe(isHeld ? 'held' : 'settled');
            if (!('facts' in result)) return;
            seen.add(input.orderType);
            // A stop on the wrong side of the market is the exchange's to refuse.
            expect([undefined, 'EXCHANGE_REJECTED']).toContain(result.facts.lifecycle.error?.code);
            const sent = await desk.atExchange(parsed.request);
            expect(sent).toHaveLength(isHeld || result.facts.lifecycle.error !== undefined ? 0 : 1);
          }),
          { numRuns: STACK_RUNS },
        );
        expect([...seen].sort()).toEqual([...ORDER_TYPES].sort());
      },
      TIME_LIMIT_MS,
    );
  });
});
