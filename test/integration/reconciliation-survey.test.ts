import type { RecordedAct } from '../../src/audit/audit-trail';
import { reportFailure } from '../../activities/reconciliation/settlement';
import { clientOrderIdOf } from '../../src/domain/ids';
import { emptyPosition } from '../../src/domain/position';
import type { OrderRequest } from '../../src/domain/order-request';
import type { OrderState } from '../../src/domain/order';
import type { OrderDiscrepancy, ReconciliationReport } from '../../src/domain/reconciliation';
import { executionSignal, orderUpdateSignal } from '../../workflows/order/contract';
import { ReconciliationDesk } from '../reconciliation/reconciliation-desk';
import { placed } from '../exchanges/placing';
import { testStack } from '../stack/stack';

const TIME_LIMIT_MS = 60_000;
const BTCUSDT = 'BTCUSDT';

let desk: ReconciliationDesk;
beforeAll(async () => {
  desk = await ReconciliationDesk.open(testStack());
}, TIME_LIMIT_MS);
afterAll(() => desk?.close());

const stored = async ({ tenantId, orderId }: OrderRequest): Promise<OrderState | undefined> =>
  (await desk.stores.orders.get(tenantId, orderId))?.state;
const resting = async (): Promise<OrderRequest> => {
  const order = desk.anOrder();
  await desk.submit(order);
  return order;
};
const cancelByHand = async ({ orderId }: OrderRequest): Promise<void> => {
  const adapter = await desk.deps.exchanges.getAdapter(desk.name.tenantId, 'BINANCE');
  const clientOrderId = clientOrderIdOf(orderId, 0);
  await adapter.cancelOrder({ tenantId: desk.name.tenantId, orderId, assetId: 'BTC/USDT', clientOrderId });
};
const discrepanciesOf = ({ orders }: ReconciliationReport, { orderId }: OrderRequest): OrderDiscrepancy[] =>
  (orders?.discrepancies ?? []).filter((one) => one.orderId === orderId);

describe('an open order of ours', () => {
  it('that the exchange has closed is recorded as closed, and its workflow told', async () => {
    const order = await resting();
    await cancelByHand(order);
    const report = await desk.reconcile();
    const common = { orderId: order.orderId, field: 'status', internalValue: 'OPEN' };
    expect(discrepanciesOf(report, order)).toEqual([{ ...common, exchangeValue: 'CANCELLED', resolved: true }]);
    expect((await stored(order))?.lifecycle.phase).toBe('CANCELLED');
    expect(desk.toldOf(order)).toEqual([orderUpdateSignal.name]);
  });

  it('that has traded more than is booked gets what is missing, and its workflow is told', async () => {
    const order = await resting();
    await desk.admin.fill({ symbol: BTCUSDT, clientOrderId: clientOrderIdOf(order.orderId, 0), quantity: '0.004' });
    const report = await desk.reconcile();
    expect(discrepanciesOf(report, order)).toMatchObject([
      { field: 'status', internalValue: 'OPEN', exchangeValue: 'PARTIALLY_FILLED', resolved: true },
      { field: 'filledQuantity', internalValue: '0', exchangeValue: '0.004', resolved: true },
    ]);
    expect((await stored(order))?.ledger.filledQuantity).toBe('0.004');
    expect(desk.toldOf(order)).toEqual([executionSignal.name]);
    expect(discrepanciesOf(await desk.reconcile(), order)).toEqual([]);
    await cancelByHand(order);
  });

  it('that the exchange does not know is left to its workflow, which is told to look', async () => {
    const order = desk.anOrder();
    await desk.stores.orders.claimIntent(order, { token: 't', clientOrderId: 'c', runId: 'r', sendBy: 1 });
    const open = { phase: 'OPEN', exchangeOrderId: '1', submittedAt: order.timestamp } as const;
    await desk.stores.orders.recordLifecycle(order.tenantId, order.orderId, open);
    const report = await desk.reconcile();
    const difference = { field: 'status', internalValue: 'OPEN', exchangeValue: 'NOT_FOUND', resolved: false } as const;
    expect(discrepanciesOf(report, order)).toMatchObject([difference]);
    expect(report.state).not.toBe('RECONCILED');
    expect(desk.toldOf(order)).toEqual([orderUpdateSignal.name]);
    expect(desk.alerts.raised).toContainEqual({
      code: 'ORDER_MISMATCH',
      ...desk.name,
      orderId: order.orderId,
      details: { orderId: order.orderId, ...difference },
    });
    const ended = { phase: 'REJECTED' } as const;
    await desk.stores.orders.recordLifecycle(order.tenantId, order.orderId, ended);
  });

  it('whose workflow is gone is run again', async () => {
    const order = await resting();
    desk.running = new Set();
    const { clock } = desk.deps;
    const later = { ...clock, now: () => clock.now() + 61_000 };
    Object.assign(desk.deps, { clock: later });
    const report = await desk.reconcile();
    Object.assign(desk.deps, { clock });
    desk.running = undefined;
    expect(report.orders?.adopted).toEqual([order.orderId]);
    expect(desk.adopted).toEqual([order.orderId]);
    await cancelByHand(order);
  });
});

