import fc from 'fast-check';
import { Decimal, sum } from '../../src/domain/decimal';
import { orderIdOf } from '../../src/domain/ids';
import type { OrderState } from '../../src/domain/order';
import type { OrderRequest } from '../../src/domain/order-request';
import { newOrderState } from '../../src/domain/order-state';
import { executionMetricsOf } from '../../src/metrics/execution-metrics';
import { priceString, quantityString } from '../properties/generators';

const AT = '2026-01-31T12:00:00.000Z';
const SENT_AT_MS = Date.parse(AT);
const REQUEST: OrderRequest = {
  orderId: orderIdOf('acme', 'key-1'),
  tenantId: 'acme',
  strategyId: 'momentum',
  assetId: 'BTC/USDT',
  side: 'BUY',
  orderType: 'MARKET',
  quantity: '2',
  timeInForce: 'IOC',
  exchangeId: 'BINANCE',
  idempotencyKey: 'key-1',
  timestamp: AT,
};

interface Executed {
  side?: OrderRequest['side'];
  quantity?: string;
  filledQuantity?: string;
  cost?: string;
  commissions?: Record<string, string>;
}

/** An order that was acknowledged 25 ms after it was sent. */
function executed({
  side = 'BUY',
  quantity = '2',
  filledQuantity = '2',
  cost = '40000',
  commissions = {},
}: Executed = {}): OrderState {
  const state = newOrderState({ ...REQUEST, side, quantity }, AT);
  return {
    ...state,
    lifecycle: { ...state.lifecycle, phase: 'FILLED', submittedAt: '2026-01-31T12:00:00.025Z' },
    ledger: { ...state.ledger, filledQuantity, cost, commissions },
  };
}

const measured = (state: OrderState, mid?: string): ReturnType<typeof executionMetricsOf> =>
  executionMetricsOf(state, { sentAtMs: SENT_AT_MS, ...(mid !== undefined && { mid }) }, AT);

it('measures latency, slippage against the mid, commission in quote, and how much was filled', () => {
  expect(measured(executed({ commissions: { BTC: '0.001', USDT: '3' } }), '19990')).toEqual({
    tenantId: 'acme',
    exchangeId: 'BINANCE',
    assetId: 'BTC/USDT',
    orderType: 'MARKET',
    latencyMs: 25,
    slippage: '0.000500250125',
    commission: '23',
    fillRate: '1',
    timestamp: AT,
  });
});

it('leaves out what can not be known', () => {
  expect(measured(executed())).not.toHaveProperty('slippage');
  expect(measured(executed({ commissions: { BNB: '0.001' } }))).not.toHaveProperty('commission');
  expect(measured(executed({ commissions: { BNB: '0', USDT: '1' } }))).toMatchObject({ commission: '1' });
  const unfilled = measured(executed({ filledQuantity: '0', cost: '0' }), '20000');
  expect(unfilled).toMatchObject({ fillRate: '0', commission: '0' });
  expect(unfilled).not.toHaveProperty('slippage');
});

it('an order that never reached its exchange has no execution', () => {
  const { submittedAt: _, ...lifecycle } = executed().lifecycle;
  expect(measured({ ...executed(), lifecycle })).toBeUndefined();
});

it('slippage is worse when positive, the same for both sides mirrored, and 0 at the mid', () => {
  fc.assert(
    fc.property(priceString(), priceString(), quantityString(), (price, mid, quantity) => {
      const cost = new Decimal(price).times(quantity).toFixed();
      const of = (side: 'BUY' | 'SELL'): string =>
        measured(executed({ side, quantity, filledQuantity: quantity, cost }), mid)?.slippage ?? '';
      expect(sum([of('BUY'), of('SELL')])).toBe('0');
      if (new Decimal(price).gt(mid)) expect(Number(of('BUY'))).toBeGreaterThanOrEqual(0);
      if (price === mid) expect(of('BUY')).toBe('0');
    }),
    { numRuns: 300 },
  );
});

it('the fill rate is between 0 and 1', () => {
  fc.assert(
    fc.property(quantityString(), quantityString(), (a, b) => {
      const [filledQuantity = '0', quantity = '0'] = [a, b].sort((x, y) => new Decimal(x).comparedTo(y));
      const rate = Number(measured(executed({ quantity, filledQuantity }))?.fillRate);
      expect(rate).toBeGreaterThanOrEqual(0);
      expect(rate).toBeLessThanOrEqual(1);
    }),
    { numRuns: 300 },
  );
});
