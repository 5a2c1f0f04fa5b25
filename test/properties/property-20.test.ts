import fc from 'fast-check';
import type { OrderType, TimeInForce } from '../../src/domain/order-request';
import { ORDER_TYPES, parseOrderRequest, TIMES_IN_FORCE } from '../../src/domain/order-request';
import { planPlacement } from '../../src/domain/placement';
import type { OfferedOrders } from '../../src/domain/placement';
import { isoInstant, orderRequest, orderRequestInput } from './generators';

const RUNS = 300;
/** Few of the pairs of an order and an exchange's offer are held orders that the exchange could take otherwise. */
const PLACED_RUNS = 2_000;

describe('Property 20: Time-in-Force Support', () => {
  it('each time in force is accepted; GTD with a valid expiresAt after its timestamp, and no other with one', () => {
    const wrong = fc.oneof(fc.constant(undefined), fc.constant('tomorrow'), isoInstant());
    fc.assert(
      fc.property(orderRequestInput(), wrong, (order, expiresAt) => {
        expect(parseOrderRequest(order).ok).toBe(true);
        const { expiresAt: _, ...rest } = order;
        const changed = expiresAt === undefined ? rest : { ...rest, expiresAt };
        const isValid = expiresAt !== undefined && Date.parse(expiresAt) > Date.parse(order.timestamp);
        const fits = order.timeInForce === 'GTD' ? isValid : expiresAt === undefined;
        const parsed = parseOrderRequest(changed);
        expect(parsed.ok).toBe(fits);
        if (!parsed.ok) expect(parsed.faults.map(({ field }) => field)).toContain('expiresAt');
      }),
      { numRuns: RUNS },
    );
  });

  const offered: fc.Arbitrary<OfferedOrders> = fc.dictionary(
    fc.constantFrom(...ORDER_TYPES),
    fc.subarray([...TIMES_IN_FORCE]),
  );

  it('what is sent is always what the exchange offers; the rest is done by the service and named, or refused with what is missing', () => {
    fc.assert(
      fc.property(orderRequest(), offered, fc.boolean(), (request, orders, allowed) => {
        const plan = planPlacement(request, orders, allowed);
        const has = (type: OrderType, time: TimeInForce): boolean => orders[type]?.includes(time) ?? false;
        const isNative = has(request.orderType, request.timeInForce);
        if ('faults' in plan) {
          expect(isNative).toBe(false);
          expect(plan.faults[0]?.message).toContain(request.exchangeId);
          return;
        }
        expect(has(plan.placed.orderType, plan.placed.timeInForce)).toBe(true);
        expect(plan.placed.timeInForce === 'FOK').toBe(request.timeInForce === 'FOK');
        expect(plan.emulated.length === 0).toBe(isNative);
        if (!isNative) expect(allowed).toBe(true);
        expect(plan.emulated.includes('GTD')).toBe(request.timeInForce === 'GTD' && plan.placed.timeInForce === 'GTC');
        expect(parseOrderRequest(plan.placed).ok).toBe(true);
        expect(plan.placed).toMatchObject({ quantity: request.quantity, side: request.side, orderId: request.orderId });
      }),
      { numRuns: PLACED_RUNS },
    );
  });
});
