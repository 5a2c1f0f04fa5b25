import fc from 'fast-check';
import { noticesOf } from '../../src/domain/feed-notices';
import type { OrderState } from '../../src/domain/order';
import { advance, withLedger } from '../../src/domain/order-lifecycle';
import { addFills, newOrderState } from '../../src/domain/order-state';
import { viewOrder } from '../../src/domain/order-view';
import { executionUpdate, orderRequest } from '../properties/generators';

const AT = '2026-01-31T12:00:00.000Z';

/** The writes of an order's record: words of the exchange and of people, and fills, several at once. */
function writes(): fc.Arbitrary<OrderState[]> {
  const word = fc.record({
    type: fc.constantFrom('ACKNOWLEDGED' as const, 'CANCEL_REQUESTED' as const, 'MODIFIED' as const),
    at: fc.integer({ min: 0, max: 5 }).map((second) => `2026-01-31T12:00:0${second}.000Z`),
    by: fc.constantFrom('BINANCE', 'ada'),
  });
  const fills = fc.array(executionUpdate(), { minLength: 1, maxLength: 4 });
  return fc.tuple(orderRequest(), fc.array(fc.oneof(word, fills), { maxLength: 12 })).map(([request, steps]) => {
    const states = [newOrderState(request, AT)];
    for (const [place, step] of steps.entries()) {
      const state = states.at(-1)!;
      const fresh = (own: object[]): never =>
        own.map((fill, nth) => ({ ...fill, orderId: request.orderId, executionId: `${place}-${nth}` })) as never;
      states.push(
        Array.isArray(step)
          ? withLedger(state, addFills(state.ledger, fresh(step)), AT)
          : advance(state, { events: [step] }, AT),
      );
    }
    return states;
  });
}

test('over all writes of an order each event and each fill is told once, and the last notice has the order as it is', () => {
  fc.assert(
    fc.property(writes(), (states) => {
      const notices = states.flatMap((state, place) => noticesOf(states[place - 1], state));
      const { fills, events, metadata: _, ...order } = viewOrder(states.at(-1)!);
      const told = notices.flatMap((notice) => (notice.kind === 'ORDER' ? notice.events : []));
      expect(told.map((event) => JSON.stringify(event)).sort()).toEqual(
        events.map((event) => JSON.stringify(event)).sort(),
      );
      expect(notices.flatMap((notice) => (notice.kind === 'EXECUTION' ? [notice.execution] : []))).toEqual(fills);
      expect(notices.at(-1)).toMatchObject({ kind: 'ORDER', order });
      expect(new Set(notices.map(({ eventId }) => eventId)).size).toBe(notices.length);
    }),
    { numRuns: 300 },
  );
});

test('the same write read again makes the same notices, and one that no reader sees makes none', () => {
  fc.assert(
    fc.property(writes(), (states) => {
      const [before, after] = [states.at(-2), states.at(-1)!];
      expect(noticesOf(before, structuredClone(after))).toEqual(noticesOf(before, after));
      expect(noticesOf(after, after)).toEqual([]);
    }),
  );
});
