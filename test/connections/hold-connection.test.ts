import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import fc from 'fast-check';
import { createConnectionActivities } from '../../activities/connection-activity';
import type { HolderReport } from '../../activities/connection-activities';
import type { HoldResult } from '../../activities/long-hold';
import type { ConnectionDeps, ConnectionLimits } from '../../activities/connection/connection-deps';
import { CONNECTION_LIMITS } from '../../activities/connection/connection-deps';
import { ServiceError } from '../../src/domain/errors';
import type { OrderState } from '../../src/domain/order';
import { changeOfUpdate } from '../../src/domain/order-lifecycle';
import { silentLogger } from '../../src/platform/logger';
import type { BinanceSandbox } from '../exchanges/binance-sandbox';
import { startBinanceSandbox } from '../exchanges/binance-sandbox';
import { eventually } from '../stack/eventually';
import { testStack } from '../stack/stack';
import type { Stores } from '../storage/stores';
import { anIntent, anOrder, openStores } from '../storage/stores';
import { HeldAccount } from './held-account';

const FAST: ConnectionLimits = {
  ...CONNECTION_LIMITS,
  reconnection: { ...CONNECTION_LIMITS.reconnection, initialDelayMs: 20, maxDelayMs: 100 },
  heartbeatIntervalMs: 50,
  watchIntervalMs: 50,
  sweepIntervalMs: 200,
};

let sandbox: BinanceSandbox;
let stores: Stores;
let account: HeldAccount;
let holdings: Holding[];

beforeAll(async () => {
  [sandbox, stores] = await Promise.all([startBinanceSandbox(), openStores(testStack())]);
});
beforeEach(async () => {
  await sandbox.admin.clearFaults();
  account = new HeldAccount(sandbox, stores);
  holdings = [];
});
afterEach(async () => {
  await Promise.all(holdings.map((holding) => holding.cancel().catch(() => {})));
});
afterAll(async () => {
  await sandbox.close();
  await stores.close();
});

/** A holder at work, as a worker would run it. */
class Holding {
  readonly reports: HolderReport[] = [];
  readonly result: Promise<HoldResult<HolderReport>>;
  private readonly environment: MockActivityEnvironment;
  private readonly waiting: (() => void)[] = [];

  constructor(
    options: {
      deps?: Partial<ConnectionDeps>;
      limits?: Partial<ConnectionLimits>;
      heartbeatDetails?: unknown;
      holdMs?: number;
    } = {},
  ) {
    const { deps, limits, heartbeatDetails, holdMs = 600_000 } = options;
    const activities = createConnectionActivities({ ...account.deps, ...deps }, { ...FAST, ...limits });
    this.environment = new MockActivityEnvironment(
      { heartbeatDetails, startToCloseTimeoutMs: holdMs },
      { logger: new DefaultLogger('ERROR') },
    );
    this.environment.on('heartbeat', (report: HolderReport) => {
      this.reports.push(report);
      this.waiting.splice(0).forEach((wake) => wake());
    });
    const input = { tenantId: account.tenantId, exchangeId: 'BINANCE' as const };
    this.result = this.environment.run((argument) => activities.holdConnection(argument), input);
    this.result.catch(() => {});
    holdings.push(this);
  }

  get last(): HolderReport {
    return this.reports.at(-1)!;
  }

  async until(condition: (report: HolderReport) => boolean): Promise<void> {
    while (!(this.reports.length > 0 && condition(this.last))) {
      await Promise.race([
        new Promise<void>((resolve) => this.waiting.push(resolve)),
        this.result.then(() => {
          throw new Error('The holder has ended.');
        }),
      ]);
    }
  }

  async live(): Promise<this> {
    await this.until(({ status }) => status === 'LIVE');
    return this;
  }

  async cancel(): Promise<HoldResult<HolderReport>> {
    this.environment.cancel('CANCELLED');
    return await this.result;
  }

