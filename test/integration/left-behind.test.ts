import type { ModifyOrderInput } from '../../activities/order-activities';
import type { OrderRequest } from '../../src/domain/order-request';
import { isEnded } from '../../src/domain/order-state';
import { systemRandom } from '../../src/platform/random';
import type { FaultEffect } from '../../src/simulator/faults';
import { orderOf } from '../exchanges/placing';
import { OrderDesk } from '../properties/order-desk';
import { testStack } from '../stack/stack';

const TIME_LIMIT_MS = 60_000;
jest.setTimeout(TIME_LIMIT_MS);
/** Longer than any order may be on its way to its exchange. */
const AN_HOUR_MS = 3_600_000;
const REPLACE = 'POST /api/v3/order/cancelReplace';
const LOOK_UP = 'GET /api/v3/order';
const DOWN: FaultEffect = { kind: 'status-before', status: 503 };

describe('an order whose workflow was terminated or reset goes on from what was left behind', () => {
  let desk: OrderDesk;
  beforeAll(async () => {
    desk = await OrderDesk.open(testStack());
  });
  afterAll(() => desk.close());

  test('a protective stop that is held for an hour is still held when its workflow runs anew, not REJECTED as stale', async () => {
    const stop = orderOf({ orderType: 'TRAILING_STOP', side: 'SELL', trailingDelta: '200', price: undefined });
    expect(await desk.submit(stop)).toMatchObject({ result: 'held' });
    desk.age(AN_HOUR_MS);
    const { lifecycle: before } = await desk.record(stop);
    expect(await desk.submitOnce(stop)).toMatchObject({ result: 'held', stuckAfterMs: 60_000 });
    expect((await desk.record(stop)).lifecycle).toEqual(before);
    expect((await desk.stores.orders.get(stop.tenantId, stop.orderId))?.intent).toBeUndefined();
  });

  /** Another id is that of another run: a run that is reset draws a new one for what it is asked again. */
  const change = (request: OrderRequest, newPrice: string): ModifyOrderInput => ({
    ...{ request, amendmentId: systemRandom.uuid(), modification: { newPrice }, requestedBy: 'ada' },
  });

  /** A resting order of whose change to 20100 nobody knows what became. */
  async function changedInDoubt(reply: FaultEffect): Promise<OrderRequest> {
    const request = orderOf();
    await desk.submit(request);
    await desk.harm(REPLACE, reply);
    // The first is the look at the order that is to be changed.
    await desk.sandbox.admin.addFault({ match: { endpoint: LOOK_UP, skip: 1 }, effect: DOWN });
    expect(await desk.modifyOnce(change(request, '20100'))).toMatchObject({ result: 'unknown' });
    await desk.heal();
    return request;
  }

  async function livePrices(request: OrderRequest): Promise<number[]> {
    const live = (await desk.atExchange(request)).filter(({ status }) => status === 'NEW');
    return live.map(({ price }) => Number(price));
  }

  test.each([
    ['the same change', '20100', 1],
    ['another change', '20200', 2],
  ])('%s after a reset: the replacement that was made before is known, and followed', async (_, price, generation) => {
    const request = await changedInDoubt({ kind: 'lose-reply' });
    expect(await desk.modify(change(request, price))).toMatchObject({ result: 'modified' });
    const { lifecycle } = await desk.record(request);
    expect(lifecycle).toMatchObject({ phase: 'OPEN', generation, terms: { price } });
    expect(lifecycle.amendment).toBeUndefined();
    expect(await livePrices(request)).toEqual([Number(price)]);
  });

  test('a change that never arrived is not taken for made when the next is asked for', async () => {
    const request = await changedInDoubt(DOWN);
    const next = change(request, '20200');
    expect(await desk.modifyOnce(next)).toMatchObject({ result: 'unknown' });
    expect(await livePrices(request)).toEqual([20000]);
    expect(await desk.modify(next)).toMatchObject({ result: 'modified' });
    expect(await livePrices(request)).toEqual([20200]);
    expect((await desk.record(request)).lifecycle.generation).toBe(1);
  });

  test.each([
    ['made', { kind: 'lose-reply' }, 1, '20100'],
    ['not made', DOWN, 0, undefined],
  ] as const)(
    'an order whose change was %s can end though nobody waits for the change',
    async (_, reply, generation, price) => {
      const request = await changedInDoubt(reply);
      expect(await desk.settleModification(request)).toMatchObject({
        result: 'settled',
        facts: { lifecycle: { generation } },
      });
      expect((await desk.record(request)).lifecycle.terms?.price).toBe(price);
      await desk.cancelOnce(request);
      expect(isEnded(await desk.record(request))).toBe(true);
      expect(await livePrices(request)).toEqual([]);
    },
  );
});
