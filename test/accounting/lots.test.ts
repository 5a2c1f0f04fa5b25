import fc from 'fast-check';
import { LotBook, type LotPart, type LotTrade } from '../../src/accounting/lots';
import { sum } from '../../src/domain/decimal';
import type { ExecutionUpdate } from '../../src/domain/order';
import { ORDER_SIDES } from '../../src/domain/order-request';
import { emptyPosition, type PositionState } from '../../src/domain/position';
import { applyFill } from '../../src/domain/position-changes';
import { fraction, isLess, minus, negated, NOTHING, plus, signOf, times, type Fraction } from '../domain/fractions';
import { decimalString } from '../properties/generators';

const AT = '2026-01-31T12:00:00.000Z';

function tradeOf(side: 'BUY' | 'SELL', quantity: string, price: string, fields: Partial<LotTrade> = {}): LotTrade {
  const free = { commission: '0', commissionAsset: 'USDT' };
  return {
    executionId: '1',
    strategyId: 'one',
    assetId: 'BTC/USDT',
    side,
    quantity,
    price,
    ...free,
    executedAt: AT,
    ...fields,
  };
}

test('what is sold is what was bought first', () => {
  const book = new LotBook();
  book.trade(tradeOf('BUY', '1', '100', { executionId: 'a', executedAt: '2026-01-01T00:00:00.000Z' }));
  book.trade(tradeOf('BUY', '2', '200', { executionId: 'b', strategyId: 'two' }));
  const parts = book.trade(tradeOf('SELL', '1.5', '300', { executionId: 'c' }));
  expect(parts).toMatchObject([
    { kind: 'REALIZED', openedBy: 'a', closedBy: 'c', quantity: '1', gain: '200', holdingDays: 30 },
    { kind: 'REALIZED', openedBy: 'b', quantity: '0.5', gain: '50', openStrategyId: 'two', closeStrategyId: 'one' },
  ]);
  expect(book.open()).toMatchObject([{ kind: 'OPEN', side: 'LONG', openedBy: 'b', quantity: '1.5', openValue: '300' }]);
});

test('a short lot gains when it is bought back cheaper, and a trade through zero opens the rest', () => {
  const book = new LotBook();
  book.trade(tradeOf('SELL', '1', '100', { executionId: 'a' }));
  expect(book.trade(tradeOf('BUY', '3', '90', { executionId: 'b' }))).toMatchObject([{ side: 'SHORT', gain: '10' }]);
  expect(book.open()).toMatchObject([{ side: 'LONG', openedBy: 'b', quantity: '2', openPrice: '90' }]);
});

test('a fee goes with the parts of its trade, and not a digit of it is lost', () => {
  const book = new LotBook();
  book.trade(tradeOf('BUY', '3', '100', { commission: '1' }));
  const parts = [1, 2, 3].flatMap((n) =>
    book.trade(tradeOf('SELL', '1', '100', { executionId: `s${n}`, commission: '0.5' })),
  );
  expect(sum(parts.map(({ openFee = '0' }) => openFee))).toBe('1');
  expect(parts.map(({ closeFee, closeFeeAsset }) => [closeFee, closeFeeAsset])).toEqual(Array(3).fill(['0.5', 'USDT']));
});

test('a fee in base is taken out of what its trade has brought, and realizes nothing', () => {
  const book = new LotBook();
  book.trade(tradeOf('BUY', '1', '50', { executionId: 'a' }));
  const [fee] = book.trade(tradeOf('BUY', '2', '100', { executionId: 'b', commission: '0.5', commissionAsset: 'BTC' }));
  expect(fee).toMatchObject({ kind: 'FEE', openedBy: 'b', quantity: '0.5', openValue: '50' });
  expect(fee).not.toHaveProperty('gain');
  expect(book.open().map(({ quantity }) => quantity)).toEqual(['1', '1.5']);
  expect(book.sums()).toEqual({ quantity: '2.5', realizedGain: '0', openValue: '200', givenUp: '50', cut: '0' });
});

test('an adjustment takes from the oldest lots, or is a lot of its own', () => {
  const book = new LotBook();
  book.trade(tradeOf('BUY', '1', '50', { executionId: 'a' }));
  expect(book.adjust({ adjustmentId: 'r', quantity: '-0.4', price: '60', at: AT })).toMatchObject([
    { kind: 'ADJUSTMENT', openedBy: 'a', closedBy: 'r', quantity: '0.4' },
  ]);
  book.adjust({ adjustmentId: 'q', quantity: '2', price: '60', at: AT });
  expect(book.open()).toMatchObject([{ quantity: '0.6' }, { openedBy: 'q', quantity: '2', openPrice: '60' }]);
  expect(book.sums().givenUp).toBe('-100');
});

// Against a model in fractions

