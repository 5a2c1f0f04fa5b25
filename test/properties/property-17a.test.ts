import fc from 'fast-check';
import { Decimal } from '../../src/domain/decimal';
import { clientOrderIdOf } from '../../src/domain/ids';
import type { OrderModification } from '../../src/domain/order';
import { isEnded, termsOf } from '../../src/domain/order-state';
import { systemRandom } from '../../src/platform/random';
import type { FaultEffect } from '../../src/simulator/faults';
import { orderOf } from '../exchanges/placing';
import { testStack } from '../stack/stack';
import { multipleOf } from './generators';
import { OrderDesk } from './order-desk';

const RUNS = 100;
const TIME_LIMIT_MS = 240_000;
const AMEND = 'PUT /api/v3/order/amend/keepPriority';
const REPLACE = 'POST /api/v3/order/cancelReplace';

const FAILURES: FaultEffect[] = [
  { kind: 'lose-reply' },
  { kind: 'status-after', status: 500 },
  { kind: 'status-before', status: 500 },
  { kind: 'status-before', status: 400, code: -1013, msg: 'Filter failure: PERCENT_PRICE_BY_SIDE' },
];

interface Step {
  modification: OrderModification;
  failure: FaultEffect | undefined;
  /** Filled at the exchange right before. */
  filled: string | undefined;
}

describe('Property 17a: Order Modification Support', () => {
  let desk: OrderDesk;
  beforeAll(async () => {
    desk = await OrderDesk.open(testStack());
  }, TIME_LIMIT_MS);
  afterAll(() => desk?.close());

  it(
    'the record has the terms that the exchange has, changes with them and not before, and fills stay counted right',
    async () => {
      const modification = fc
        .record(
          {
            newQuantity: multipleOf('0.00001', { min: '0.005', max: '0.02' }),
            newPrice: multipleOf('0.01', { min: '19000', max: '21000' }),
          },
          { requiredKeys: [] },
        )
        .filter((changes) => Object.keys(changes).length > 0);
      const step: fc.Arbitrary<Step> = fc.record({
        modification,
        failure: fc.option(fc.constantFrom(...FAILURES), { nil: undefined, freq: 2 }),
        filled: fc.option(multipleOf('0.00001', { min: '0.00001', max: '0.002' }), { nil: undefined, freq: 4 }),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 2 }), async (steps) => {
          const request = orderOf();
          await desk.submit(request);
          for (const each of steps) await takeStep(each);
          await desk.sync(request);
          const { ledger } = await desk.record(request);
          const placements = await desk.atExchange(request);
          expect(ledger.filledQuantity).toBe(Decimal.sum(...placements.map(({ executed }) => executed)).toFixed());

          async function takeStep({ modification: changes, failure, filled }: Step): Promise<void> {
            const known = await desk.record(request);
            if (isEnded(known)) return;
            const clientOrderId = clientOrderIdOf(request.orderId, known.lifecycle.generation);
            if (filled !== undefined) {
              await desk.sandbox.admin.fill({ symbol: 'BTCUSDT', clientOrderId, quantity: filled });
            }
            if (failure !== undefined) for (const endpoint of [AMEND, REPLACE]) await desk.harm(endpoint, failure);
            const before = termsOf(known);
            const amendmentId = systemRandom.uuid();
            const result = await desk.modify({ request, amendmentId, modification: changes, requestedBy: 'test' });
            await desk.heal();
            await desk.sync(request);
            const record = await desk.record(request);
            const after = termsOf(record);
            expect(record.lifecycle.amendment).toBeUndefined();
            if (result.result === 'failed') expect(after).toEqual(before);
            else expect(after).toEqual({ ...before, ...wanted(changes) });
            const theirs = (await desk.atExchange(request)).find(({ status }) => OPEN.has(status));
            expect(isEnded(record)).toBe(theirs === undefined);
            if (theirs === undefined) return;
            expect([theirs.quantity, theirs.price].map((value) => new Decimal(value).toFixed())).toEqual([
              after.quantity,
              after.price,
            ]);
          }
        }),
        { numRuns: RUNS },
      );
    },
    TIME_LIMIT_MS,
  );
});

const OPEN: ReadonlySet<string> = new Set(['NEW', 'PARTIALLY_FILLED']);

function wanted({ newQuantity, newPrice }: OrderModification): object {
  return {
    ...(newQuantity !== undefined && { quantity: newQuantity }),
    ...(newPrice !== undefined && { price: newPrice }),
  };
}
