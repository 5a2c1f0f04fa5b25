import fc from 'fast-check';
import { orderIdOf } from '../../src/domain/ids';
import { DynamoOrderStore } from '../../src/storage/dynamodb/orders-store';
import { systemClock } from '../../src/platform/clock';
import { anIntent, freshTenant, openStores, type Stores } from '../storage/stores';
import { testStack } from '../stack/stack';
import { name, orderRequest, tenantId } from './generators';
import { assertInLanes, LANES_TIMEOUT_MS } from './lanes';

jest.setTimeout(LANES_TIMEOUT_MS);

describe('Property 17: Order ID Uniqueness', () => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await openStores(testStack());
  });
  afterAll(() => stores.close());

  it('an orderId is a function of tenant and key, and no two keys of a tenant, or tenants, share one', () => {
    const owners = fc.uniqueArray(fc.tuple(tenantId(), name()), { minLength: 2, maxLength: 50, selector: String });
    fc.assert(
      fc.property(owners, (pairs) => {
        const ids = pairs.map(([tenant, key]) => orderIdOf(tenant, key));
        expect(new Set(ids).size).toBe(pairs.length);
        expect(pairs.map(([tenant, key]) => orderIdOf(tenant, key))).toEqual(ids);
      }),
    );
  });

  it('of any number of attempts at once, in two processes, to place one order, one may send it', async () => {
    const { client, tables, projection } = stores;
    const elsewhere = new DynamoOrderStore({ client, tables, projection, clock: systemClock });
    const owner = freshTenant();
    const attempts = fc.array(fc.boolean(), { minLength: 2, maxLength: 8 });
    await assertInLanes(
      fc.asyncProperty(orderRequest({ tenantId: owner }), attempts, fc.boolean(), async (order, places, sameAgain) => {
        const claims = await Promise.all(
          places.map((here) => (here ? stores.orders : elsewhere).claimIntent(order, anIntent())),
        );
        const claimed = claims.filter(({ claim }) => claim === 'claimed');
        expect(claimed).toHaveLength(1);
        expect(claims.filter(({ claim }) => claim === 'inDoubt')).toHaveLength(places.length - 1);
        if (sameAgain) expect((await elsewhere.claimIntent(order, anIntent())).claim).toBe('inDoubt');
        expect((await stores.orders.get(owner, order.orderId))?.state.request).toEqual(order);
      }),
    );
  });
});
