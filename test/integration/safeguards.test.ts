import type { RecordedAct } from '../../src/audit/audit-trail';
import { createKillActivities } from '../../activities/kill-orders';
import { createSafeguardSettings, type SafeguardSettingsManager } from '../../src/client/safeguard-settings';
import type { Halt } from '../../src/domain/halt';
import type { OrderResponse } from '../../src/domain/order';
import { orderIdOf } from '../../src/domain/ids';
import { Decimal } from '../../src/domain/decimal';
import { systemClock } from '../../src/platform/clock';
import { systemRandom } from '../../src/platform/random';
import { HALTS_MAX, SafeguardChanges } from '../../src/safeguards/safeguard-changes';
import { OrderRate } from '../../src/safeguards/order-rate';
import { DynamoSafeguardsStore } from '../../src/storage/dynamodb/safeguards-store';
import { KeptAlerts } from '../alerts/kept-alerts';
import type { TestAccount } from '../stack/account';
import type { TestService } from '../stack/service';
import { startService } from '../stack/service';
import { testStack } from '../stack/stack';
import { anOrder, freshTenant, openStores, type Stores } from '../storage/stores';

const TIME_LIMIT_MS = 60_000;

let service: TestService;
let stores: Stores;
beforeAll(async () => {
  [service, stores] = await Promise.all([startService(testStack()), openStores(testStack())]);
}, TIME_LIMIT_MS);
afterAll(async () => {
  await service?.stop();
  await stores?.close();
});

function aHalt(tenantId: string, fields: Partial<Halt> = {}): Halt {
  const haltId = systemRandom.uuid();
  const haltedAt = '2026-01-31T12:00:00.000Z';
  return { haltId, tenantId, scope: {}, reason: 'model went wild', haltedBy: 'alice', haltedAt, ...fields };
}

