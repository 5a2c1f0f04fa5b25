import fc from 'fast-check';
import type { z } from 'zod';
import { orderError } from '../../src/domain/errors';
import type { ExecutionUpdate, OrderUpdate } from '../../src/domain/order';
import type { OrderRequest } from '../../src/domain/order-request';
import { denied } from '../../src/domain/outcome';
import type { ExchangeAdapter } from '../../src/exchanges/adapter';
import type { RunningExchange } from '../conformance/exchange-kit';
import { KITS_OF_REGISTERED } from '../conformance/exchange-kit';
import * as shapes from '../conformance/shapes';
import { TENANT } from '../exchanges/binance-sandbox';
import { orderOf, placed, refOf } from '../exchanges/placing';
import { eventually } from '../stack/eventually';
import { decimalString, multipleOf, orderRequest } from './generators';

const RUNS = 100;

/** The specification's ExchangeAdapter and what the port adds; the compiler checks that the list is complete. */
const METHODS = {
  connect: true,
  disconnect: true,
  isConnected: true,
  onConnectionLost: true,
  checkOrder: true,
  submitOrder: true,
  cancelOrder: true,
  modifyOrder: true,
  findOrder: true,
  getOrderStatus: true,
  listOpenOrders: true,
  surveyOpenOrders: true,
  listExecutions: true,
  findClientOrderId: true,
  getBalance: true,
  listTransfers: true,
  getPositions: true,
  instruments: true,
  getTicker: true,
  subscribeToOrderUpdates: true,
  subscribeToExecutions: true,
  unsubscribe: true,
  healthCheck: true,
  getRateLimitStatus: true,
} satisfies Record<Exclude<keyof ExchangeAdapter, 'exchangeId' | 'mode' | 'capabilities' | OptionalMethod>, true>;

/** What not every exchange has. */
type OptionalMethod = 'cancelAll' | 'cancelAllAfter';

function conforms<T>(schema: z.ZodType, value: T): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Error(`${parsed.error.message} in ${JSON.stringify(value)}`);
  return value;
}