  async shutDown(): Promise<unknown> {
    this.environment.cancel('WORKER_SHUTDOWN');
    return await this.result.catch((error: unknown) => error);
  }
}

test('a fill is booked, and its order told in one signal, with the sums', async () => {
  const holding = await new Holding({ limits: { sweepIntervalMs: 600_000 } }).live();
  const order = await account.place();
  await account.fill(order);
  await account.untilTold(() => account.toldFilled(order) === '1');
  expect(account.signalsTo(order)).toHaveLength(1);
  await holding.until(({ counters }) => counters.signals === 1);
  await holding.cancel();
  expect(account.signalsTo(order)).toHaveLength(1);
  expect(await account.audit()).toMatchObject({ orders: 1, fills: 1, findings: [] });
});

test('what the exchange did while nobody held the connection is booked before it goes live', async () => {
  const order = await account.place();
  await account.fill(order, '0.4');
  const other = await account.place();
  await account.cancelAtExchange(other);
  const holding = await new Holding().live();
  expect(account.toldFilled(order)).toBe('0.4');
  expect(account.signalsTo(other)).toMatchObject([
    { signal: 'orderUpdate', messages: [{ status: 'CANCELLED', lifecycle: { phase: 'CANCELLED' } }] },
  ]);
  await holding.cancel();
  expect((await account.audit()).findings).toEqual([]);
});

test('a cancelled holder returns its cursor, and the next one starts there', async () => {
  const order = await account.place();
  const first = await new Holding().live();
  const { ended, report } = await first.cancel();
  expect(ended).toBe('CANCELLED');
  await account.fill(order);
  const second = await new Holding({ heartbeatDetails: report }).live();
  await second.cancel();
  expect(second.reports[0]!.cursor).toEqual(report.cursor);
  expect(account.toldFilled(order)).toBe('1');
});

test('a holder ends by itself before its time is up', async () => {
  const holding = await new Holding({ holdMs: 4_000 }).live();
  expect(await holding.result).toMatchObject({ ended: 'ROTATION', report: { status: 'LIVE', cursor: {} } });
  expect((await sandbox.admin.state()).subscriptions).toBe(0);
});

test('when its worker shuts down, a holder closes the stream and fails retryably', async () => {
  const holding = await new Holding().live();
  expect((await sandbox.admin.state()).subscriptions).toBe(1);
  expect(await holding.shutDown()).toMatchObject({ type: 'HANDED_OVER', nonRetryable: false });
  expect((await sandbox.admin.state()).subscriptions).toBe(0);
});

test('lost, repeated and reordered events, and a stream that breaks off, leave exact books', async () => {
  const faults = [
    { match: { event: 'executionReport', probability: 0.15 }, effect: { kind: 'drop-event' } },
    { match: { event: 'executionReport', probability: 0.15 }, effect: { kind: 'repeat-event', times: 2 } },
    { match: { event: 'executionReport', probability: 0.15 }, effect: { kind: 'reorder-events' } },
    { match: { event: 'executionReport', probability: 0.03 }, effect: { kind: 'drop-stream' } },
  ] as const;
  const holding = await new Holding().live();
  for (const fault of faults) await sandbox.admin.addFault(fault);
  const placed = await Promise.all(Array.from({ length: 20 }, () => account.place()));
  const steps = fc.sample(fc.constantFrom('0.1', '0.25', '0.3'), { numRuns: 60, seed: 7 });
  for (const [index, quantity] of steps.entries()) await account.fill(placed[index % placed.length]!, quantity);
  const [cancelled, filled] = [placed.slice(0, 8), placed.slice(8)];
  await Promise.all(cancelled.map((order) => account.cancelAtExchange(order)));
  await Promise.all(filled.map((order) => account.fill(order)));
  await sandbox.admin.clearFaults();
  await account.untilTold(
    () =>
      filled.every((order) => account.toldFilled(order) === '1') &&
      cancelled.every((order) => account.toldStatus(order) === 'CANCELLED'),
  );
  await holding.cancel();
  expect(await account.audit()).toMatchObject({ orders: 20, findings: [] });
}, 60_000);