describe('halts in DynamoDB', () => {
  let tenantId: string;
  let store: DynamoSafeguardsStore;
  let changes: SafeguardChanges;
  let acts: RecordedAct[];
  beforeEach(() => {
    tenantId = freshTenant();
    store = new DynamoSafeguardsStore(stores.client, stores.tables);
    acts = [];
    changes = new SafeguardChanges(store, { record: (act) => void acts.push(act) }, systemClock);
  });

  test('many that are placed at once all stand, each once, and are no exchanges of the tenant', async () => {
    const halts = Array.from({ length: 4 }, (_, index) => aHalt(tenantId, { scope: { strategyId: `s${index}` } }));
    await Promise.all([...halts, ...halts].map((halt) => changes.halt(halt)));
    const standing = (await store.get(tenantId)).halts;
    expect(standing.map(({ haltId }) => haltId).sort()).toEqual(halts.map(({ haltId }) => haltId).sort());
    expect(await service.services.exchanges.listExchanges(tenantId)).toEqual([]);
    const { items } = await store.listHalts(tenantId);
    expect(items).toHaveLength(4);
  });

  test('a release is recorded with who and why, once, and its halt can not be placed again', async () => {
    const halt = aHalt(tenantId);
    await changes.halt(halt);
    const released = await changes.release(tenantId, halt.haltId, { releasedBy: 'bob', reason: 'fixed' });
    expect(released).toMatchObject({ ...halt, release: { releasedBy: 'bob', reason: 'fixed' } });
    expect(await changes.release(tenantId, halt.haltId, { releasedBy: 'eve', reason: 'too late' })).toEqual(released);
    expect(await changes.halt(halt)).toEqual(released);
    expect((await store.get(tenantId)).halts).toEqual([]);
    expect(await store.getHalt(tenantId, halt.haltId)).toEqual(released);
    expect(acts).toMatchObject([
      { operationType: 'KILL_SWITCH', tenantId, requestedBy: 'alice', request: { what: 'HALT' } },
      { operationType: 'KILL_SWITCH', tenantId, requestedBy: 'bob', request: { what: 'RELEASE' } },
    ]);
    const unknown = changes.release(tenantId, 'unknown', { releasedBy: 'bob', reason: 'fixed' });
    await expect(unknown).rejects.toMatchObject({ code: 'HALT_NOT_FOUND' });
  });

  test('with four eyes nobody releases a halt of their own, nor switches that off meanwhile', async () => {
    await changes.set(tenantId, { fourEyesRelease: true }, 'alice');
    const halt = aHalt(tenantId);
    await changes.halt(halt);
    const own = changes.release(tenantId, halt.haltId, { releasedBy: 'alice', reason: 'fixed' });
    await expect(own).rejects.toMatchObject({ code: 'INVALID_INPUT', faults: [{ field: 'releasedBy' }] });
    const off = changes.set(tenantId, { fourEyesRelease: null }, 'alice');
    await expect(off).rejects.toMatchObject({ faults: [{ field: 'fourEyesRelease' }] });
    await changes.release(tenantId, halt.haltId, { releasedBy: 'bob', reason: 'fixed' });
    expect((await changes.set(tenantId, { fourEyesRelease: null }, 'alice')).settings).toEqual({});
  });

  test('there are no more than every send can read', async () => {
    const { halts, ...before } = await store.get(tenantId);
    const many = Array.from({ length: HALTS_MAX }, () => aHalt(tenantId));
    expect(await store.replace({ ...before, version: 1, halts: [...halts, ...many] })).toBe(true);
    await expect(changes.halt(aHalt(tenantId))).rejects.toMatchObject({ faults: [{ field: 'scope' }] });
  });

  test('a kill calls people when it halts and when it gives up', async () => {
    const alerts = new KeptAlerts();
    const { exchanges, orders } = service.services;
    const signalOrder = (): Promise<'closed'> => Promise.resolve('closed');
    const kill = createKillActivities({ alerts, halts: changes, exchanges, orders, signalOrder, clock: systemClock });
    const halt = aHalt(tenantId);
    await kill.placeHalt(halt);
    await kill.reportIncomplete(halt, 3);
    await kill.reportIncomplete(halt, 0, { exchangeId: 'BINANCE', error: 'It has no such call.' });
    expect(alerts.raised).toMatchObject([
      { code: 'TRADING_HALTED', tenantId, details: { haltedBy: 'alice' } },
      { code: 'KILL_INCOMPLETE', tenantId, aspect: halt.haltId, details: { open: 3 } },
      {
        code: 'KILL_INCOMPLETE',
        tenantId,
        aspect: `${halt.haltId} BINANCE`,
        details: { foreign: { exchangeId: 'BINANCE', error: 'It has no such call.' } },
      },
    ]);
  });
});

test('the rate of orders is counted over all workers, and an order once however often it is judged', async () => {
  const tenantId = freshTenant();
  const [one, other] = [new OrderRate(stores.redis), new OrderRate(stores.redis)];
  const [first, second, third] = [anOrder(tenantId), anOrder(tenantId), anOrder(tenantId)];
  expect(await one.count(first, 2)).toBe(1);
  expect(await other.count(first, 2)).toBe(1);
  expect(await other.count(second, 2)).toBe(2);
  expect(await one.count(third, 2)).toBe(3);
  expect(await one.count({ ...first, quantity: '0.5' }, 2)).toBe(3);
  expect(await one.count(second, 2)).toBe(2);
});

test('without Redis nobody knows the rate', async () => {
  const broken = { eval: () => Promise.reject(new Error('gone')) } as unknown as ConstructorParameters<
    typeof OrderRate
  >[0];
  await expect(new OrderRate(broken).count(anOrder(freshTenant()), 1)).rejects.toMatchObject({
    code: 'DEPENDENCY_UNAVAILABLE',
  });
});

