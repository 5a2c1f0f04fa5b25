import { randomUUID } from 'node:crypto';
import { sum } from '../../src/domain/decimal';
import type { Position, PositionHistory } from '../../src/domain/position';
import type { ReconciliationInput, ReconciliationReport } from '../../src/domain/reconciliation';
import { createReconciliationService } from '../../src/client/reconciliation';
import {
  ensureReconciliation,
  scheduleReconciliation,
  unscheduleReconciliation,
} from '../../src/client/reconciliation-schedule';
import { reconciliationScheduleId } from '../../workflows/reconciliation/contract';
import { openTradingDesk, type TradingDesk } from '../client/trading-desk';
import { eventually } from '../stack/eventually';
import { testStack } from '../stack/stack';

const TIME_LIMIT_MS = 90_000;
const BTC = { symbol: 'BTCUSDT', side: 'BUY' } as const;

let desk: TradingDesk;
beforeAll(async () => {
  // Between two looks at an account lies the exchange's read delay.
  const environment = { SIMULATED_WAITS: JSON.stringify({ readDelayMs: 300 }) };
  desk = await openTradingDesk(testStack(), { environment });
}, TIME_LIMIT_MS);
afterAll(() => desk?.close());

const account = (): Pick<ReconciliationInput, 'tenantId' | 'exchangeId'> => {
  return { tenantId: desk.tenantId, exchangeId: 'BINANCE' };
};
const reconcile = (input: Partial<ReconciliationInput> = {}): Promise<ReconciliationReport> =>
  createReconciliationService({ ...desk.services, client: desk.client }).reconcile({
    ...account(),
    requestedBy: 'ada',
    ...input,
  });
const deposit = (asset: string, amount: string, kind = {}): Promise<void> =>
  desk.admin.deposit(desk.tenantId, asset, amount, kind);
const positionOf = async (assetId: string): Promise<Position | null> =>
  await desk.services.positionManager.getPosition(desk.tenantId, assetId, 'BINANCE');
const historyOf = async (assetId: string): Promise<PositionHistory[]> => {
  const all = ['2020-01-01T00:00:00Z', '2040-01-01T00:00:00Z'] as const;
  return (await desk.services.positionManager.getPositionHistory(desk.tenantId, assetId, ...all)).items;
};
const bought = async (quantity: string): Promise<void> => {
  const price = '70000';
  const order = await desk.manager.submitOrder(desk.anOrder({ quantity, price, timeInForce: 'IOC' }));
  await eventually(async () => {
    expect((await desk.manager.getOrder(desk.tenantId, order.orderId)).status).toBe('FILLED');
  });
};

test(
  'the first stores the opening balances; trades of ours, deposits and withdrawals are explained from then on',
  async () => {
    expect(await reconcile()).toMatchObject({ state: 'OPENED', positions: { adjustmentsMade: [], unseen: [] } });
    await bought('0.02');
    await deposit('BTC', '3');
    await deposit('USDT', '-1000', { fee: '1' });
    const { state, positions } = await reconcile();
    expect({ state, unexplained: positions?.unexplained }).toEqual({ state: 'RECONCILED', unexplained: [] });
    const btc = positions?.balances.find(({ currency }) => currency === 'BTC');
    expect(btc).toMatchObject({ opening: '10', transfers: '3', booked: '0.01998', difference: '0' });
    expect(positions?.balances.find(({ currency }) => currency === 'USDT')).toMatchObject({ transfers: '-1001' });
  },
  TIME_LIMIT_MS,
);

test(
  'a trade by hand adjusts the position that it names, once, as RECONCILE in its history; an open order by hand is told',
  async () => {
    const before = (await positionOf('BTC/USDT'))?.quantity ?? '0';
    const byHand = { accountId: desk.tenantId, ...BTC, quantity: '0.5' };
    await desk.admin.placeCustomerOrder({ ...byHand, clientOrderId: 'web_1' });
    await desk.admin.placeCustomerOrder({ ...byHand, price: '100', clientOrderId: 'web_2' });
    const { state, positions, orders } = await reconcile();
    expect(state).toBe('RECONCILED');
    const after = sum([before, '0.4995']);
    expect(positions?.discrepancies).toEqual([
      { assetId: 'BTC/USDT', internalQuantity: before, exchangeQuantity: after, difference: '0.4995' },
    ]);
    expect(orders?.foreignOrders).toMatchObject([{ clientOrderId: 'web_2', assetId: 'BTC/USDT', quantity: '0.5' }]);
    expect((await positionOf('BTC/USDT'))?.quantity).toBe(after);
    const records = (await historyOf('BTC/USDT')).filter(({ eventType }) => eventType === 'RECONCILE');
    expect(records.length).toBe(positions?.adjustmentsMade.length);
    expect(records[0]).toMatchObject({ previousQuantity: before, reason: expect.stringContaining('not ours') });
    expect((await reconcile()).positions).toMatchObject({ discrepancies: [], adjustmentsMade: [], unexplained: [] });
  },
  TIME_LIMIT_MS,
);

