import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import fc from 'fast-check';
import type { Order } from '../../src/domain/order';
import { startOwnSimulator } from '../simulation/own-simulator';
import { eventually } from '../stack/eventually';
import { freshNamespace } from '../stack/namespace';
import { startService, type TestService } from '../stack/service';
import { testStack } from '../stack/stack';
import { type Doubt, DoubtfulAccount, type DoubtfulOrder, doubtfulOrder, DOUBTS } from './doubtful-orders';

/** All at once: nearly all of each is waiting. */
const ORDERS = 100;
const STUCK_AFTER_MS = 200;
const TIME_LIMIT_MS = 240_000;
const ANSWER_LIMIT = { timeoutMs: 60_000 };
jest.setTimeout(TIME_LIMIT_MS);

describe('Property 39: Stuck Order Identification', () => {
  const alerts: { code: string; tenantId?: string }[] = [];
  let receiver: Server;
  let simulator: Awaited<ReturnType<typeof startOwnSimulator>>;
  let service: TestService;

  beforeAll(async () => {
    receiver = await receiveAlerts(alerts);
    simulator = await startOwnSimulator(39);
    const namespace = await freshNamespace(testStack().temporalAddress, 'stuck');
    const { port } = receiver.address() as AddressInfo;
    const environment = {
      ALERT_WEBHOOK_URL: `http://127.0.0.1:${port}/alerts`,
      ALERT_WEBHOOK_SECRET: 'known-to-both-sides',
      LOG_LEVEL: 'silent',
      SIMULATED_WAITS: JSON.stringify({ sweepIntervalMs: 500, reconnectDelayMs: 500 }),
    };
    service = await startService({ ...testStack(), ...simulator }, { namespace, environment });
  });
  afterAll(async () => {
    await service?.stop();
    await simulator?.stop();
    receiver?.close();
  });

  it('an order that nobody can say how it stands is flagged after the threshold, no other is, and a person ends it', async () => {
    const orders = fc.array(doubtfulOrder(), { minLength: ORDERS, maxLength: ORDERS });
    await fc.assert(
      fc.asyncProperty(orders, async (drawn) => {
        const accounts = await openAccounts(drawn);
        await Promise.all(accounts.map(([doubt, account]) => account.bringIntoDoubt(doubt)));
        await Promise.all(accounts.map(([doubt, account]) => expectFlagged(doubt, account)));
        await Promise.all(accounts.map(([, account]) => decide(account)));
        await Promise.all(accounts.map(([, account]) => expectAnswersEndDoubt(account)));
      }),
      { numRuns: 1, endOnFailure: true },
    );
    expect(alerts).toContainEqual(expect.objectContaining({ code: 'STUCK_ORDER', severity: 'CRITICAL' }));
  });

  /** An account for each way into doubt, and out of it. */
  async function openAccounts(orders: DoubtfulOrder[]): Promise<[Doubt, DoubtfulAccount][]> {
    const kinds = DOUBTS.flatMap((doubt) => [true, false].map((answersAgain) => ({ doubt, answersAgain })));
    return await Promise.all(
      kinds.map(async ({ doubt, answersAgain }): Promise<[Doubt, DoubtfulAccount]> => {
        const own = orders.filter((order) => order.doubt === doubt && order.answersAgain === answersAgain);
        const account = await service.openAccount({
          connected: doubt === 'unheard',
          registration: { stuckAfterMs: STUCK_AFTER_MS },
        });
        return [doubt, new DoubtfulAccount(service, account, own)];
      }),
    );
  }

  /** By its record, its events, its search attribute, in the list of stuck orders; or by none of them. */
  async function expectFlagged(doubt: Doubt, group: DoubtfulAccount): Promise<void> {
    const { tenantId } = group.account;
    const flagged = doubt === 'answered' ? [] : group.orders.map((order) => group.orderId(order)).sort();
    await eventually(async () => {
      const found = await service.interventions.getStuckOrders(tenantId);
      expect(found.map(({ orderId }) => orderId).sort()).toEqual(flagged);
      const lastKnownStatus = doubt === 'unanswered' || doubt === 'unsent' ? 'PENDING' : 'OPEN';
      for (const order of found)
        expect(order).toMatchObject({ lastKnownStatus, resolutionAttempts: 0, requiresManualIntervention: true });
    }, 60_000);
    for (const order of group.orders) {
      const { events, stuckSince } = await read(group, order);
      const stuckAt = events.find(({ type }) => type === 'STUCK')?.at;
      expect(stuckAt !== undefined).toBe(doubt !== 'answered');
      // A cancel that failed for good is for a person at once.
      if (stuckAt !== undefined && doubt !== 'uncancelled')
        expect(Date.parse(stuckAt) - Date.parse(stuckSince ?? '')).toBeGreaterThanOrEqual(STUCK_AFTER_MS);
    }
  }

  async function decide(group: DoubtfulAccount): Promise<void> {
    if (group.orders[0]?.answersAgain === true) await group.heal();
    await Promise.all(group.orders.map((order) => decideAbout(group, order)));
  }

  /** What a person decides happens, or is refused, and is in the order's events either way. */
  async function decideAbout(group: DoubtfulAccount, order: DoubtfulOrder): Promise<void> {
    const { tenantId } = group.account;
    const { action, reportsFills, quantity } = order;
    const fill = { quantity, price: '50000', commission: '0', commissionAsset: 'BTC', timestamp: NOON };
    const resolution = { action, reason: 'looked', resolvedBy: 'ada', ...(reportsFills && { fills: [fill] }) };
    const orderId = group.orderId(order);
    const resolved = service.interventions.resolveStuckOrder(tenantId, orderId, resolution, ANSWER_LIMIT);
    const end = endOf(order);
    if (end === 'REFUSED') await expect(resolved).rejects.toMatchObject({ code: 'RESOLUTION_REFUSED' });
    else if (end === 'STUCK') expect((await resolved).stuckSince).toBeDefined();
    else expect(await resolved).toMatchObject({ status: end });
    const after = await read(group, order);
    const decisions = after.events.filter(({ type }) => type === 'RESOLVED');
    expect(decisions).toEqual([expect.objectContaining({ by: 'ada', detail: expect.stringContaining(action) })]);
    if (end === 'FILLED') expect(after.filledQuantity).toBe(quantity);
    if (isEnd(end)) expect(after.stuckSince).toBeUndefined();
  }

  /** Once the exchange answers, no order is left stuck; those that nobody has ended are open, or end if they were to. */
  async function expectAnswersEndDoubt(group: DoubtfulAccount): Promise<void> {
    const { tenantId } = group.account;
    const attempts = await service.interventions.getStuckOrders(tenantId);
    for (const { orderId, resolutionAttempts } of attempts) expect([orderId, resolutionAttempts]).toEqual([orderId, 1]);
    await group.heal();
    const undecided = group.orders.filter((order) => !isEnd(endOf(order)));
    await eventually(async () => {
      for (const { orderId } of await service.interventions.getStuckOrders(tenantId))
        await service.interventions.forceReconcile(tenantId, orderId, { reason: 'it is back' });
      for (const order of undecided)
        expect(await read(group, order)).toMatchObject({ status: isToEnd(order) ? 'CANCELLED' : 'OPEN' });
      expect(await service.interventions.getStuckOrders(tenantId)).toEqual([]);
    }, 60_000);
  }

  async function read(group: DoubtfulAccount, order: DoubtfulOrder): Promise<Order> {
    return await service.orderManager.getOrder(group.account.tenantId, group.orderId(order));
  }
});

