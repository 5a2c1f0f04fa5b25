import { defaultPayloadConverter } from '@temporalio/common';
import { Orphans } from '../../activities/connection/orphans';
import { createOrderRuns } from '../../activities/connection/order-runs';
import type { Lifecycle, Order } from '../../src/domain/order';
import type { TriggerState } from '../../src/domain/trigger';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { orderWorkflowId } from '../../workflows/order/contract';
import { KeptAlerts } from '../alerts/kept-alerts';
import type { TestAccount } from '../stack/account';
import { eventually } from '../stack/eventually';
import type { OrderFields } from '../stack/resting-order';
import { restingOrder } from '../stack/resting-order';
import type { TestService } from '../stack/service';
import { startService } from '../stack/service';
import { testStack } from '../stack/stack';

const TIME_LIMIT_MS = 90_000;
jest.setTimeout(TIME_LIMIT_MS);
/** What a change of unknown end has to wait for before it is believed not to have arrived. */
const SIMULATED_WAITS = JSON.stringify({
  sendWindowMs: 1_000,
  recvWindowMs: 1_000,
  readDelayMs: 1,
  clockDifferenceMs: 1,
});

describe('an order whose workflow was terminated is run again, and goes on from its record', () => {
  let service: TestService;
  let account: TestAccount;
  beforeAll(async () => {
    service = await startService(testStack(), { environment: { SIMULATED_WAITS } });
    account = await service.openAccount({ registration: { emulationAllowed: true } });
  });
  afterAll(() => service.stop());

  const handleOf = (orderId: string): ReturnType<typeof service.temporal.client.workflow.getHandle> =>
    service.temporal.client.workflow.getHandle(orderWorkflowId(account.tenantId, orderId));

  async function submitted(fields: OrderFields = {}): Promise<string> {
    const { orderId, status } = await service.orderManager.submitOrder(restingOrder(account.tenantId, fields));
    expect(status).toBe('OPEN');
    return orderId;
  }

  async function lifecycleOf(orderId: string): Promise<Lifecycle | undefined> {
    return (await service.services.orders.get(account.tenantId, orderId))?.state.lifecycle;
  }

  /** As the connection's holder does it, without its five minutes between two checks. */
  async function terminatedAndAdopted(orderId: string): Promise<void> {
    await handleOf(orderId).terminate();
    const orderRuns = createOrderRuns(service.temporal.client, systemClock);
    const deps = { orderRuns, alerts: new KeptAlerts(), clock: systemClock, logger: silentLogger };
    const orphans = new Orphans(deps, account, { orphanCheckIntervalMs: 0, orphanAgeMinMs: 0 });
    const record = await service.services.orders.get(account.tenantId, orderId);
    const open = record === undefined ? [] : [record.state];
    await eventually(async () => expect(await orphans.adopt(open)).toEqual([orderId]));
  }

  async function ended(orderId: string): Promise<Order> {
    await handleOf(orderId).result();
    return await service.orderManager.getOrder(account.tenantId, orderId);
  }

  /** The highest price that the watch of the order's present run has told of. */
  async function highSeen(orderId: string): Promise<number> {
    const { raw } = await handleOf(orderId).describe();
    const [payload] = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads ?? [];
    const seen = payload && defaultPayloadConverter.fromPayload<TriggerState>(payload);
    if (seen?.extreme === undefined) throw new Error('It has seen no price yet.');
    return Number(seen.extreme);
  }

  test('a resting order is filled', async () => {
    const orderId = await submitted();
    await terminatedAndAdopted(orderId);
    const { clientOrderId = '' } = await service.orderManager.getOrder(account.tenantId, orderId);
    await account.admin.fill({ symbol: 'BTCUSDT', clientOrderId });
    expect(await ended(orderId)).toMatchObject({ status: 'FILLED', filledQuantity: '0.01', fillCount: 1 });
  });

  test('a resting order is cancelled', async () => {
    const orderId = await submitted();
    await terminatedAndAdopted(orderId);
    expect(await service.orderManager.cancelOrder(account.tenantId, orderId)).toMatchObject({ status: 'CANCELLED' });
    expect(await ended(orderId)).toMatchObject({ status: 'CANCELLED' });
  });

  test('a held stop is watched on, and sold when the market reaches it', async () => {
    const trailing = { orderType: 'TRAILING_STOP', side: 'SELL', trailingDelta: '20', price: undefined } as const;
    const orderId = await submitted({ ...trailing, assetId: 'ETH/USDT', quantity: '0.1' });
    await terminatedAndAdopted(orderId);
    const high = await eventually(() => highSeen(orderId));
    await account.admin.setPrice('ETHUSDT', String(Math.round(high) - 30));
    const sold = await ended(orderId);
    expect(sold).toMatchObject({ status: 'FILLED', emulated: ['TRAILING_STOP'] });
    expect(sold.events.map(({ type }) => type)).toEqual(['CREATED', 'ARMED', 'TRIGGERED', 'ACKNOWLEDGED', 'FILLED']);
  });

  test('an order whose change was in doubt is cancelled and ends, though nobody waits for the change any more', async () => {
    const orderId = await submitted();
    const apiKey = `key-${account.tenantId}`;
    const effect = { kind: 'status-before', status: 503 } as const;
    // The first lookup is of the order that is to be changed.
    const matches = [{ endpoint: 'POST /api/v3/order/cancelReplace' }, { endpoint: 'GET /api/v3/order', skip: 1 }];
    const rules = await Promise.all(
      matches.map((match) => account.admin.addFault({ match: { ...match, apiKey }, effect })),
    );
    const changing = handleOf(orderId).executeUpdate('modify', { args: [{ newPrice: '50100' }] });
    changing.catch(() => undefined); // its workflow is terminated
    await eventually(async () => {
      const replace = (await account.admin.faults()).find(({ id }) => id === rules[0]);
      expect(replace?.hits).toBeGreaterThan(0);
    });
    expect((await lifecycleOf(orderId))?.amendment).toBeDefined();
    await terminatedAndAdopted(orderId);
    for (const rule of rules) await account.admin.clearFaults(rule);
    expect(await service.orderManager.cancelOrder(account.tenantId, orderId)).toMatchObject({ status: 'CANCELLED' });
    expect(await ended(orderId)).toMatchObject({ status: 'CANCELLED', price: '50000' });
    expect((await lifecycleOf(orderId))?.amendment).toBeUndefined();
  });
});
