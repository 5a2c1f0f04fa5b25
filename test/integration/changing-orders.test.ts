import { orderWorkflowId } from '../../workflows/order/contract';
import type { OrderResponse } from '../../src/domain/order';
import type { OrderView } from '../../src/simulator/exchange/model';
import { auditAccount } from '../simulation/auditor';
import type { TestAccount } from '../stack/account';
import { booksOf } from '../stack/books';
import { eventually } from '../stack/eventually';
import { restingOrder } from '../stack/resting-order';
import type { TestService } from '../stack/service';
import { startService } from '../stack/service';
import { testStack } from '../stack/stack';

const TIME_LIMIT_MS = 90_000;
jest.setTimeout(TIME_LIMIT_MS);

describe('a live order is changed', () => {
  let service: TestService;
  let account: TestAccount;

  beforeAll(async () => {
    service = await startService(testStack());
    account = await service.openAccount();
  });
  afterAll(() => service.stop());

  async function submitted(key: string): Promise<string> {
    const { orderId, status } = await service.orderManager.submitOrder(
      restingOrder(account.tenantId, { idempotencyKey: key }),
    );
    expect(status).toBe('OPEN');
    return orderId;
  }

  function modify(orderId: string, changes: object): Promise<OrderResponse> {
    const handle = service.temporal.client.workflow.getHandle(orderWorkflowId(account.tenantId, orderId));
    return handle.executeUpdate<OrderResponse, [object]>('modify', { args: [changes] });
  }

  async function atExchange(orderId: string): Promise<OrderView[]> {
    const prefix = orderId.replaceAll('-', '').slice(0, 30);
    const { orders } = await account.admin.state();
    return orders.filter(({ clientOrderId }) => clientOrderId.startsWith(prefix));
  }

  async function fillAll(orderId: string): Promise<void> {
    const { clientOrderId = '' } = await service.orderManager.getOrder(account.tenantId, orderId);
    await account.admin.fill({ symbol: 'BTCUSDT', clientOrderId });
    await service.temporal.client.workflow.getHandle(orderWorkflowId(account.tenantId, orderId)).result();
  }

  async function read(orderId: string): ReturnType<TestService['orderManager']['getOrder']> {
    return await service.orderManager.getOrder(account.tenantId, orderId);
  }

  test('a smaller quantity keeps the place in the book; what fills after it is counted right', async () => {
    const orderId = await submitted('down');
    const changed = await modify(orderId, { newQuantity: '0.006', requestedBy: 'ada' });
    expect(changed).toMatchObject({ status: 'OPEN', remainingQuantity: '0.006' });
    expect(changed.error).toBeUndefined();
    const [theirs, ...others] = await atExchange(orderId);
    expect(others).toEqual([]);
    expect(Number(theirs?.quantity)).toBe(0.006);
    await fillAll(orderId);
    const filled = await read(orderId);
    expect(filled).toMatchObject({
      status: 'FILLED',
      quantity: '0.006',
      filledQuantity: '0.006',
      remainingQuantity: '0',
    });
    expect(filled.events.map(({ type }) => type)).toEqual(['CREATED', 'ACKNOWLEDGED', 'MODIFIED', 'FILLED']);
    expect(filled.events.find(({ type }) => type === 'MODIFIED')).toMatchObject({
      by: 'ada',
      detail: 'quantity 0.01 → 0.006',
    });
  });

  test('another price places it anew under its next client order id, and the end of the old one is not its end', async () => {
    const orderId = await submitted('price');
    const before = await read(orderId);
    const changed = await modify(orderId, { newPrice: 50100 });
    expect(changed).toMatchObject({ status: 'OPEN', remainingQuantity: '0.01' });
    expect(changed.exchangeOrderId).not.toBe(before.exchangeOrderId);
    expect((await atExchange(orderId)).map(({ status }) => status).sort()).toEqual(['CANCELED', 'NEW']);
    await fillAll(orderId);
    const filled = await read(orderId);
    expect(filled).toMatchObject({ status: 'FILLED', price: '50100', averageFilledPrice: '50100', fillCount: 1 });
    expect(filled.clientOrderId).toBe(`${before.clientOrderId?.slice(0, 30)}01`);
  });

  test('a change whose reply is lost is found at the exchange, and made once', async () => {
    const orderId = await submitted('lost');
    const match = { endpoint: 'POST /api/v3/order/cancelReplace', apiKey: `key-${account.tenantId}`, times: 1 };
    await account.admin.addFault({ match, effect: { kind: 'lose-reply' } });
    const changed = await modify(orderId, { newPrice: '50200' });
    expect(changed).toMatchObject({ status: 'OPEN' });
    expect(changed.error).toBeUndefined();
    expect(await read(orderId)).toMatchObject({ price: '50200', status: 'OPEN' });
    expect(await atExchange(orderId)).toHaveLength(2);
    expect(await service.orderManager.cancelOrder(account.tenantId, orderId)).toMatchObject({ status: 'CANCELLED' });
  });

  test('an order that is filled while its change is in doubt closes once it is known what became of that', async () => {
    const orderId = await submitted('filled');
    const match = { endpoint: 'POST /api/v3/order/cancelReplace', apiKey: `key-${account.tenantId}`, times: 1 };
    const fault = await account.admin.addFault({ match, effect: { kind: 'status-before', status: 504 } });
    const changed = modify(orderId, { newPrice: '50200' });
    await eventually(async () => {
      const rule = (await account.admin.faults()).find(({ id }) => id === fault);
      expect(rule?.hits).toBe(1);
    });
    await fillAll(orderId);
    expect(await changed).toMatchObject({ status: 'FILLED', error: { code: 'OUTCOME_UNKNOWN' } });
    const filled = await read(orderId);
    expect(filled).toMatchObject({ status: 'FILLED', price: '50000', filledQuantity: '0.01' });
    expect(filled.events.map(({ type }) => type)).toContain('MODIFICATION_FAILED');
    const record = await service.services.orders.get(account.tenantId, orderId);
    expect(record?.state.lifecycle.amendment).toBeUndefined();
  });

  test('a change that the exchange refuses leaves the order as it was, and its caller is told', async () => {
    const orderId = await submitted('refused');
    const match = { endpoint: 'POST /api/v3/order/cancelReplace', apiKey: `key-${account.tenantId}`, times: 1 };
    const effect = { kind: 'status-before' as const, status: 400, code: -1013, msg: 'Filter failure: PRICE_FILTER' };
    await account.admin.addFault({ match, effect });
    const answer = await modify(orderId, { newPrice: '50300' });
    expect(answer).toMatchObject({ status: 'OPEN', error: { code: 'INSTRUMENT_RULES' } });
    const after = await read(orderId);
    expect(after).toMatchObject({ status: 'OPEN', price: '50000' });
    expect(after.events.map(({ type }) => type)).toContain('MODIFICATION_FAILED');
    expect(await service.orderManager.cancelOrder(account.tenantId, orderId)).toMatchObject({ status: 'CANCELLED' });
  });

  test('a change that can not be made is refused before anything is sent, with every fault', async () => {
    const orderId = await submitted('faulty');
    const { clientOrderId = '' } = await read(orderId);
    await account.admin.fill({ symbol: 'BTCUSDT', clientOrderId, quantity: '0.004' });
    const handle = service.temporal.client.workflow.getHandle(orderWorkflowId(account.tenantId, orderId));
    await eventually(async () => expect(await handle.query('state')).toMatchObject({ filledQuantity: '0.004' }));
    const cause = (faults: object[]): object => ({ cause: { type: 'INVALID_INPUT', details: [{ faults }] } });
    await expect(modify(orderId, { newQuantity: '0.004', newStopPrice: '1' })).rejects.toMatchObject(
      cause([
        { field: 'newStopPrice', message: 'does not belong to LIMIT orders' },
        { field: 'newQuantity', message: 'must be more than the 0.004 that are filled, got 0.004' },
      ]),
    );
    await expect(modify(orderId, { newPrice: '50000' })).rejects.toMatchObject(
      cause([{ field: '', message: 'The modification changes nothing' }]),
    );
    await expect(modify(orderId, { newPrice: 'a lot' })).rejects.toMatchObject({ cause: { type: 'INVALID_INPUT' } });
    await fillAll(orderId);
  });

  test('in the end, exchange and records agree on every order and every fill', async () => {
    const { tenantId, admin } = account;
    const { findings } = auditAccount(await admin.state(), tenantId, await booksOf(service.services, tenantId));
    expect(findings).toEqual([]);
  });
});
