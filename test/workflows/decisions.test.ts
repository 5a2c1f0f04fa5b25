import fc from 'fast-check';
import { orderOf } from '../exchanges/placing';
import type { ResolveRequest } from '../../workflows/order/contract';
import { OrderLife } from '../../workflows/order/order-life';

const STARTED_AT = '2026-01-31T12:00:00.000Z';
const decision = fc.record({
  action: fc.constantFrom('CANCEL' as const, 'MARK_FILLED' as const, 'MARK_REJECTED' as const, 'RECONCILE' as const),
  reason: fc.string({ maxLength: 3 }),
  resolvedBy: fc.constantFrom('ada', 'bob'),
});

beforeEach(() => void jest.useFakeTimers({ now: Date.parse(STARTED_AT) }));
afterEach(() => void jest.useRealTimers());

function taken(steps: readonly ResolveRequest[][]): ResolveRequest[] {
  const life = new OrderLife(orderOf(), STARTED_AT);
  for (const step of steps) {
    for (const request of step) life.decide({ request });
    jest.advanceTimersByTime(1);
  }
  return life.resolutions.map(({ request }) => request);
}

test('an order that was reset takes the decisions of one step in one order, in whatever order it is told of them', () => {
  const steps = fc.array(fc.array(decision, { maxLength: 4 }), { maxLength: 3 });
  fc.assert(
    fc.property(steps, fc.infiniteStream(fc.nat({ max: 3 })), (together, swaps) => {
      const otherwise = together.map((step) => {
        const shuffled = [...step];
        for (const [at] of step.entries()) shuffled.splice(swaps.next().value, 0, ...shuffled.splice(at, 1));
        return shuffled;
      });
      expect(taken(otherwise)).toEqual(taken(together));
    }),
    { numRuns: 300 },
  );
});

test('the oldest decision comes first, whatever it is', () => {
  const cancel = { action: 'CANCEL', reason: 'b', resolvedBy: 'bob' } as const;
  const reconcile = { action: 'RECONCILE', reason: 'a', resolvedBy: 'ada' } as const;
  expect(taken([[reconcile], [cancel]])).toEqual([reconcile, cancel]);
});
