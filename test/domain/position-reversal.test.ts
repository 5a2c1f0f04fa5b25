import fc from 'fast-check';
import type { BookedExecution } from '../../src/domain/order';
import { ORDER_SIDES } from '../../src/domain/order-request';
import { emptyPosition, type PositionState, unrealizedPnLOf } from '../../src/domain/position';
import { applyFill } from '../../src/domain/position-changes';
import { Decimal, formatDecimal, sum } from '../../src/domain/decimal';
import { reversalOf } from '../../src/ledger/restatement';
import { decimalString, priceString, quantityString } from '../properties/generators';

const AT = '2026-01-31T12:00:00.000Z';
const PRICE = '123.45';

const execution = (feeIn: readonly string[]): fc.Arbitrary<BookedExecution> =>
  fc.record({
    executionId: fc.constant('1'),
    orderId: fc.constant('order'),
    tenantId: fc.constant('acme'),
    exchangeOrderId: fc.constant('1'),
    exchangeId: fc.constant('BINANCE' as const),
    assetId: fc.constant('BTC/USDT'),
    side: fc.constantFrom(...ORDER_SIDES),
    quantity: quantityString(),
    price: priceString(),
    commission: decimalString({ min: '0', max: '0.00000001', scale: 10 }),
    commissionAsset: fc.constantFrom(...feeIn),
    timestamp: fc.constant(AT),
    receivedAt: fc.constant(AT),
  });

const next = (position: PositionState, fill: BookedExecution): PositionState => applyFill(position, fill, AT).position;
const after = (fills: readonly BookedExecution[]): PositionState =>
  fills.reduce(next, emptyPosition('acme', 'BTC/USDT', 'BINANCE', AT));
const sumsOf = ({ quantity, cost, realizedPnL }: PositionState): object => ({ quantity, cost, realizedPnL });

function takenBack(before: PositionState, position: PositionState, fill: BookedExecution): BookedExecution {
  const realizedPnL = formatDecimal(new Decimal(position.realizedPnL).minus(before.realizedPnL));
  return reversalOf(fill, { reason: 'bust', by: 'ada', realizedPnL });
}

test('a fill that is taken back at once leaves the position as it was, long, short or turned', () => {
  const fills = fc.array(execution(['USDT', 'BNB']), { maxLength: 8 });
  fc.assert(
    fc.property(fills, execution(['USDT', 'BNB']), (earlier, fill) => {
      const before = after(earlier);
      const booked = next(before, fill);
      const restored = next(booked, takenBack(before, booked, fill));
      expect(sumsOf(restored)).toEqual(sumsOf(before));
      const fees = Object.entries(restored.commissions).filter(([, amount]) => amount !== '0');
      expect(Object.fromEntries(fees)).toEqual(
        Object.fromEntries(Object.entries(before.commissions).filter(([, amount]) => amount !== '0')),
      );
    }),
    { numRuns: 300 },
  );
});

test('whatever was booked in between, quantity and worth are those of the other fills alone', () => {
  const fills = fc.array(execution(['USDT']), { maxLength: 6 });
  fc.assert(
    fc.property(fills, execution(['USDT']), fills, (earlier, fill, later) => {
      const before = after(earlier);
      const booked = next(before, fill);
      const end = next(later.reduce(next, booked), takenBack(before, booked, fill));
      const without = after([...earlier, ...later]);
      const worth = (position: PositionState): string => sum([position.realizedPnL, unrealizedPnLOf(position, PRICE)]);
      expect([end.quantity, worth(end)]).toEqual([without.quantity, worth(without)]);
    }),
    { numRuns: 300 },
  );
});