describe('an order that is open at the exchange', () => {
  it('under an id of ours, without a record, is told apart from those of others', async () => {
    const order = desk.anOrder();
    const adapter = await desk.deps.exchanges.getAdapter(desk.name.tenantId, 'BINANCE');
    await adapter.submitOrder(placed(order));
    const report = await desk.reconcile();
    expect(discrepanciesOf(report, order)).toMatchObject([
      { field: 'record', internalValue: 'NONE', exchangeValue: 'OPEN', resolved: false },
    ]);
    expect(report.orders?.foreignOrders).toEqual([]);
    await cancelByHand(order);
  });

  it('while it has ended here is for a person', async () => {
    const order = await resting();
    await desk.stores.orders.recordLifecycle(order.tenantId, order.orderId, { phase: 'CANCELLED' });
    expect(discrepanciesOf(await desk.reconcile(), order)).toMatchObject([
      { field: 'status', internalValue: 'CANCELLED', exchangeValue: 'OPEN', resolved: false },
    ]);
    await cancelByHand(order);
  });
});

describe('a settlement', () => {
  const byHand = (): Promise<unknown> =>
    desk.admin.placeCustomerOrder({
      accountId: desk.accountId,
      symbol: BTCUSDT,
      side: 'BUY',
      quantity: '0.2',
      clientOrderId: 'web_1',
    });

  it('that is repeated changes nothing more', async () => {
    await desk.reconcile();
    await byHand();
    const survey = await desk.survey();
    const first = await desk.settle(survey);
    const after = await desk.quantityOf('BTC/USDT');
    const second = await desk.settle(survey);
    expect(second?.positions?.adjustmentsMade).toEqual(first?.positions?.adjustmentsMade);
    expect(first?.positions?.adjustmentsMade.length).toBeGreaterThan(0);
    expect(await desk.quantityOf('BTC/USDT')).toBe(after);
  });

  it('of a survey that another has overtaken is refused, and adjusts nothing', async () => {
    await byHand();
    const [one, other] = [await desk.survey(), await desk.survey()];
    expect(await desk.settle(one)).toMatchObject({ state: 'RECONCILED' });
    const after = await desk.quantityOf('BTC/USDT');
    expect(await desk.settle(other)).toBeNull();
    expect(await desk.quantityOf('BTC/USDT')).toBe(after);
  });

  it('on a long word of a person is booked with as much of it as a reason may have, and the next goes on', async () => {
    const base = { positions: ['BTC/USDT'], requestedBy: 'a'.repeat(256), reason: 'r'.repeat(256) };
    await desk.admin.deposit(desk.accountId, 'BTC', '0.5', { unlisted: true });
    const { positions } = await desk.reconcile(base);
    expect(positions?.adjustmentsMade).toMatchObject([{ assetId: 'BTC/USDT' }]);
    expect(positions?.adjustmentsMade[0]?.reason).toHaveLength(500);
    expect(await desk.reconcile()).toMatchObject({ state: 'RECONCILED' });
  });

  it('that breaks off before it has adjusted is finished by the next', async () => {
    const before = Number(await desk.quantityOf('BTC/USDT'));
    await byHand();
    const survey = await desk.survey();
    const { ledger, audit } = desk.deps;
    const acts: RecordedAct[] = [];
    const bookAdjustment = (): Promise<never> => Promise.reject(new Error('the worker dies here'));
    Object.assign(desk.deps, { ledger: { ...ledger, bookAdjustment } });
    await expect(desk.settle(survey)).rejects.toThrow('dies');
    Object.assign(desk.deps, { ledger, audit: { ...audit, record: (act: RecordedAct) => acts.push(act) } });
    const alertsBefore = desk.alerts.raised.length;
    // It has booked what was pending, and breaks off before it has told of it, too.
    await desk.survey();
    const { state, positions } = await desk.reconcile();
    const { positions: after } = await desk.reconcile();
    Object.assign(desk.deps, { audit });
    expect(state).toBe('RECONCILED');
    const [discrepancy] = positions?.discrepancies ?? [];
    expect(discrepancy).toMatchObject({ assetId: 'BTC/USDT', difference: '0.1998' });
    const made = [expect.objectContaining({ assetId: 'BTC/USDT', reason: expect.stringContaining('not ours') })];
    expect(positions?.adjustmentsMade).toEqual(made);
    expect(desk.alerts.raised.slice(alertsBefore)).toMatchObject([
      { code: 'POSITION_MISMATCH', aspect: 'BTC/USDT', details: { ...discrepancy, adjustments: made } },
    ]);
    expect(acts).toMatchObject([{ request: { decision: 'RECONCILE' }, result: { adjustmentsMade: made } }]);
    expect(after).toMatchObject({ discrepancies: [], adjustmentsMade: [] });
    expect(Number(await desk.quantityOf('BTC/USDT'))).toBeCloseTo(before + 0.1998, 8);
  });
});

