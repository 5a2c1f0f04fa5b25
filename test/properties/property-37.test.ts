import fc from 'fast-check';
import { clientOrderIdOf, orderIdOf } from '../../src/domain/ids';
import { orderOf } from '../exchanges/placing';
import { testStack } from '../stack/stack';
import { OrderDesk } from './order-desk';

const RUNS = 100;
const TIME_LIMIT_MS = 240_000;

describe('Property 37: Idempotency Key Usage', () => {
  let desk: OrderDesk;
  beforeAll(async () => {
    desk = await OrderDesk.open(testStack());
  }, TIME_LIMIT_MS);
  afterAll(() => desk?.close());

  it(
    'the exchange is sent what the key derives, and the same key again gets the same order, also after it has ended',
    async () => {
      const end = fc.constantFrom('open', 'filled', 'cancelled');
      const again = fc.integer({ min: 1, max: 4 });
      await fc.assert(
        fc.asyncProperty(end, again, fc.boolean(), async (ending, times, atOnce) => {
          const request = orderOf();
          const first = await desk.submit(request);
          const [theirs] = await desk.atExchange(request);
          const { tenantId, idempotencyKey } = request;
          expect(theirs?.clientOrderId).toBe(clientOrderIdOf(orderIdOf(tenantId, idempotencyKey), 0));
          const clientOrderId = theirs?.clientOrderId ?? '';
          if (ending === 'filled') await desk.sandbox.admin.fill({ symbol: 'BTCUSDT', clientOrderId });
          if (ending === 'cancelled') await desk.cancelOnce(request);
          const others = atOnce
            ? await Promise.all(Array.from({ length: times }, () => desk.submitOnce(request)))
            : [await desk.submitOnce(request)];
          const exchangeOrderIds = [first, ...others].map((result) =>
            'facts' in result ? result.facts.lifecycle.exchangeOrderId : undefined,
          );
          expect(new Set(exchangeOrderIds)).toEqual(new Set([String(theirs?.orderId)]));
          expect(await desk.atExchange(request)).toHaveLength(1);
        }),
        { numRuns: RUNS },
      );
    },
    TIME_LIMIT_MS,
  );
});
