import { Decimal, sum } from '../../src/domain/decimal';
import type { OrderRequestInput } from '../../src/domain/order-request';
import { auditAccount } from '../simulation/auditor';
import type { TestAccount } from '../stack/account';
import { booksOf } from '../stack/books';
import type { OrderFields } from '../stack/resting-order';
import { restingOrder } from '../stack/resting-order';
import type { TestService } from '../stack/service';
import { startService } from '../stack/service';
import { testStack } from '../stack/stack';
import { orderWorkflowId } from '../../workflows/order/contract';

const TIME_LIMIT_MS = 60_000;
const JUNK_EXECUTION = {
  executionId: '1',
  exchangeOrderId: '1',
  exchangeId: 'BINANCE',
  assetId: 'BTC/USDT',
  side: 'BUY',
  quantity: '0.01',
  price: '50000',
  commission: '0',
  commissionAsset: 'BTC',
  timestamp: new Date().toISOString(),
  receivedAt: new Date().toISOString(),
};

describe('an order goes the whole way, through every real component', () => {
  let service: TestService;
  let account: TestAccount;

  beforeAll(async () => {
    service = await startService(testStack());
    account = await service.openAccount();
  }, TIME_LIMIT_MS);
  afterAll(() => service.stop());

  const order = (idempotencyKey: string, more: OrderFields = {}): OrderRequestInput =>
    restingOrder(account.tenantId, { idempotencyKey, ...more });

  async function closed(orderId: string): Promise<void> {
    await service.temporal.client.workflow.getHandle(orderWorkflowId(account.tenantId, orderId)).result();
  }

  test('a resting order is acknowledged as OPEN, filled over the stream, and becomes a position with its P&L', async () => {
    const { orderManager, services } = service;
    const { tenantId, admin } = account;
    const metadata = { desk: 'basis', hedge: { of: 'ETH/USDT' } };

    const acknowledged = await orderManager.submitOrder(order('resting', { metadata }));
    expect(acknowledged).toMatchObject({ status: 'OPEN', filledQuantity: '0', remainingQuantity: '0.01' });
    const { orderId } = acknowledged;
    const open = await orderManager.getOrder(tenantId, orderId);
    await admin.fill({ symbol: 'BTCUSDT', clientOrderId: open.clientOrderId ?? '', quantity: '0.004' });
    await admin.fill({ symbol: 'BTCUSDT', clientOrderId: open.clientOrderId ?? '' });
    await closed(orderId);

    const filled = await orderManager.getOrder(tenantId, orderId);
    expect(filled).toMatchObject({
      status: 'FILLED',
      filledQuantity: '0.01',
      remainingQuantity: '0',
      averageFilledPrice: '50000',
    });
    expect(filled.fills.map(({ quantity }) => quantity)).toEqual(['0.004', '0.006']);
    expect(filled.metadata).toEqual(metadata);
    expect(filled.events.map(({ type }) => type)).toEqual(['CREATED', 'ACKNOWLEDGED', 'FILLED']);

    const position = await services.positionManager.getPosition(tenantId, 'BTC/USDT', 'BINANCE');
    expect(position).toMatchObject({
      quantity: '0.00999',
      averageEntryPrice: '50000',
      totalCommissions: { BTC: '0.00001' },
    });
    const { currentPrice = '', unrealizedPnL = '' } = position ?? {};
    expect(unrealizedPnL).toBe(new Decimal(currentPrice).minus('50000').times('0.00999').toFixed());
  });

  test('an order that trades at once is answered as FILLED with what it cost', async () => {
    const { orderManager } = service;
    const market = order('crossing', { orderType: 'MARKET', price: undefined, timeInForce: 'IOC' });
    const response = await orderManager.submitOrder(market);
    expect(response).toMatchObject({ status: 'FILLED', filledQuantity: '0.01', commissionAsset: 'BTC' });
    await closed(response.orderId);
    const { events, fills } = await orderManager.getOrder(account.tenantId, response.orderId);
    expect(events.map(({ type }) => type)).toEqual(['CREATED', 'ACKNOWLEDGED', 'FILLED']);
    expect(sum(fills.map(({ quantity }) => quantity))).toBe('0.01');
  });

  test('a cancelled order ends as CANCELLED on the exchange’s word, with who asked and why', async () => {
    const { orderManager } = service;
    const { tenantId, admin } = account;
    const { orderId } = await orderManager.submitOrder(order('cancelled'));
    const cancelled = await orderManager.cancelOrder(tenantId, orderId, {
      reason: 'changed our mind',
      requestedBy: 'ada',
    });
    expect(cancelled).toMatchObject({ orderId, status: 'CANCELLED' });
    const { clientOrderId, events } = await orderManager.getOrder(tenantId, orderId);
    expect(events.map(({ type, by }) => `${type} by ${by}`)).toContain('CANCEL_REQUESTED by ada');
    const { orders } = await admin.state();
    expect(orders.find((theirs) => theirs.clientOrderId === clientOrderId)?.status).toBe('CANCELED');
    expect(await orderManager.cancelOrder(tenantId, orderId)).toMatchObject({ status: 'CANCELLED' });
  });

  test('junk sent to a live order changes nothing, and the order can still be cancelled', async () => {
    const { orderId } = await service.orderManager.submitOrder(order('pestered'));
    const handle = service.temporal.client.workflow.getHandle(orderWorkflowId(account.tenantId, orderId));
    const execution = { ...JUNK_EXECUTION, orderId, tenantId: account.tenantId };
    const junk = [
      null,
      'text',
      7,
      {},
      [null],
      { lifecycle: 7 },
      { ...execution, ledger: { version: 'x' } },
      { ...execution, orderId: 'another' },
    ];
    for (const signal of ['execution', 'orderUpdate']) for (const message of junk) await handle.signal(signal, message);
    expect(await service.orderManager.getOrder(account.tenantId, orderId)).toMatchObject({
      status: 'OPEN',
      fillCount: 0,
    });
    expect(await handle.query('state')).toMatchObject({ status: 'OPEN', filledQuantity: '0' });
    expect(await handle.executeUpdate('cancel', { args: [null] })).toMatchObject({ status: 'CANCELLED' });
  });

  test('Temporal’s own cancel means: cancel at the exchange, confirm, then close', async () => {
    const { orderId } = await service.orderManager.submitOrder(order('cancelled-in-temporal'));
    await service.temporal.client.workflow.getHandle(orderWorkflowId(account.tenantId, orderId)).cancel();
    await closed(orderId);
    expect(await service.orderManager.getOrder(account.tenantId, orderId)).toMatchObject({ status: 'CANCELLED' });
  });

  test('an order whose exchange is set INACTIVE is refused and recorded, while open ones can still be cancelled', async () => {
    const { orderManager, services } = service;
    const own = await service.openAccount();
    const { orderId } = await orderManager.submitOrder(order('before', { tenantId: own.tenantId }));
    for (const status of ['INACTIVE', 'ERROR', 'MAINTENANCE'] as const) {
      await services.exchanges.setExchangeStatus(own.tenantId, 'BINANCE', status);
      const refused = await orderManager.submitOrder(order(`while-${status}`, { tenantId: own.tenantId }));
      expect(refused).toMatchObject({ status: 'REJECTED', error: { code: 'EXCHANGE_UNAVAILABLE' } });
      expect(await orderManager.getOrder(own.tenantId, refused.orderId)).toMatchObject({
        status: 'REJECTED',
        error: { code: 'EXCHANGE_UNAVAILABLE' },
      });
    }
    expect(await orderManager.cancelOrder(own.tenantId, orderId)).toMatchObject({ status: 'CANCELLED' });
  });

  test('an order that names no exchange, or was due before now, is refused with nothing sent', async () => {
    const { exchangeId: _, ...undirected } = order('undirected');
    expect(await service.orderManager.submitOrder(undirected)).toMatchObject({
      status: 'REJECTED',
      error: { code: 'EXCHANGE_REQUIRED' },
    });
    const stale = order('stale', { submitBefore: '2026-01-01T00:00:00Z' });
    expect(await service.orderManager.submitOrder(stale)).toMatchObject({
      status: 'REJECTED',
      error: { code: 'ORDER_STALE' },
    });
  });

  test('in the end, exchange and records agree on every order and every fill', async () => {
    const audit = auditAccount(
      await account.admin.state(),
      account.tenantId,
      await booksOf(service.services, account.tenantId),
    );
    expect(audit.findings).toEqual([]);
    expect(audit.fills).toBeGreaterThanOrEqual(3);
  });
});