/** The account as if it had 60 more instruments, `X00` to `X59` in the place of `*`, which nobody has traded. */
async function withManyInstruments(pattern: string): Promise<() => void> {
  const { positions, exchanges } = desk.deps;
  const at = new Date().toISOString();
  const names = Array.from({ length: 60 }, (_, index) => pattern.replace('*', `X${String(index).padStart(2, '0')}`));
  const more = names.map((assetId) => emptyPosition(desk.name.tenantId, assetId, 'BINANCE', at));
  const list: typeof positions.list = async (...scope) => {
    const page = await positions.list(...scope);
    return { ...page, items: [...more, ...page.items] };
  };
  const adapter = await exchanges.getAdapter(desk.name.tenantId, 'BINANCE');
  const listExecutions: typeof adapter.listExecutions = (tenantId, assetId, sinceMs) =>
    names.includes(assetId)
      ? Promise.resolve({ executions: [], more: false })
      : adapter.listExecutions(tenantId, assetId, sinceMs);
  const wide = Object.create(adapter, { listExecutions: { value: listExecutions } }) as typeof adapter;
  Object.assign(desk.deps, {
    positions: Object.create(positions, { list: { value: list } }) as typeof positions,
    exchanges: { ...exchanges, getAdapter: () => Promise.resolve(wide) },
  });
  return () => void Object.assign(desk.deps, { positions, exchanges });
}

describe('an account with more instruments than are read', () => {
  it('has a trade by hand found on the one of which both sides differ', async () => {
    await desk.reconcile({ accept: true });
    const restore = await withManyInstruments('*/USDT');
    const { accountId } = desk;
    const trade = { symbol: BTCUSDT, side: 'BUY', quantity: '0.1', clientOrderId: 'web_many' } as const;
    await desk.admin.placeCustomerOrder({ accountId, ...trade });
    const { state, positions } = await desk.reconcile();
    restore();
    expect(state).toBe('RECONCILED');
    expect(positions?.adjustmentsMade).toMatchObject([{ reason: expect.stringContaining('not ours') }]);
  });

  it('is not adjusted by what trades that were not read may explain; they are named, and looked for again', async () => {
    await desk.reconcile({ accept: true });
    const before = await desk.deps.reconciliations.getAccount(desk.name);
    const restore = await withManyInstruments('*/BTC');
    await desk.admin.deposit(desk.accountId, 'BTC', '0.7', { unlisted: true });
    const { positions } = await desk.reconcile();
    restore();
    expect(positions).toMatchObject({
      adjustmentsMade: [],
      unexplained: [{ currency: 'BTC', difference: '0.7' }],
      unseen: [expect.stringMatching(/^trades on 1\d instruments.*X5\d\/BTC/)],
    });
    expect((await desk.deps.reconciliations.getAccount(desk.name))?.sinceMs).toBe(before?.sinceMs);
    await desk.reconcile({ accept: true });
  });
});