test('an event that is lost without the stream breaking off is found by the next check of open orders', async () => {
  const holding = await new Holding().live();
  const order = await account.place();
  await sandbox.admin.addFault({ match: { event: 'executionReport' }, effect: { kind: 'drop-event' } });
  await account.fill(order);
  await account.untilTold(() => account.toldFilled(order) === '1');
  expect(holding.last.counters.connectionsLost).toBe(0);
  await holding.cancel();
});

test('an open order that the exchange does not know any more is told to look itself up', async () => {
  const order = await account.place();
  const known = (await stores.orders.get(account.tenantId, order.orderId))?.state;
  const elsewhere = anOrder(account.tenantId);
  await stores.orders.claimIntent(elsewhere, anIntent());
  await stores.orders.recordLifecycle(account.tenantId, elsewhere.orderId, {
    phase: 'OPEN',
    exchangeOrderId: `9${known?.lifecycle.exchangeOrderId}`,
  });
  const holding = await new Holding().live();
  await account.untilTold(() => account.signalsTo(elsewhere).length > 0);
  await holding.cancel();
  expect(account.signalsTo(elsewhere)[0]).toMatchObject({ signal: 'orderUpdate', messages: [{ status: 'OPEN' }] });
  expect(account.signalsTo(elsewhere)[0]?.messages[0]).not.toHaveProperty('lifecycle');
  expect(account.signalsTo(order)).toEqual([]);
});

test('when the stream is lost the holder opens it again and backfills first', async () => {
  const holding = await new Holding({ limits: { sweepIntervalMs: 600_000 } }).live();
  const order = await account.place();
  await sandbox.admin.addFault({ match: { event: 'executionReport', times: 1 }, effect: { kind: 'drop-stream' } });
  await account.fill(order);
  await account.untilTold(() => account.toldFilled(order) === '1');
  await holding.until(({ counters }) => counters.backfills === 2);
  expect(holding.last).toMatchObject({ status: 'LIVE', counters: { connectionsLost: 1 } });
  await holding.cancel();
});

test('while its stream can’t be opened, what the exchange does is found by asking', async () => {
  const adapter = await account.deps.exchanges.getAdapter(account.tenantId, 'BINANCE');
  adapter.connect = () => Promise.reject(new ServiceError('EXCHANGE_TEMPORARY', 'No stream can be opened.'));
  const exchanges = { ...account.deps.exchanges, getAdapter: () => Promise.resolve(adapter) };
  const [filled, resting] = [await account.place(), await account.place()];
  const holding = new Holding({ deps: { exchanges } });
  await account.fill(filled);
  await account.untilTold(() => account.toldFilled(filled) === '1');
  await holding.cancel();
  expect(holding.last.counters.backfills).toBe(0);
  expect(account.signalsTo(resting)).toEqual([]);
});

test('an open order that nobody hears of, by stream or by asking, is told once to look itself up', async () => {
  const order = await account.place();
  const { exchanges } = account.deps;
  const config = { ...(await exchanges.getExchange(account.tenantId, 'BINANCE')), stuckAfterMs: 500 };
  const away = new ServiceError('EXCHANGE_TEMPORARY', 'BINANCE is away.');
  let asked = 0;
  const getAdapter = (): Promise<never> => ((asked += 1), Promise.reject(away));
  const startedMs = Date.now();
  const deps = { exchanges: { getExchange: () => Promise.resolve(config), getAdapter } };
  const reconnection = { ...FAST.reconnection, maxAttempts: 1_000 };
  const holding = new Holding({ deps, limits: { reconnection } });
  await account.untilTold(() => account.signalsTo(order).length > 0);
  expect(Date.now() - startedMs).toBeGreaterThanOrEqual(config.stuckAfterMs);
  const askedBefore = asked;
  await eventually(() => expect(asked).toBeGreaterThan(askedBefore + 10));
  await holding.cancel();
  expect(account.signalsTo(order)).toMatchObject([{ signal: 'orderUpdate', messages: [{ status: 'OPEN' }] }]);
  expect(account.signalsTo(order)[0]?.messages[0]).not.toHaveProperty('lifecycle');
});

