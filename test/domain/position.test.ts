import fc from 'fast-check';
import type { ExecutionUpdate } from '../../src/domain/order';
import type { PositionState } from '../../src/domain/position';
import { averageEntryPriceOf, emptyPosition, unrealizedPnLOf, viewPosition } from '../../src/domain/position';
import { applyFill } from '../../src/domain/position-changes';
import { decimalString, priceString, quantityString } from '../properties/generators';
import { fraction, isLess, minus, NOTHING, plus, size, times } from './fractions';
import { COST_ERROR, modelAfter, NO_POSITION } from './position-model';

const AT = '2026-01-31T12:00:00.000Z';
const flat = (): PositionState => emptyPosition('acme', 'BTC/USDT', 'BINANCE', AT);

function fillOf(side: 'BUY' | 'SELL', quantity: string, price: string, fee = '0', feeIn = 'USDT'): ExecutionUpdate {
  return {
    executionId: '1',
    orderId: 'order',
    tenantId: 'acme',
    exchangeOrderId: '1',
    exchangeId: 'BINANCE',
    assetId: 'BTC/USDT',
    side,
    quantity,
    price,
    commission: fee,
    commissionAsset: feeIn,
    timestamp: AT,
    receivedAt: AT,
  };
}

const after = (...fills: ExecutionUpdate[]): PositionState =>
  fills.reduce((position, fill) => applyFill(position, fill, AT).position, flat());

