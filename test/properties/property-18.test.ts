import fc from 'fast-check';
import { statusOf } from '../../src/domain/order-state';
import type { FaultEffect } from '../../src/simulator/faults';
import { orderOf } from '../exchanges/placing';
import { testStack } from '../stack/stack';
import { OrderDesk } from './order-desk';

const RUNS = 100;
const TIME_LIMIT_MS = 240_000;
const CANCEL = 'DELETE /api/v3/order';
const LOOK_UP = 'GET /api/v3/order';

const FAILURES: FaultEffect[] = [
  { kind: 'lose-reply' },
  { kind: 'status-after', status: 500 },
  { kind: 'status-before', status: 500 },
  { kind: 'status-before', status: 400, code: -2011, msg: 'Unknown order sent.' },
];
/** As the exchange calls what we call … */
const OURS: Record<string, string> = {
  NEW: 'OPEN',
  PARTIALLY_FILLED: 'PARTIALLY_FILLED',
  FILLED: 'FILLED',
  CANCELED: 'CANCELLED',
};

describe('Property 18: Order Cancellation Confirmation', () => {
  let desk: OrderDesk;
  beforeAll(async () => {
    desk = await OrderDesk.open(testStack());
  }, TIME_LIMIT_MS);
  afterAll(() => desk?.close());

  it(
    'an order is CANCELLED when and only when the exchange has said so; else it stays what it was, with what was filled',
    async () => {
      const failure = fc.option(fc.constantFrom(...FAILURES), { nil: undefined });
      const filled = fc.constantFrom('0', '0.004', '0.01');
      await fc.assert(
        fc.asyncProperty(failure, fc.boolean(), filled, async (effect, lookupFails, quantity) => {
          const request = orderOf();
          await desk.submit(request);
          const [{ clientOrderId = '' } = {}] = await desk.atExchange(request);
          if (quantity !== '0') await desk.sandbox.admin.fill({ symbol: 'BTCUSDT', clientOrderId, quantity });
          const before = statusOf(await desk.record(request));
          if (effect !== undefined) await desk.harm(CANCEL, effect);
          if (lookupFails) await desk.harm(LOOK_UP, { kind: 'status-before', status: 503 });
          const result = await desk.cancelOnce(request);
          await desk.heal();
          const [theirs] = await desk.atExchange(request);
          const after = statusOf(await desk.record(request));
          if (result.result === 'answered') expect(after).toBe(OURS[theirs?.status ?? '']);
          else expect(after).toBe(before);
          await desk.sync(request);
          expect(statusOf(await desk.record(request))).toBe(OURS[theirs?.status ?? '']);
          expect((await desk.record(request)).ledger.filledQuantity).toBe(quantity);
        }),
        { numRuns: RUNS },
      );
    },
    TIME_LIMIT_MS,
  );
});