test('a stream that somebody closed without a word is opened again', async () => {
  const adapter = await account.deps.exchanges.getAdapter(account.tenantId, 'BINANCE');
  const exchanges = { ...account.deps.exchanges, getAdapter: () => Promise.resolve(adapter) };
  const holding = await new Holding({ deps: { exchanges }, limits: { sweepIntervalMs: 600_000 } }).live();
  const order = await account.place();
  await adapter.disconnect();
  await account.fill(order);
  await account.untilTold(() => account.toldFilled(order) === '1');
  await holding.cancel();
});

test('an order that was not told because the holder died in between is told by the next holder', async () => {
  const died = new ServiceError('DEPENDENCY_UNAVAILABLE', 'The process died here.');
  const limits = { reconnection: { ...FAST.reconnection, maxAttempts: 1 } };
  const first = await new Holding({ deps: { crashPoint: () => Promise.reject(died) }, limits }).live();
  const [filled, cancelled] = [await account.place(), await account.place()];
  await account.fill(filled);
  await expect(first.result).rejects.toThrow('The process died here');
  expect((await stores.orders.get(account.tenantId, filled.orderId))?.state.ledger.filledQuantity).toBe('1');
  const { exchangeOrderId, ...rest } = (await stores.orders.get(account.tenantId, cancelled.orderId))!.state.lifecycle;
  expect(rest.phase).toBe('OPEN');
  await account.cancelAtExchange(cancelled);
  await stores.orders.recordLifecycle(account.tenantId, cancelled.orderId, {
    phase: 'CANCELLED',
    exchangeFilledQuantity: '0',
    exchangeOrderId: exchangeOrderId!,
  });
  expect(account.signals).toEqual([]);
  const second = await new Holding({ heartbeatDetails: first.last }).live();
  expect(account.toldFilled(filled)).toBe('1');
  expect(account.signalsTo(cancelled)).toMatchObject([{ signal: 'orderUpdate' }]);
  await second.cancel();
});

test('a fill that the order’s own activity has booked is not signalled', async () => {
  const order = await account.place();
  await account.fill(order);
  const adapter = await account.deps.exchanges.getAdapter(account.tenantId, 'BINANCE');
  const { executions } = await adapter.listExecutions(account.tenantId, 'BTC/USDT', Date.now() - 60_000);
  const own = executions.map((execution) => ({ ...execution, orderId: order.orderId })).slice(-1);
  await stores.ledger.bookFills(own, 'WORKFLOW');
  const holding = await new Holding().live();
  await holding.cancel();
  expect(account.signals).toEqual([]);
});

test('a fill that comes after the order has ended is booked and noted on the order', async () => {
  const warn = jest.fn();
  const logger = { ...silentLogger, warn, child: () => logger };
  const holding = await new Holding({ deps: { logger } }).live();
  const order = await account.place();
  const { state } = (await stores.orders.get(account.tenantId, order.orderId))!;
  const { orderId, tenantId, assetId } = order;
  await stores.orders.recordLifecycle(
    tenantId,
    orderId,
    changeOfUpdate({
      orderId,
      tenantId,
      assetId,
      exchangeId: 'BINANCE',
      exchangeOrderId: state.lifecycle.exchangeOrderId!,
      status: 'CANCELLED',
      filledQuantity: '0',
      remainingQuantity: '1',
      timestamp: new Date().toISOString(),
    }),
  );
  account.closed.add(`order/${tenantId}/${orderId}`);
  await account.fill(order, '0.5');
  await holding.until(({ counters }) => counters.executions === 1);
  await holding.cancel();
  const after = (await stores.orders.get(tenantId, orderId))!.state;
  expect(after.ledger.filledQuantity).toBe('0.5');
  expect(after.lifecycle.events.filter(({ type }) => type === 'LATE_FILL')).toMatchObject([{ by: 'BINANCE' }]);
  expect(warn).toHaveBeenCalledWith(expect.objectContaining({ orderId }), 'fills booked for an order that had ended');
});