it('an account that never stands still calls somebody once it has not been compared for two hours', async () => {
  await desk.reconcile({ accept: true });
  const { positions, clock } = desk.deps;
  let version = 0;
  const list: typeof positions.list = async (...scope) => {
    const page = await positions.list(...scope);
    return { ...page, items: page.items.map((position) => ({ ...position, version: (version += 1) })) };
  };
  Object.assign(desk.deps, { positions: Object.create(positions, { list: { value: list } }) as typeof positions });
  const before = desk.alerts.raised.length;
  expect(await desk.reconcile()).toMatchObject({ state: 'UNSETTLED' });
  expect(desk.alerts.raised.slice(before)).toEqual([]);
  const survey = await desk.survey();
  Object.assign(desk.deps, { positions, clock: { ...clock, now: () => clock.now() + 7_200_001 } });
  await desk.settle(survey);
  Object.assign(desk.deps, { clock });
  const details = expect.objectContaining({ lastComparedAt: expect.any(String), problem: expect.any(String) });
  expect(desk.alerts.raised.slice(before)).toEqual([{ code: 'RECONCILIATION_OVERDUE', ...desk.name, details }]);
});

it('a trade whose price × quantity has more digits than a balance leaves no difference, told by its reply or found later, ours or not', async () => {
  const [assetId, symbol, quantity] = ['ETH/BTC', 'ETHBTC', '0.123'];
  await desk.reconcile({ accept: true });
  await desk.submit(desk.anOrder({ assetId, quantity, price: '0.06', timeInForce: 'IOC' }));
  const missed = desk.anOrder({ assetId, quantity, price: '0.040001' });
  await desk.submit(missed);
  await desk.admin.fill({ symbol, clientOrderId: clientOrderIdOf(missed.orderId, 0) });
  const { accountId } = desk;
  await desk.admin.placeCustomerOrder({ accountId, symbol, side: 'SELL', quantity, clientOrderId: 'web_cut' });
  const { positions, state } = await desk.reconcile();
  expect(state).toBe('RECONCILED');
  const reason = expect.stringContaining('by an order that is not ours');
  expect(positions?.adjustmentsMade).toEqual([expect.objectContaining({ assetId, reason })]);
});

it('where deposits can’t be seen, says so and adjusts by nothing but trades and a person’s word', async () => {
  await desk.reconcile({ accept: true });
  const adapter = await desk.deps.exchanges.getAdapter(desk.name.tenantId, 'BINANCE');
  const blind = Object.create(adapter, {
    capabilities: { value: { ...adapter.capabilities, transfers: false } },
  }) as typeof adapter;
  const { exchanges, audit } = desk.deps;
  const acts: RecordedAct[] = [];
  Object.assign(desk.deps, {
    exchanges: { ...exchanges, getAdapter: () => Promise.resolve(blind) },
    audit: { ...audit, record: (act: RecordedAct) => acts.push(act) },
  });
  await desk.admin.deposit(desk.accountId, 'BTC', '2');
  const found = await desk.reconcile();
  const named = await desk.reconcile({ positions: ['BTC/USDT'] });
  await desk.reconcile({ accept: true, reason: 'a gift' });
  Object.assign(desk.deps, { exchanges, audit });
  expect(acts).toMatchObject([
    {
      requestedBy: 'ada',
      request: { reportId: named.reportId, positions: ['BTC/USDT'] },
      result: { adjustmentsMade: named.positions?.adjustmentsMade },
    },
    { requestedBy: 'ada', operationType: 'INTERVENTION', request: { accept: true, reason: 'a gift' } },
  ]);
  expect(found).toMatchObject({
    state: 'DISCREPANT',
    positions: {
      adjustmentsMade: [],
      unexplained: [{ currency: 'BTC', difference: '2' }],
      unseen: [expect.stringContaining('deposits')],
    },
  });
  expect(named.positions?.adjustmentsMade).toMatchObject([
    { assetId: 'BTC/USDT', reason: expect.stringContaining('named by ada') },
  ]);
});

it('a reconciliation that can’t be made is reported, and somebody called', async () => {
  const run = {
    input: { ...desk.name, requestedBy: 'schedule' },
    reportId: 'r',
    startedAt: '2099-01-31T12:00:00.000Z',
  };
  const report = await reportFailure(desk.deps, run, 'nobody answers');
  expect(report).toMatchObject({ state: 'FAILED', problem: 'nobody answers', requestedBy: 'schedule' });
  const details = { problem: 'nobody answers' };
  expect(desk.alerts.raised).toContainEqual({ code: 'RECONCILIATION_FAILED', ...desk.name, details });
  const { items } = await desk.deps.reconciliations.listReports(desk.name);
  expect(items[0]).toEqual(report);
});
