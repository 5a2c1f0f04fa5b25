import fc from 'fast-check';
import type { OrderState } from '../../src/domain/order';
import { advance, withLedger } from '../../src/domain/order-lifecycle';
import { addFills, newOrderState, orderVersionOf } from '../../src/domain/order-state';
import { orderChanges, orderItemOf, orderRecordOf } from '../../src/storage/dynamodb/order-item';
import { orderUpdate } from '../../src/storage/dynamodb/order-update';
import { orderStateOf, storedOrderOf } from '../../src/storage/stored-order';
import { executionUpdate, orderRequest } from '../properties/generators';

const AT = '2026-01-31T12:00:00.000Z';

/** As it comes out of a message: JSON knows no -0. */
function asJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** An order somewhere in its life. */
function orderState(): fc.Arbitrary<OrderState> {
  const phase = fc.constantFrom('OPEN', 'FILLED', 'CANCELLED', 'EXPIRED', 'REJECTED');
  return fc
    .record({
      request: orderRequest(),
      metadata: fc.option(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), { nil: undefined }),
      phase: fc.option(phase, { nil: undefined }),
      exchangeOrderId: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
      fills: fc.array(executionUpdate(), { maxLength: 4 }),
    })
    .map(({ request, metadata, phase: next, exchangeOrderId, fills }) => {
      const fresh = newOrderState({ ...request, ...(metadata && { metadata: asJson(metadata) }) }, AT);
      const change = { ...(next && { phase: next }), ...(exchangeOrderId !== undefined && { exchangeOrderId }) };
      const moved = advance(fresh, change, AT);
      return fills.length === 0 ? moved : withLedger(moved, addFills(moved.ledger, fills), AT);
    });
}

describe('a stored order', () => {
  it('reads back as the state it was written from, as item and as JSON', () => {
    fc.assert(
      fc.property(orderState(), (state) => {
        expect(orderRecordOf(orderItemOf({ state }))).toEqual({ state });
        const json = asJson(storedOrderOf(state));
        expect(orderStateOf(json)).toEqual(state);
      }),
    );
  });

  it('is written in part only where it changed, and under both versions', () => {
    const state = newOrderState(
      {
        orderId: '11111111-1111-4111-8111-111111111100',
        tenantId: 'acme',
        strategyId: 's',
        assetId: 'BTC/USDT',
        side: 'BUY',
        orderType: 'MARKET',
        quantity: '1',
        timeInForce: 'IOC',
        idempotencyKey: 'k',
        timestamp: AT,
      },
      AT,
    );
    const next = advance(state, { phase: 'OPEN' }, '2026-01-31T12:00:05.000Z');
    const { set, remove } = orderChanges(state, next);
    expect(Object.keys(set).sort()).toEqual([
      'events',
      'lifecycleVersion',
      'phase',
      'status',
      'statusKey',
      'updatedAt',
    ]);
    expect(remove).toEqual([]);
    const update = orderUpdate(state, next, true);
    expect(update.ExpressionAttributeValues).toMatchObject({ ':lifecycleVersion': 0, ':ledgerVersion': 0 });
    expect(update.UpdateExpression).toMatch(/REMOVE #r0$/);
    expect(orderVersionOf(next)).toBe(orderVersionOf(state) + 1);
  });
});