describe.each(KITS_OF_REGISTERED)('Property 1: the adapter of %s', (exchangeId, kit) => {
  let exchange: RunningExchange;
  let adapter: ExchangeAdapter;
  const events: (OrderUpdate | ExecutionUpdate)[] = [];

  beforeAll(async () => {
    exchange = await kit.start();
    adapter = exchange.adapter;
    conforms(shapes.handleShape, await adapter.subscribeToOrderUpdates((update) => events.push(update)));
    conforms(shapes.handleShape, await adapter.subscribeToExecutions((execution) => events.push(execution)));
    await adapter.connect();
  });
  afterAll(async () => {
    await adapter.disconnect();
    await exchange.close();
  });

  it('has every method of the interface', () => {
    const missing = Object.keys(METHODS).filter((name) => typeof adapter[name as keyof typeof METHODS] !== 'function');
    expect(missing).toEqual([]);
    expect(adapter).toMatchObject({ exchangeId, mode: 'SANDBOX' });
    expect(adapter.capabilities.deadMansSwitch).toBe(adapter.cancelAllAfter !== undefined);
  });

  it('answers every call about any order in the defined types, and tells of every accepted one', async () => {
    const { assetId, price } = exchange;
    const wishes = { tenantId: TENANT, exchangeId, assetId };
    const onTheGrid = {
      quantity: multipleOf('0.0001', { min: '0.001', max: '0.1' }),
      price: multipleOf('0.01', price),
    };
    const anything = {
      quantity: decimalString({ min: '0.00000001', max: '20000', scale: 8 }),
      price: decimalString({ ...price, scale: 8 }),
    };
    const order = fc.oneof(
      orderRequest({ ...wishes, ...onTheGrid, orders: adapter.capabilities.orders }),
      orderRequest({ ...wishes, ...anything }),
    );
    const outcomes = new Map<string, string>();
    await fc.assert(
      fc.asyncProperty(order, async (request) => {
        outcomes.set(request.orderId, await liveThrough(request));
      }),
      { numRuns: RUNS },
    );
    expect(new Set(outcomes.values())).toEqual(new Set(['accepted', 'denied', 'rejected']));
    const accepted = [...outcomes].filter(([, outcome]) => outcome === 'accepted').map(([orderId]) => orderId);
    await eventually(() => expect(events.map(({ orderId }) => orderId)).toEqual(expect.arrayContaining(accepted)));
    for (const event of events)
      conforms('executionId' in event ? shapes.executionShape : shapes.orderUpdateShape, event);
  });

  it('asks for leave last, and sends nothing without it', async () => {
    const { assetId, price } = exchange;
    const request = orderOf({ assetId, exchangeId, price: price.min });
    const denial = denied(orderError('TRADING_HALTED', 'Halted.'));
    const lastCheck = jest.fn(() => Promise.resolve(denial));
    expect(await adapter.submitOrder({ ...placed(request), lastCheck })).toEqual(denial);
    expect(await adapter.findOrder(refOf(request))).toEqual({ found: false });

    expect(await adapter.submitOrder(placed(request))).toMatchObject({ outcome: 'accepted' });
    const less = { ...request, quantity: '0.005' };
    const modified = await adapter.modifyOrder(
      refOf(request),
      { newQuantity: less.quantity },
      { ...placed(less, 1), lastCheck },
    );
    expect(modified).toEqual(denial);
    expect(lastCheck).toHaveBeenCalledTimes(2);

    const late = {
      ...placed(less, 1),
      lastCheck: () => Promise.resolve({ outcome: 'cleared', sendBy: Date.now() - 1 } as const),
    };
    expect(await adapter.modifyOrder(refOf(request), { newQuantity: less.quantity }, late)).toMatchObject({
      outcome: 'denied',
    });
    expect(await adapter.cancelOrder(refOf(request))).toMatchObject({ outcome: 'accepted' });
  });

  it('cancels all orders of the account on an instrument, where the exchange can', async () => {
    if (adapter.cancelAll === undefined) return;
    const { assetId, price } = exchange;
    const orders = [1, 2].map(() => orderOf({ assetId, exchangeId, price: price.min }));
    for (const order of orders) await adapter.submitOrder(placed(order));
    expect(await adapter.cancelAll(assetId)).toEqual({ outcome: 'accepted', value: { cancelled: 2 } });
    for (const order of orders) expect(await adapter.getOrderStatus(refOf(order))).toBe('CANCELLED');
    const { ours, foreign } = conforms(shapes.openOrdersShape, await adapter.surveyOpenOrders(TENANT));
    expect(ours).toEqual([]);
    expect(await adapter.cancelAll()).toEqual({ outcome: 'accepted', value: { cancelled: foreign.length } });
  });

  it('answers every question about the account in the defined types', async () => {
    const { assetId } = exchange;
    conforms(shapes.balanceShape, await adapter.getBalance());
    conforms(shapes.balanceShape, await adapter.getBalance('NONE'));
    conforms(shapes.positionsShape, await adapter.getPositions());
    if (adapter.capabilities.transfers) {
      conforms(shapes.transfersShape, await adapter.listTransfers(Date.now() - 60_000));
    }
    conforms(shapes.instrumentsShape, await adapter.instruments());
    conforms(shapes.tickerShape, await adapter.getTicker(assetId));
    conforms(shapes.healthShape, await adapter.healthCheck());
    conforms(shapes.rateLimitShape, await adapter.getRateLimitStatus());
    const page = conforms(
      shapes.executionPageShape,
      await adapter.listExecutions(TENANT, assetId, Date.now() - 60_000),
    );
    const [execution] = page.executions;
    expect(await adapter.findClientOrderId(assetId, execution?.exchangeOrderId ?? '')).toMatch(/^[0-9a-f]{32}$/);
    expect(await adapter.findClientOrderId(assetId, '1')).toBeUndefined();
  });

  /** One order from its check to its end; returns how its submission came out. */
  async function liveThrough(request: OrderRequest): Promise<string> {
    const ref = refOf(request);
    const faults = conforms(shapes.faultsShape, await adapter.checkOrder(request));
    const { outcome } = conforms(shapes.submitOutcomeShape, await adapter.submitOrder(placed(request)));
    if (faults.length > 0) expect(outcome).toBe('denied');
    const found = conforms(shapes.foundOrderShape, await adapter.findOrder(ref));
    expect(found.found).toBe(outcome === 'accepted');
    if (outcome === 'accepted') conforms(shapes.statusShape, await adapter.getOrderStatus(ref));
    conforms(shapes.orderUpdateShape.array(), await adapter.listOpenOrders(TENANT, request.assetId));
    const less = { ...request, quantity: '0.0005' };
    const modified = await adapter.modifyOrder(ref, { newQuantity: less.quantity }, placed(less, 1));
    conforms(shapes.submitOutcomeShape, modified);
    conforms(
      shapes.cancelOutcomeShape,
      await adapter.cancelOrder(refOf(request, modified.outcome === 'accepted' ? 1 : 0)),
    );
    return outcome;
  }
});
