import { orderOf } from '../exchanges/placing';
import { OrderDesk } from '../properties/order-desk';
import { testStack } from '../stack/stack';

const TIME_LIMIT_MS = 60_000;
jest.setTimeout(TIME_LIMIT_MS);
/** Longer than any order may be on its way to its exchange. */
const AN_HOUR_MS = 3_600_000;

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
});