type End = 'REFUSED' | 'STUCK' | Order['status'];

/** Its cancel is wanted until it has ended, however often it failed. */
function isToEnd({ doubt, action }: DoubtfulOrder): boolean {
  return doubt === 'uncancelled' || action === 'CANCEL';
}

/** What comes of a decision: a status is set by hand only where nobody can say how the order stands. */
function endOf({ doubt, answersAgain, action, reportsFills }: DoubtfulOrder): End {
  const certain = doubt === 'answered' || answersAgain;
  switch (action) {
    case 'RECONCILE':
      return certain ? 'OPEN' : 'STUCK';
    case 'CANCEL':
      return certain || doubt === 'unanswered' || doubt === 'forgotten' || doubt === 'unheard' ? 'CANCELLED' : 'STUCK';
    case 'MARK_REJECTED':
      return certain ? 'REFUSED' : 'REJECTED';
    case 'MARK_FILLED':
      return certain || !reportsFills ? 'REFUSED' : 'FILLED';
  }
}

function isEnd(end: End): boolean {
  return end === 'CANCELLED' || end === 'REJECTED' || end === 'FILLED';
}

const NOON = '2026-01-31T12:00:00Z';

async function receiveAlerts(alerts: object[]): Promise<Server> {
  const server = createServer((request, response) => {
    void json(request).then((alert) => {
      alerts.push(alert as object);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