describe('the limits of a tenant on the real service', () => {
  let account: TestAccount;
  let settings: SafeguardSettingsManager;
  beforeAll(() => {
    settings = createSafeguardSettings(service.services);
  });
  beforeEach(async () => {
    account = await service.openAccount({ connected: false });
  });

  const submit = (fields: Record<string, unknown> = {}): Promise<OrderResponse> =>
    service.orderManager.submitOrder({ ...anOrder(account.tenantId, { quantity: '0.01' }), ...freshKey(), ...fields });
  const freshKey = (): { idempotencyKey: string; orderId: string; timestamp: string } => {
    const idempotencyKey = systemRandom.uuid();
    const orderId = orderIdOf(account.tenantId, idempotencyKey);
    return { idempotencyKey, orderId, timestamp: new Date().toISOString() };
  };
  const refusal = (...messages: string[]): object => ({
    status: 'REJECTED',
    error: {
      code: 'SAFEGUARD_REFUSED',
      faults: messages.map((message) => ({ field: expect.any(String), message: expect.stringContaining(message) })),
    },
  });

  test('are off by default', async () => {
    expect(await settings.get(account.tenantId)).toMatchObject({ version: 0, settings: {}, halts: [] });
    expect(await submit()).toMatchObject({ status: 'OPEN' });
  });

  test('refuse by worth, distance to the market, and balance, all of them in one answer, with limit and value', async () => {
    const { tenantId } = account;
    const { mid } = await service.services.prices.marketData(tenantId).quote('BINANCE', 'BTC/USDT');
    const [near, far] = [0.97, 1.3].map((factor) => new Decimal(mid).times(factor).toFixed(0));
    await settings.set(
      tenantId,
      { maxNotional: { USDT: '1000000' }, priceCollarPercent: '10', checkBalance: true },
      'alice',
    );
    expect(await submit({ price: near })).toMatchObject({ status: 'OPEN' });
    expect(await submit({ side: 'SELL', price: far, quantity: '101' })).toMatchObject(
      refusal(
        `maxNotional 1000000 USDT, got ${new Decimal(far ?? 0).times(101).toFixed()}`,
        `within priceCollarPercent 10 of the market's middle`,
        'needs 101 BTC, but the free balance is 100 BTC',
      ),
    );
    const market = { orderType: 'MARKET', price: undefined, timeInForce: 'IOC' };
    expect(await submit({ ...market, quantity: '50' })).toMatchObject(refusal('maxNotional'));
    await settings.set(tenantId, { priceCollarPercent: null, maxNotional: null }, 'alice');
    expect(await submit({ side: 'SELL', price: far, quantity: '99' })).toMatchObject({ status: 'OPEN' });
    const { orders } = await account.admin.state();
    expect(orders.filter(({ accountId }) => accountId === tenantId)).toHaveLength(2);
  });

  test("refuse what would meet the tenant's own order, and more open orders than allowed", async () => {
    const { tenantId } = account;
    await settings.set(tenantId, { preventSelfTrade: true, maxOpenOrders: 2 }, 'alice');
    expect(await submit({ price: '50000' })).toMatchObject({ status: 'OPEN' });
    expect(await submit({ side: 'SELL', price: '49000' })).toMatchObject(refusal("the tenant's own BUY order"));
    expect(await submit({ price: '50001' })).toMatchObject({ status: 'OPEN' });
    expect(await submit({ price: '50002' })).toMatchObject(refusal('maxOpenOrders 2 is reached'));
  });

  test('refuse more orders in a second than allowed', async () => {
    await settings.set(account.tenantId, { ordersPerSecond: 2 }, 'alice');
    const answers = await Promise.all(Array.from({ length: 6 }, () => submit()));
    const refused = answers.filter(({ status }) => status === 'REJECTED');
    expect(refused.length).toBeGreaterThanOrEqual(1);
    for (const answer of refused) expect(answer).toMatchObject(refusal('ordersPerSecond 2 is used up'));
  });

  test('are refused with all their faults when they make no sense', async () => {
    const wrong = { maxNotional: { usdt: '-1' }, priceCollarPercent: '0', ordersPerSecond: 0.5, maxOpenOrders: 10_000 };
    await expect(settings.set(account.tenantId, wrong, '')).rejects.toMatchObject({ faults: [{ field: 'changedBy' }] });
    const setting = settings.set(account.tenantId, wrong, 'alice');
    await expect(setting).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    const { faults } = (await setting.catch((error: unknown) => error)) as { faults: { field: string }[] };
    expect([...new Set(faults.map(({ field }) => field.split('.')[0]))].sort()).toEqual([
      'maxNotional',
      'maxOpenOrders',
      'ordersPerSecond',
      'priceCollarPercent',
    ]);
  });
});