const trades = (feesIn: readonly string[]): fc.Arbitrary<LotTrade[]> =>
  fc
    .array(
      fc
        .record({
          side: fc.constantFrom(...ORDER_SIDES),
          quantity: decimalString({ min: '0.001', max: '10', scale: 3 }),
          price: decimalString({ min: '0.01', max: '200', scale: 2 }),
          commission: decimalString({ min: '0', max: '0.001', scale: 6 }),
          commissionAsset: fc.constantFrom(...feesIn),
        })
        .map(({ side, quantity, price, ...fee }) => tradeOf(side, quantity, price, fee)),
      { maxLength: 40 },
    )
    .map((list) => list.map((trade, place) => ({ ...trade, executionId: String(place) })));

interface ModelLot {
  quantity: Fraction;
  price: Fraction;
  openedBy: string;
}

/** First in, first out, in fractions: quantities are signed. @returns a line for each part that is closed */
function model(list: readonly LotTrade[]): { closed: [string, string, Fraction, Fraction][]; lots: ModelLot[] } {
  const lots: ModelLot[] = [];
  const closed: [string, string, Fraction, Fraction][] = [];
  for (const { side, quantity, price, executionId } of list) {
    let left = side === 'BUY' ? fraction(quantity) : negated(fraction(quantity));
    const at = fraction(price);
    for (let [lot] = lots; lot !== undefined && signOf(left) === -signOf(lot.quantity); [lot] = lots) {
      const isWhole = !isLess(sized(left), sized(lot.quantity));
      const part = isWhole ? lot.quantity : negated(left);
      closed.push([lot.openedBy, executionId, reduced(sized(part)), reduced(times(part, minus(at, lot.price)))]);
      lot.quantity = minus(lot.quantity, part);
      left = plus(left, part);
      if (isWhole) lots.shift();
    }
    if (signOf(left) !== 0) lots.push({ quantity: reduced(left), price: at, openedBy: executionId });
  }
  return { closed, lots };
}

/** Only sums are in lowest terms. */
const reduced = (value: Fraction): Fraction => plus(value, NOTHING);
const sized = (value: Fraction): Fraction => (signOf(value) < 0 ? negated(value) : value);
const signed = ({ side, quantity }: LotPart): Fraction =>
  reduced(side === 'LONG' ? fraction(quantity) : negated(fraction(quantity)));
const total = (values: readonly Fraction[]): Fraction => values.reduce(plus, NOTHING);

test('parts, quantities and gains are those of a model in fractions', () => {
  fc.assert(
    fc.property(trades(['USDT', 'BNB']), (list) => {
      const book = new LotBook();
      const parts = list.flatMap((trade) => book.trade(trade));
      const expected = model(list);
      expect(
        parts.map(({ openedBy, closedBy, quantity, gain = '' }) => [
          openedBy,
          closedBy,
          reduced(fraction(quantity)),
          reduced(fraction(gain)),
        ]),
      ).toEqual(expected.closed);
      expect(book.open().map((part) => [part.openedBy, signed(part), reduced(fraction(part.openPrice))])).toEqual(
        expected.lots.map(({ openedBy, quantity, price }) => [openedBy, quantity, reduced(price)]),
      );
    }),
    { numRuns: 300 },
  );
});

test('both methods agree on the quantity and on what the trades brought in quote, with fees in whatever', () => {
  fc.assert(
    fc.property(trades(['USDT', 'BNB', 'BTC']), (list) => {
      const book = new LotBook();
      const parts = list.flatMap((trade) => book.trade(trade));
      const { quantity, realizedGain, openValue, givenUp } = book.sums();
      const position = list.reduce(booked, emptyPosition('acme', 'BTC/USDT', 'BINANCE', AT));
      expect(quantity).toBe(position.quantity);
      const brought = list.map((trade) =>
        times(
          fraction(trade.price),
          trade.side === 'SELL' ? fraction(trade.quantity) : negated(fraction(trade.quantity)),
        ),
      );
      const byLots = minus(minus(fraction(realizedGain), fraction(openValue)), fraction(givenUp));
      expect(reduced(byLots)).toEqual(reduced(total(brought)));
      expect(sum(parts.map(({ gain = '0' }) => gain))).toBe(realizedGain);
      if (list.some(({ commissionAsset, commission }) => commissionAsset === 'BTC' && commission !== '0')) return;
      const byAverage = minus(fraction(position.realizedPnL), fraction(position.cost));
      expect(reduced(byAverage)).toEqual(reduced(total(brought)));
    }),
    { numRuns: 300 },
  );
});

function booked(position: PositionState, trade: LotTrade): PositionState {
  const { executedAt: timestamp, ...rest } = trade;
  const place = {
    orderId: 'order',
    tenantId: 'acme',
    exchangeOrderId: '1',
    exchangeId: 'BINANCE',
    receivedAt: AT,
  } as const;
  return applyFill(position, { ...rest, ...place, timestamp } satisfies ExecutionUpdate & { strategyId: string }, AT)
    .position;
}
