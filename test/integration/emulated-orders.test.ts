import { orderWorkflowId } from '../../workflows/order/contract';
import type { OrderRequestInput } from '../../src/domain/order-request';
import type { TestAccount } from '../stack/account';
import { eventually } from '../stack/eventually';
import type { OrderFields } from '../stack/resting-order';
import { restingOrder } from '../stack/resting-order';
import type { TestService } from '../stack/service';
import { startService } from '../stack/service';
import { testStack } from '../stack/stack';

const TIME_LIMIT_MS = 90_000;
jest.setTimeout(TIME_LIMIT_MS);

describe('what the exchange does not offer, the service does', () => {
  let service: TestService;
  let account: TestAccount;

  beforeAll(async () => {
    service = await startService(testStack());
    account = await service.openAccount({ registration: { emulationAllowed: true } });
  });
  afterAll(() => service.stop());

  const order = (idempotencyKey: string, more: OrderFields): OrderRequestInput =>
    restingOrder(account.tenantId, { idempotencyKey, price: undefined, ...more });

  const inFuture = (ms: number): string => new Date(Date.now() + ms).toISOString();
  const closed = (orderId: string): Promise<unknown> =>
    service.temporal.client.workflow.getHandle(orderWorkflowId(account.tenantId, orderId)).result();

  test('a GTD order is cancelled when its time is up, and has EXPIRED', async () => {
    const terms = { price: '50000', timeInForce: 'GTD', expiresAt: inFuture(8_000) } as const;
    const acknowledged = await service.orderManager.submitOrder(order('gtd', terms));
    expect(acknowledged).toMatchObject({ status: 'OPEN', emulated: ['GTD'] });
    await closed(acknowledged.orderId);
    const expired = await service.orderManager.getOrder(account.tenantId, acknowledged.orderId);
    expect(expired).toMatchObject({ status: 'EXPIRED', timeInForce: 'GTD', emulated: ['GTD'] });
    const { orders } = await account.admin.state();
    expect(orders.find(({ clientOrderId }) => clientOrderId === expired.clientOrderId)?.status).toBe('CANCELED');
  });

  test('a GTD order that is cancelled before is CANCELLED', async () => {
    const terms = { price: '50000', timeInForce: 'GTD', expiresAt: inFuture(600_000) } as const;
    const { orderId } = await service.orderManager.submitOrder(order('gtd-cancelled', terms));
    expect(await service.orderManager.cancelOrder(account.tenantId, orderId)).toMatchObject({ status: 'CANCELLED' });
  });

  test('a trailing stop is held until the market turns by its distance, then sold at the market', async () => {
    const { bid } = await price();
    const held = await service.orderManager.submitOrder(
      order('trailing', { orderType: 'TRAILING_STOP', side: 'SELL', trailingDelta: '200' }),
    );
    expect(held).toMatchObject({ status: 'OPEN', emulated: ['TRAILING_STOP'] });
    expect(held.exchangeOrderId).toBeUndefined();
    await account.admin.setPrice('BTCUSDT', String(Math.round(bid) + 300));
    await eventually(async () => expect((await price()).bid).toBeGreaterThan(bid + 100));
    await account.admin.setPrice('BTCUSDT', String(Math.round(bid)));
    await closed(held.orderId);
    const sold = await service.orderManager.getOrder(account.tenantId, held.orderId);
    expect(sold).toMatchObject({ status: 'FILLED', orderType: 'TRAILING_STOP' });
    expect(sold.events.map(({ type }) => type)).toEqual(['CREATED', 'ARMED', 'TRIGGERED', 'ACKNOWLEDGED', 'FILLED']);
  });

  test('an order that was changed while it waited for its trigger is sent as it was changed', async () => {
    const { bid } = await price();
    const trailing = { orderType: 'TRAILING_STOP', side: 'SELL', trailingDelta: '200' } as const;
    const { orderId } = await service.orderManager.submitOrder(order('held-changed', trailing));
    await service.orderManager.modifyOrder(account.tenantId, orderId, { newQuantity: '0.004' });
    await account.admin.setPrice('BTCUSDT', String(Math.round(bid) - 300));
    await closed(orderId);
    const sold = await service.orderManager.getOrder(account.tenantId, orderId);
    expect(sold).toMatchObject({ status: 'FILLED', quantity: '0.004', filledQuantity: '0.004' });
    await account.admin.setPrice('BTCUSDT', String(Math.round(bid)));
  });

  test('a stop that was held before emulation was switched off is sent at its trigger all the same', async () => {
    const own = await service.openAccount({ registration: { emulationAllowed: true } });
    const { tenantId } = own;
    const { bid } = await price();
    const trailing = { tenantId, orderType: 'TRAILING_STOP', side: 'SELL', trailingDelta: '200' } as const;
    const { orderId } = await service.orderManager.submitOrder(order('held-and-forbidden', trailing));
    await service.services.exchanges.updateExchange(tenantId, 'BINANCE', { emulationAllowed: false });
    let asked = 0;
    await eventually(async () => {
      const refused = await service.orderManager.submitOrder(order(`forbidden-${(asked += 1)}`, trailing));
      expect(refused).toMatchObject({ status: 'REJECTED', error: { code: 'UNSUPPORTED' } });
    });
    await own.admin.setPrice('BTCUSDT', String(Math.round(bid) - 300));
    await service.temporal.client.workflow.getHandle(orderWorkflowId(tenantId, orderId)).result();
    const { status, emulated } = await service.orderManager.getOrder(tenantId, orderId);
    expect({ status, emulated }).toEqual({ status: 'FILLED', emulated: ['TRAILING_STOP'] });
    await own.admin.setPrice('BTCUSDT', String(Math.round(bid)));
  });

  test('a held order can be cancelled, and its time can be up, with nothing ever sent', async () => {
    const trailing = { orderType: 'TRAILING_STOP', side: 'SELL', trailingDelta: '20000' } as const;
    const { orderId } = await service.orderManager.submitOrder(order('held-cancelled', trailing));
    expect(await service.orderManager.cancelOrder(account.tenantId, orderId)).toMatchObject({ status: 'CANCELLED' });
    const terms = { ...trailing, timeInForce: 'GTD', expiresAt: inFuture(6_000) } as const;
    const expiring = await service.orderManager.submitOrder(order('held-expired', terms));
    await closed(expiring.orderId);
    expect(await service.orderManager.getOrder(account.tenantId, expiring.orderId)).toMatchObject({
      status: 'EXPIRED',
    });
    const { orders } = await account.admin.state();
    const sent = orders.filter(({ clientOrderId }) =>
      [orderId, expiring.orderId].some((id) => clientOrderId.startsWith(id.replaceAll('-', '').slice(0, 30))),
    );
    expect(sent).toEqual([]);
  });

  test('without leave to emulate, it is refused with what is missing', async () => {
    const own = await service.openAccount();
    const gtd = order('refused', {
      tenantId: own.tenantId,
      price: '50000',
      timeInForce: 'GTD',
      expiresAt: inFuture(60_000),
    });
    const refused = await service.orderManager.submitOrder(gtd);
    expect(refused).toMatchObject({ status: 'REJECTED', error: { code: 'UNSUPPORTED' } });
    expect(refused.error?.message).toContain('--emulation on');
  });

  test('a trailing stop that must fill all or nothing is refused, since a market order here may fill in part', async () => {
    const allOrNothing = {
      orderType: 'TRAILING_STOP',
      side: 'SELL',
      trailingDelta: '200',
      timeInForce: 'FOK',
    } as const;
    const { status, error } = await service.orderManager.submitOrder(order('trailing-fok', allOrNothing));
    expect({ status, code: error?.code }).toEqual({ status: 'REJECTED', code: 'UNSUPPORTED' });
    const fault = { field: 'timeInForce', message: expect.stringContaining('GTC, IOC for MARKET') as string };
    expect(error?.faults).toEqual([fault]);
  });

  test('an order that is older than its kind may be is stale, and nothing is sent', async () => {
    const stale = order('stale', {
      orderType: 'MARKET',
      timeInForce: 'IOC',
      timestamp: new Date(Date.now() - 61_000).toISOString(),
    });
    const refused = await service.orderManager.submitOrder(stale);
    expect(refused).toMatchObject({ status: 'REJECTED', error: { code: 'ORDER_STALE' } });
  });

  async function price(): Promise<{ bid: number }> {
    const { bid } = await service.services.marketData(account.tenantId).quote('BINANCE', 'BTC/USDT');
    return { bid: Number(bid) };
  }
});
