import fc from 'fast-check';
import type { FaultEffect } from '../../src/simulator/faults';
import { orderOf } from '../exchanges/placing';
import { testStack } from '../stack/stack';
import { multipleOf } from './generators';
import { OrderDesk } from './order-desk';

const RUNS = 100;
const TIME_LIMIT_MS = 240_000;
const PLACE = 'POST /api/v3/order';
const LOOK_UP = 'GET /api/v3/order';

/** Ways for a submission to fail: some after the exchange took the order, some before. */
const FAILURES: FaultEffect[] = [
  { kind: 'lose-reply' },
  { kind: 'status-after', status: 500 },
  { kind: 'status-after', status: 503, code: -1007, msg: 'Timeout waiting for response from backend server.' },
  { kind: 'status-before', status: 500 },
  { kind: 'status-before', status: 503, code: -1006, msg: 'An unexpected response was received.' },
];

describe('Property 36: Duplicate Order Prevention', () => {
  let desk: OrderDesk;
  beforeAll(async () => {
    desk = await OrderDesk.open(testStack());
  }, TIME_LIMIT_MS);
  afterAll(() => desk?.close());

  it(
    'a submission that fails is looked up before it is tried again, and the exchange has one order in the end',
    async () => {
      const failures = fc.array(fc.constantFrom(...FAILURES), { minLength: 1, maxLength: 3 });
      const failingLookups = fc.nat({ max: 2 });
      const quantity = multipleOf('0.00001', { min: '0.001', max: '0.1' });
      await fc.assert(
        fc.asyncProperty(failures, failingLookups, quantity, async (effects, lookups, amount) => {
          const request = orderOf({ quantity: amount });
          for (const effect of effects) await desk.harm(PLACE, effect);
          if (lookups > 0) await desk.harm(LOOK_UP, { kind: 'status-before', status: 503 }, lookups);
          desk.sent.length = 0;
          const result = await desk.submit(request);
          await desk.heal();
          expect(result).toMatchObject({ result: 'settled', facts: { lifecycle: { phase: 'OPEN' } } });
          expect(await desk.atExchange(request)).toHaveLength(1);
          expectLookedUpBetweenSends(desk.sent);
        }),
        { numRuns: RUNS },
      );
    },
    TIME_LIMIT_MS,
  );
});

/** Between two sends there is a lookup: no send follows a send. */
function expectLookedUpBetweenSends(sent: readonly string[]): void {
  const relevant = sent.filter((call) => call === PLACE || call === LOOK_UP);
  const blind = relevant.filter((call, position) => call === PLACE && relevant[position - 1] === PLACE);
  expect(blind).toEqual([]);
}