test('a holder that gives up after its last session says so', async () => {
  const down = new ServiceError('EXCHANGE_TEMPORARY', 'BINANCE is away.');
  const exchanges = { ...account.deps.exchanges, getAdapter: () => Promise.reject(down) };
  const limits = { reconnection: { ...FAST.reconnection, maxAttempts: 3 } };
  await expect(new Holding({ deps: { exchanges }, limits }).result).rejects.toThrow('BINANCE is away');
  expect(stores.alerts.of(account.tenantId)).toMatchObject([
    {
      code: 'CONNECTION_LOST',
      exchangeId: 'BINANCE',
      details: { failures: 3, lastError: expect.stringContaining('away') },
    },
  ]);
});

test('a fill of a live order whose workflow is gone is booked and alerted of', async () => {
  const holding = await new Holding().live();
  const { orderId, tenantId, ...order } = await account.place();
  account.closed.add(`order/${tenantId}/${orderId}`);
  await account.fill({ orderId, tenantId, ...order }, '0.5');
  await holding.until(({ counters }) => counters.executions === 1);
  await holding.cancel();
  expect(stores.alerts.of(tenantId)).toMatchObject([{ code: 'ORPHANED_ORDER', orderId, exchangeId: 'BINANCE' }]);
});

test('an open order whose workflow was terminated is run again, once, and somebody is told', async () => {
  const [orphan, other] = [await account.place(), await account.place()];
  account.closed.add(`order/${account.tenantId}/${orphan.orderId}`);
  const holding = await new Holding({ limits: { orphanAgeMinMs: 0 } }).live();
  await eventually(() => expect(account.adopted).toEqual([orphan.orderId]));
  await holding.cancel();
  expect(account.adopted).not.toContain(other.orderId);
  expect(stores.alerts.of(account.tenantId)).toMatchObject([
    { code: 'ORPHANED_ORDER', orderId: orphan.orderId, details: { adopted: true } },
  ]);
});

test('an order that was terminated before its answer was recorded, and was filled, has its exchange order id after the next connect', async () => {
  const holding = await new Holding().live();
  const { request, update } = await account.send();
  account.closed.add(`order/${account.tenantId}/${request.orderId}`);
  await account.fill(request);
  await holding.until(({ counters }) => counters.executions === 1);
  await holding.cancel();
  const recorded = async (): Promise<OrderState | undefined> =>
    (await stores.orders.get(account.tenantId, request.orderId))?.state;
  expect((await recorded())?.lifecycle.exchangeOrderId).toBeUndefined();
  await (await new Holding().live()).cancel();
  expect((await recorded())?.lifecycle).toMatchObject({ phase: 'FILLED', exchangeOrderId: update.exchangeOrderId });
  expect(await account.audit()).toMatchObject({ findings: [] });
});