test(
  'an instrument that was never traded here is found by the two balances that its trade moved',
  async () => {
    const byHand = { accountId: desk.tenantId, symbol: 'ETHUSDT', side: 'BUY', quantity: '1' } as const;
    await desk.admin.placeCustomerOrder({ ...byHand, clientOrderId: 'web_3' });
    const { state, positions } = await reconcile();
    expect({ state, discrepancies: positions?.discrepancies }).toMatchObject({
      state: 'RECONCILED',
      discrepancies: [{ assetId: 'ETH/USDT', internalQuantity: '0', exchangeQuantity: '0.999' }],
    });
    expect((await positionOf('ETH/USDT'))?.quantity).toBe('0.999');
  },
  TIME_LIMIT_MS,
);

test(
  'what nothing names goes to the only position in its currency; what has none stays a discrepancy until a person accepts it',
  async () => {
    const before = (await positionOf('BTC/USDT'))?.quantity ?? '0';
    await deposit('BTC', '-0.25', { unlisted: true });
    await deposit('USDT', '7.5', { unlisted: true });
    const found = await reconcile();
    expect(found.state).toBe('DISCREPANT');
    expect(found.positions).toMatchObject({
      adjustmentsMade: [{ assetId: 'BTC/USDT', previousQuantity: before, adjustedQuantity: sum([before, '-0.25']) }],
      unexplained: [{ currency: 'USDT', difference: '7.5' }],
    });
    expect((await reconcile()).positions).toMatchObject({ adjustmentsMade: [], unexplained: [{ currency: 'USDT' }] });
    const accepted = await reconcile({ accept: true, reason: 'interest of January' });
    expect(accepted).toMatchObject({
      state: 'RECONCILED',
      reason: 'interest of January',
      positions: { unexplained: [] },
    });
    const service = createReconciliationService({ ...desk.services, client: desk.client });
    const { tenantId, exchangeId } = account();
    expect(await desk.manager.reconcileOrders(tenantId, exchangeId)).toMatchObject({ reconciled: true });
    expect(await service.reconcilePositions(tenantId, exchangeId)).toMatchObject({ unexplained: [] });
  },
  TIME_LIMIT_MS,
);

test(
  'fills, deposits and withdrawals that come while it runs are neither counted twice nor undone',
  async () => {
    const adjusted = (await historyOf('BTC/USDT')).filter(({ eventType }) => eventType === 'RECONCILE').length;
    let isEnough = false;
    const trade = async (): Promise<void> => {
      while (!isEnough) {
        const order = { quantity: '0.001', price: '70000', timeInForce: 'IOC', idempotencyKey: randomUUID() } as const;
        await desk.manager.submitOrder(desk.anOrder(order));
      }
    };
    const transfer = async (): Promise<void> => {
      while (!isEnough) {
        await deposit('BTC', '0.1');
        await deposit('BTC', '-0.05', { fee: '0.001' });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const load = [trade(), trade(), transfer()];
    const states = [];
    for (let run = 0; run < 3; run++) states.push((await reconcile()).state);
    isEnough = true;
    await Promise.all(load);
    for (const state of states) expect(['RECONCILED', 'UNSETTLED']).toContain(state);
    expect(await reconcile()).toMatchObject({ state: 'RECONCILED', positions: { adjustmentsMade: [] } });
    const records = (await historyOf('BTC/USDT')).filter(({ eventType }) => eventType === 'RECONCILE');
    expect(records.length).toBe(adjusted);
  },
  TIME_LIMIT_MS,
);

test(
  'a schedule reconciles by itself, passes over an exchange that is not active, and can be changed and removed',
  async () => {
    await ensureReconciliation(desk.client, account());
    await ensureReconciliation(desk.client, account());
    const schedule = desk.client.schedule.getHandle(reconciliationScheduleId(account()));
    const service = createReconciliationService({ ...desk.services, client: desk.client });
    const newest = async (): Promise<ReconciliationReport | undefined> =>
      (await service.listReports(account())).items[0];
    await schedule.trigger();
    await eventually(async () => {
      expect(await newest()).toMatchObject({ requestedBy: 'schedule', state: 'RECONCILED' });
    });
    await desk.services.exchanges.setExchangeStatus(desk.tenantId, 'BINANCE', 'MAINTENANCE');
    await schedule.trigger();
    await eventually(async () => {
      expect(await newest()).toMatchObject({ state: 'SKIPPED', problem: expect.stringContaining('MAINTENANCE') });
    });
    await scheduleReconciliation(desk.client, account(), 5);
    const { spec, policies } = await schedule.describe();
    expect({ every: spec.intervals?.[0]?.every, overlap: policies.overlap }).toEqual({
      every: 300_000,
      overlap: 'SKIP',
    });
    expect(await unscheduleReconciliation(desk.client, account())).toBe(true);
    expect(await unscheduleReconciliation(desk.client, account())).toBe(false);
  },
  TIME_LIMIT_MS,
);

test('what asks for nonsense is refused with all that is wrong', async () => {
  await expect(reconcile({ exchangeId: 'BINANC' as 'BINANCE', positions: ['BTC'] })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    faults: [{ field: 'exchangeId' }, { field: 'positions.0' }],
  });
});