describe('a position after fills', () => {
  const cases: [string, ExecutionUpdate[], object][] = [
    ['opens long at the price', [fillOf('BUY', '2', '100')], { quantity: '2', cost: '200', realizedPnL: '0' }],
    ['opens short at the price', [fillOf('SELL', '2', '100')], { quantity: '-2', cost: '-200', realizedPnL: '0' }],
    ['averages what is added', [fillOf('BUY', '1', '100'), fillOf('BUY', '3', '200')], { quantity: '4', cost: '700' }],
    [
      'realizes against the average and keeps it',
      [fillOf('BUY', '4', '100'), fillOf('SELL', '1', '130')],
      { quantity: '3', cost: '300', realizedPnL: '30' },
    ],
    [
      'realizes a loss of a short that is bought back dearer',
      [fillOf('SELL', '4', '100'), fillOf('BUY', '1', '130')],
      { quantity: '-3', cost: '-300', realizedPnL: '-30' },
    ],
    [
      'closes to nothing at all',
      [fillOf('BUY', '3', '1'), fillOf('SELL', '1', '2'), fillOf('SELL', '2', '3')],
      { quantity: '0', cost: '0', realizedPnL: '5' },
    ],
    [
      'turns through zero: the rest opens at the price of the fill',
      [fillOf('BUY', '1', '100'), fillOf('SELL', '3', '110')],
      { quantity: '-2', cost: '-220', realizedPnL: '10' },
    ],
    [
      'loses a fee in base from a long position at the average, realizing nothing',
      [fillOf('BUY', '2', '100', '0.5', 'BTC')],
      { quantity: '1.5', cost: '150', realizedPnL: '0', commissions: { BTC: '0.5' } },
    ],
    [
      'owes a fee in base that it does not hold, at the price of the fill',
      [fillOf('SELL', '2', '100', '0.5', 'BTC')],
      { quantity: '-2.5', cost: '-250', realizedPnL: '0' },
    ],
    [
      'leaves P&L gross of a fee in another currency',
      [fillOf('BUY', '1', '100', '7', 'USDT'), fillOf('SELL', '1', '110', '1', 'BNB')],
      { quantity: '0', realizedPnL: '10', commissions: { USDT: '7', BNB: '1' } },
    ],
  ];
  it.each(cases)('%s', (_, fills, expected) => {
    expect(after(...fills)).toMatchObject(expected);
  });

  it('counts its changes, and tells since when it is open', () => {
    const opened = '2026-01-01T00:00:00.000Z';
    const first = applyFill(flat(), { ...fillOf('BUY', '1', '1'), timestamp: opened }, AT).position;
    const second = applyFill(first, fillOf('BUY', '1', '1'), AT).position;
    expect([second.version, second.openedAt, second.updatedAt]).toEqual([2, opened, AT]);
  });

  it('tells each change in its history', () => {
    const types = (fills: ExecutionUpdate[]): string[] => {
      let position = flat();
      return fills.map((fill) => {
        const { position: next, history } = applyFill(position, fill, AT);
        expect(history).toMatchObject({
          previousQuantity: position.quantity,
          newQuantity: next.quantity,
          version: next.version,
        });
        position = next;
        return history.eventType;
      });
    };
    expect(
      types([fillOf('BUY', '1', '1'), fillOf('BUY', '1', '1'), fillOf('SELL', '1', '1'), fillOf('SELL', '1', '1')]),
    ).toEqual(['OPEN', 'INCREASE', 'DECREASE', 'CLOSE']);
    expect(types([fillOf('SELL', '1', '1'), fillOf('BUY', '2', '1'), fillOf('SELL', '3', '1')])).toEqual([
      'OPEN',
      'OPEN',
      'OPEN',
    ]);
  });

  it('agrees with exact fractions after any sequence of fills', () => {
    const fill = fc.record({
      side: fc.constantFrom('BUY' as const, 'SELL' as const),
      quantity: fc.oneof(quantityString(), fc.integer({ min: 1, max: 5 }).map(String)),
      price: priceString(),
      fee: fc.oneof(fc.constant('0'), decimalString({ min: '0.00000001', max: '2', scale: 8 })),
      feeIn: fc.constantFrom('BTC', 'USDT', 'BNB'),
    });
    fc.assert(
      fc.property(fc.array(fill, { minLength: 1, maxLength: 25 }), (fills) => {
        let model = NO_POSITION;
        let position = flat();
        let allowed = NOTHING;
        for (const { side, quantity, price, fee, feeIn } of fills) {
          model = modelAfter(model, { side, quantity, price, baseFee: feeIn === 'BTC' ? fee : '0' });
          position = applyFill(position, fillOf(side, quantity, price, fee, feeIn), AT).position;
          allowed = plus(allowed, COST_ERROR);
          expect(minus(fraction(position.quantity), model.quantity)).toEqual(NOTHING);
          expect(isLess(allowed, size(minus(fraction(position.cost), model.cost)))).toBe(false);
          expect(isLess(allowed, size(minus(fraction(position.realizedPnL), model.realized)))).toBe(false);
        }
      }),
    );
  });

  it('has neither lost nor made money: P&L is what was received, plus what is held, less what was paid', () => {
    const trade = fc.record({
      side: fc.constantFrom('BUY' as const, 'SELL' as const),
      quantity: quantityString(),
      price: priceString(),
    });
    fc.assert(
      fc.property(fc.array(trade, { minLength: 1, maxLength: 25 }), priceString(), (trades, mark) => {
        const position = after(...trades.map(({ side, quantity, price }) => fillOf(side, quantity, price)));
        const cash = trades.reduce((total, { side, quantity, price }) => {
          const amount = times(fraction(quantity), fraction(price));
          return side === 'BUY' ? minus(total, amount) : plus(total, amount);
        }, NOTHING);
        const worth = plus(cash, times(fraction(position.quantity), fraction(mark)));
        // Exactly: a cut of a shared cost is in the realized part what it is in the open one.
        expect(plus(fraction(position.realizedPnL), fraction(unrealizedPnLOf(position, mark)))).toEqual(worth);
      }),
    );
  });
});

describe('a position as it is shown', () => {
  it('has the average to 28 digits, and its valuation from the exact cost', () => {
    const position = after(fillOf('BUY', '3', '100'), fillOf('BUY', '4', '101'));
    expect(averageEntryPriceOf(position)).toBe('100.5714285714285714285714286');
    expect(viewPosition(position, '110')).toMatchObject({ currentPrice: '110', unrealizedPnL: '66' });
  });

  it('shows a percentage of what was put in, for long and short', () => {
    expect(viewPosition(after(fillOf('BUY', '2', '100')), '110').unrealizedPnLPercent).toBe('10');
    expect(viewPosition(after(fillOf('SELL', '2', '100')), '110').unrealizedPnLPercent).toBe('-10');
    expect(viewPosition(flat(), '110')).toMatchObject({
      averageEntryPrice: '0',
      unrealizedPnL: '0',
      unrealizedPnLPercent: '0',
    });
  });

  it('has no valuation without a price, and nothing of how it is kept', () => {
    const shown = viewPosition(after(fillOf('BUY', '2', '100')));
    expect(Object.keys(shown).sort()).toEqual([
      'assetId',
      'averageEntryPrice',
      'exchangeId',
      'openedAt',
      'positionId',
      'quantity',
      'realizedPnL',
      'tenantId',
      'totalCommissions',
      'updatedAt',
    ]);
  });
});