test('an execution that nobody can book holds up no other, and somebody is told', async () => {
  const adapter = await account.deps.exchanges.getAdapter(account.tenantId, 'BINANCE');
  const order = await account.place();
  await account.fill(order, '0.5');
  const [execution] = (
    await adapter.listExecutions(account.tenantId, 'BTC/USDT', Date.now() - 60_000)
  ).executions.slice(-1);
  const listExecutions = adapter.listExecutions.bind(adapter);
  adapter.listExecutions = async (...names) => {
    const page = await listExecutions(...names);
    return { ...page, executions: [{ ...execution!, executionId: 'odd', price: '0' }, ...page.executions] };
  };
  const exchanges = { ...account.deps.exchanges, getAdapter: () => Promise.resolve(adapter) };
  const holding = await new Holding({ deps: { exchanges } }).live();
  await holding.cancel();
  expect(account.toldFilled(order)).toBe('0.5');
  expect(stores.alerts.of(account.tenantId)).toMatchObject([
    { code: 'FILL_NOT_BOOKED', exchangeId: 'BINANCE', details: { execution: { executionId: 'odd' } } },
  ]);
});

test('more events than it can keep make the holder drop the connection and read them', async () => {
  const slow = account.deps;
  let first = true;
  const ledger: ConnectionDeps['ledger'] = {
    bookFills: async (executions, source) => {
      if (first) await new Promise((resolve) => setTimeout(resolve, 500));
      first = false;
      return await slow.ledger.bookFills(executions, source);
    },
  };
  const holding = await new Holding({ deps: { ledger }, limits: { bufferedEventsMax: 10 } }).live();
  const orders = await Promise.all(Array.from({ length: 15 }, () => account.place()));
  for (const order of orders) await account.fill(order);
  await account.untilTold(() => orders.every((order) => account.toldFilled(order) === '1'));
  expect(holding.last.lastError).toContain('More than 10 stream events are waiting');
  expect(stores.alerts.of(account.tenantId)).toMatchObject([{ code: 'STREAM_OVERFLOW', exchangeId: 'BINANCE' }]);
  await holding.cancel();
  expect(await account.audit()).toMatchObject({ orders: 15, fills: 15, findings: [] });
});

test('a backfill that the rate limit refuses waits and goes on', async () => {
  const order = await account.place();
  await account.fill(order);
  const effect = { kind: 'rate-limit', status: 429, retryAfterSeconds: 1 } as const;
  await sandbox.admin.addFault({ match: { endpoint: 'GET /api/v3/openOrders', times: 1 }, effect });
  const holding = await new Holding().live();
  expect(account.toldFilled(order)).toBe('1');
  expect(holding.last.counters.connectionsLost).toBe(0);
  await holding.cancel();
});

test('an exchange that is not registered fails clearly and is tried again a minute later', async () => {
  const missing = new ServiceError('EXCHANGE_NOT_REGISTERED', 'BINANCE is not registered.');
  const exchanges = { ...account.deps.exchanges, getAdapter: () => Promise.reject(missing) };
  const failure = await new Holding({ deps: { exchanges } }).result.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({ type: 'EXCHANGE_NOT_REGISTERED', nextRetryDelay: '60s', nonRetryable: false });
  expect(stores.alerts.of(account.tenantId)).toMatchObject([{ code: 'CONNECTION_LOST', details: { failures: 1 } }]);
});

test('wrong credentials fail clearly, without a secret, and open orders are told to look themselves up', async () => {
  const order = await account.place();
  const credentials = { apiKey: 'nobodys-key', apiSecret: 'nobodys-secret' };
  const getAdapter: ConnectionDeps['exchanges']['getAdapter'] = () =>
    Promise.resolve(sandbox.createAdapter({ config: { tenantId: account.tenantId }, credentials }));
  const { exchanges } = account.deps;
  const failure = await new Holding({ deps: { exchanges: { ...exchanges, getAdapter } } }).result.catch(
    (error: unknown) => error as ApplicationFailure,
  );
  expect(failure).toMatchObject({ type: 'AUTHENTICATION_FAILED', nextRetryDelay: '60s' });
  expect(JSON.stringify([(failure as ApplicationFailure).message, (failure as ApplicationFailure).stack])).not.toMatch(
    /nobodys/,
  );
  expect(account.signalsTo(order)).toMatchObject([{ signal: 'orderUpdate', messages: [{ status: 'OPEN' }] }]);
});
