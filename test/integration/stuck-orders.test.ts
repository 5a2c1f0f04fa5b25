import { createLedgerActivities } from '../../activities/ledger-activities';
import { orderWorkflowId } from '../../workflows/order/contract';
import { orderIdOf } from '../../src/domain/ids';
import { createSafeguardSettings } from '../../src/client/safeguard-settings';
import type { Order } from '../../src/domain/order';
import type { RecordedAct } from '../../src/audit/audit-trail';
import { DynamoExchangeConfigStore } from '../../src/storage/dynamodb/exchange-configs-store';
import { silentAudit } from '../audit/silent-audit';
import { KeptAlerts } from '../alerts/kept-alerts';
import { openStores } from '../storage/stores';
import type { TestAccount } from '../stack/account';
import { eventually } from '../stack/eventually';
import { restingOrder } from '../stack/resting-order';
import type { TestService } from '../stack/service';
import { startService } from '../stack/service';
import { testStack } from '../stack/stack';

const TIME_LIMIT_MS = 90_000;
const STUCK_AFTER_MS = 500;
jest.setTimeout(TIME_LIMIT_MS);

describe('an order of which nobody can say how it stands is a person’s business', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService(testStack());
  });
  afterAll(() => service.stop());

  const handleOf = (
    { tenantId }: TestAccount,
    orderId: string,
  ): ReturnType<typeof service.temporal.client.workflow.getHandle> =>
    service.temporal.client.workflow.getHandle(orderWorkflowId(tenantId, orderId));

  /** Rules of this file's own: the simulator is shared. */
  const faults: number[] = [];
  const heal = async ({ admin }: TestAccount): Promise<void> => {
    for (const id of faults.splice(0)) await admin.clearFaults(id);
  };

  /** A submission whose reply is lost, at an exchange that answers no lookups. */
  async function inDoubt(account: TestAccount, effect: 'lose-reply' | 'status-before'): Promise<string> {
    const apiKey = `key-${account.tenantId}`;
    const lost = effect === 'lose-reply' ? { kind: effect } : { kind: effect, status: 503 };
    faults.push(await account.admin.addFault({ match: { endpoint: 'POST /api/v3/order', apiKey }, effect: lost }));
    const unanswered = {
      match: { endpoint: 'GET /api/v3/order', apiKey },
      effect: { kind: 'status-before', status: 503 },
    } as const;
    faults.push(await account.admin.addFault(unanswered));
    const submitting = service.orderManager.submitOrder(restingOrder(account.tenantId, { idempotencyKey: 'doubt' }), {
      timeoutMs: 2_000,
    });
    await expect(submitting).rejects.toMatchObject({ code: 'ANSWER_PENDING' });
    return orderIdOf(account.tenantId, 'doubt');
  }

  async function stuck(account: TestAccount, orderId: string): Promise<Order> {
    let seen: Order | undefined;
    await eventually(async () => {
      seen = await service.orderManager.getOrder(account.tenantId, orderId);
      expect(seen).toHaveProperty('stuckSince');
    });
    return seen as Order;
  }

  test('it is flagged with what is in doubt, alerted, and found by its search attribute', async () => {
    const account = await service.openAccount({ connected: false, registration: { stuckAfterMs: STUCK_AFTER_MS } });
    const orderId = await inDoubt(account, 'lose-reply');
    const { events } = await stuck(account, orderId);
    expect(events.map(({ type }) => type)).toEqual(['CREATED', 'SUBMISSION_UNKNOWN', 'STUCK']);
    const query = `TenantId = "${account.tenantId}" AND StuckSince IS NOT NULL`;
    await eventually(async () => expect((await service.temporal.client.workflow.count(query)).count).toBe(1));
    await heal(account);
    await eventually(async () => {
      const found = await service.orderManager.getOrder(account.tenantId, orderId);
      expect(found).toMatchObject({ status: 'OPEN' });
      expect(found.stuckSince).toBeUndefined();
    });
  });

  test('whoever is on call is told, and who decided what is in the audit trail', async () => {
    const account = await service.openAccount({ connected: false });
    const { orderId } = await service.orderManager.submitOrder(
      restingOrder(account.tenantId, { idempotencyKey: 'told' }),
    );
    const alerts = new KeptAlerts();
    const record = await service.services.orders.get(account.tenantId, orderId);
    if (record === undefined) throw new Error('the order is not recorded');
    const stuck = { since: new Date().toISOString(), reason: 'it does not answer' };
    const acts: RecordedAct[] = [];
    const audit = { ...silentAudit, record: (act: RecordedAct) => void acts.push(act) };
    const { recordStep } = createLedgerActivities({ ...service.services, alerts, audit });
    await recordStep(record.state.request, { stuck });
    const decision = { type: 'RESOLVED' as const, at: stuck.since, by: 'ada', detail: 'RECONCILE: it looked odd' };
    await recordStep(record.state.request, { stuck: null, events: [decision] });
    expect(acts).toMatchObject([
      { operationType: 'INTERVENTION', orderId, requestedBy: 'ada', result: { status: 'OPEN' } },
    ]);
    expect(alerts.of(account.tenantId)).toMatchObject([{ code: 'STUCK_ORDER', orderId, details: stuck }]);
  });

  test('a cancel that comes while nobody can say whether the order was sent keeps it from being sent afresh', async () => {
    const account = await service.openAccount({ connected: false, registration: { stuckAfterMs: STUCK_AFTER_MS } });
    const orderId = await inDoubt(account, 'status-before');
    await handleOf(account, orderId).signal('cancel', { reason: 'not wanted any more', requestedBy: 'risk' });
    await heal(account);
    expect(await handleOf(account, orderId).result()).toMatchObject({ status: 'CANCELLED', filledQuantity: '0' });
    expect((await account.admin.state()).orders.filter((order) => order.accountId === account.tenantId)).toEqual([]);
  });

  test('force-cancel ends an order that waits for the exchange to take orders again, and nothing is sent', async () => {
    const account = await service.openAccount({ connected: false });
    const match = { endpoint: 'POST /api/v3/order', apiKey: `key-${account.tenantId}` };
    const effect = { kind: 'status-before', status: 429, code: -1015, msg: 'Too many new orders' } as const;
    faults.push(await account.admin.addFault({ match, effect }));
    const order = restingOrder(account.tenantId, { idempotencyKey: 'waits' });
    const submitted = service.orderManager.submitOrder(order).catch((error: unknown) => error);
    const handle = handleOf(account, orderIdOf(account.tenantId, 'waits'));
    await eventually(async () => {
      const rules = await account.admin.faults();
      expect(rules.find(({ id }) => id === faults[0])?.hits).toBeGreaterThanOrEqual(1);
    });
    await eventually(() => handle.signal('forceCancel', { reason: 'not wanted any more', requestedBy: 'ada' }));
    expect(await handle.result()).toMatchObject({ status: 'CANCELLED' });
    await heal(account);
    expect(await submitted).toMatchObject({ status: 'CANCELLED' });
    expect((await account.admin.state()).orders.filter(({ accountId }) => accountId === account.tenantId)).toEqual([]);
  });

  test('MARK_REJECTED ends one that the exchange never got, and is refused for one that it has', async () => {
    const account = await service.openAccount({ connected: false, registration: { stuckAfterMs: STUCK_AFTER_MS } });
    const orderId = await inDoubt(account, 'status-before');
    await stuck(account, orderId);
    const handle = handleOf(account, orderId);
    const decision = { action: 'MARK_REJECTED', reason: 'not in the exchange’s own list', resolvedBy: 'ada' };
    const resolved = await handle.executeUpdate<Order, [object]>('resolve', { args: [decision] });
    expect(resolved).toMatchObject({ status: 'REJECTED' });
    expect(resolved.events.map(({ type, by }) => `${type} ${by}`)).toContain('RESOLVED ada');
    await handle.result();
    await heal(account);
    const other = await service.orderManager.submitOrder(restingOrder(account.tenantId, { idempotencyKey: 'alive' }));
    const refused = handleOf(account, other.orderId).executeUpdate('resolve', { args: [decision] });
    await expect(refused).rejects.toMatchObject({ cause: { type: 'RESOLUTION_REFUSED' } });
  });

  test('MARK_FILLED demands the fills that the exchange does not show, and books them as provisional', async () => {
    const account = await service.openAccount({ connected: false, registration: { stuckAfterMs: STUCK_AFTER_MS } });
    const orderId = await inDoubt(account, 'status-before');
    await stuck(account, orderId);
    const handle = handleOf(account, orderId);
    const decision = { action: 'MARK_FILLED', reason: 'their desk confirmed it by phone', resolvedBy: 'ada' };
    const bare = handle.executeUpdate('resolve', { args: [decision] });
    await expect(bare).rejects.toMatchObject({ cause: { type: 'RESOLUTION_REFUSED' } });
    const timestamp = new Date().toISOString();
    const fill = { quantity: 0.01, price: '50000', commission: '0', commissionAsset: 'USDT', timestamp };
    const tooMuch = { ...decision, fills: [{ ...fill, quantity: '0.02' }] };
    await expect(handle.executeUpdate('resolve', { args: [tooMuch] })).rejects.toMatchObject({
      cause: { type: 'RESOLUTION_REFUSED' },
    });
    const filled = await handle.executeUpdate<Order, [object]>('resolve', { args: [{ ...decision, fills: [fill] }] });
    expect(filled).toMatchObject({ status: 'FILLED', filledQuantity: '0.01', fills: [{ provisional: true }] });
    await handle.result();
    await heal(account);
  });

  test('where four eyes are wanted, fills that one person reports are booked when a second reports the same', async () => {
    const account = await service.openAccount({ connected: false, registration: { stuckAfterMs: STUCK_AFTER_MS } });
    await createSafeguardSettings(service.services).set(account.tenantId, { fourEyesMarkFilled: true }, 'boss');
    const orderId = await inDoubt(account, 'status-before');
    await stuck(account, orderId);
    const timestamp = new Date().toISOString();
    const fill = { quantity: '0.01', price: '50000', commission: '0', commissionAsset: 'USDT', timestamp };
    const report = (resolvedBy: string, price = '50000'): Promise<Order> => {
      const decision = { action: 'MARK_FILLED', reason: 'told by phone', resolvedBy, fills: [{ ...fill, price }] };
      return handleOf(account, orderId).executeUpdate<Order, [object]>('resolve', { args: [decision] });
    };
    const noted = { cause: { type: 'RESOLUTION_REFUSED' } };
    await expect(report('ada')).rejects.toMatchObject(noted);
    await expect(report('ada')).rejects.toMatchObject(noted);
    await expect(report('bob', '50001')).rejects.toMatchObject(noted);
    const filled = await report('ada', '50001');
    expect(filled).toMatchObject({ status: 'FILLED', averageFilledPrice: '50001', fills: [{ provisional: true }] });
    expect(filled.events.filter(({ type }) => type === 'RESOLVED').map(({ by }) => by)).toHaveLength(4);
    await handleOf(account, orderId).result();
    await heal(account);
  });

  test('an order whose credentials no worker can open any more is stuck when it is to be cancelled, and says why', async () => {
    const account = await service.openAccount({ connected: false });
    const { orderId } = await service.orderManager.submitOrder(
      restingOrder(account.tenantId, { idempotencyKey: 'unreadable' }),
    );
    const stores = await openStores(testStack());
    const configs = new DynamoExchangeConfigStore(stores.client, stores.tables);
    const config = (await configs.get(account.tenantId, 'BINANCE'))!;
    const damaged = { ...config, credentials: { ...config.credentials, apiSecret: 'no ciphertext' } };
    expect(await configs.put(damaged, config.updatedAt)).toBe(true);
    // Sending reads the registration anew, and whoever follows takes what was read.
    const next = restingOrder(account.tenantId, { idempotencyKey: 'next' });
    expect(await service.orderManager.submitOrder(next)).toMatchObject({ error: { code: 'CONFIGURATION' } });
    const cancelled = await service.orderManager.cancelOrder(account.tenantId, orderId, {}, { timeoutMs: 60_000 });
    expect(cancelled).toMatchObject({ status: 'FAILED' });
    const { events } = await stuck(account, orderId);
    expect(events.find(({ type }) => type === 'CANCEL_FAILED')?.detail).toContain('The stored apiSecret');
    expect(await configs.put(config, damaged.updatedAt)).toBe(true);
    expect(await handleOf(account, orderId).result()).toMatchObject({ status: 'CANCELLED' });
    await stores.close();
  });

  test('a cancel that the exchange does not confirm is FAILED and stuck, and made again once the exchange answers', async () => {
    const account = await service.openAccount({ registration: { stuckAfterMs: STUCK_AFTER_MS } });
    const apiKey = `key-${account.tenantId}`;
    const { orderId } = await service.orderManager.submitOrder(
      restingOrder(account.tenantId, { idempotencyKey: 'uncancelled' }),
    );
    for (const endpoint of ['DELETE /api/v3/order', 'GET /api/v3/order']) {
      const effect = { kind: 'status-before', status: 503 } as const;
      faults.push(await account.admin.addFault({ match: { endpoint, apiKey }, effect }));
    }
    const failed = await service.orderManager.cancelOrder(account.tenantId, orderId, {}, { timeoutMs: 60_000 });
    expect(failed).toMatchObject({ status: 'FAILED' });
    expect((await stuck(account, orderId)).events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['CANCEL_FAILED', 'STUCK']),
    );
    await heal(account);
    const ended = (await handleOf(account, orderId).result()) as Order;
    expect(ended).toMatchObject({ status: 'CANCELLED' });
    expect(ended.stuckSince).toBeUndefined();
  });
});
