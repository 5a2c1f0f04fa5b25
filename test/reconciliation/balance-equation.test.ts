import fc from 'fast-check';
import { Decimal, formatDecimal, sum } from '../../src/domain/decimal';
import type { ExecutionUpdate } from '../../src/domain/order';
import { currenciesOf } from '../../src/domain/order-request';
import type { PositionState } from '../../src/domain/position';
import { emptyPosition } from '../../src/domain/position';
import { applyFill } from '../../src/domain/position-changes';
import type { Amounts } from '../../src/domain/reconciliation';
import { added } from '../../src/reconciliation/amounts';
import { attributeDifferences } from '../../src/reconciliation/attribution';
import { balanceLines, bookedAmounts, foreignAmounts, isDifferent } from '../../src/reconciliation/balance-equation';
import { decimalString, executionUpdate } from '../properties/generators';

const AT = '2026-01-31T12:00:00.000Z';
const INSTRUMENTS = ['BTC/USDT', 'ETH/USDT', 'ETH/BTC'];
const NOTHING = { opening: {}, transferred: {}, foreign: {}, accepted: {} };

const execution = fc
  .constantFrom(...INSTRUMENTS)
  .chain((assetId) => executionUpdate({ tenantId: 'acme', exchangeId: 'BINANCE', assetId }));
const amounts = fc.dictionary(
  fc.constantFrom('BTC', 'ETH', 'USDT', 'EUR'),
  decimalString({ min: '-1000', max: '1000', scale: 8 }),
);
const account = fc.record({
  opening: amounts,
  transferred: amounts,
  accepted: amounts,
  fills: fc.array(execution, { maxLength: 20 }),
  trades: fc.array(execution, { maxLength: 5 }),
});

const positionsAfter = (fills: readonly ExecutionUpdate[]): PositionState[] =>
  INSTRUMENTS.map((assetId) =>
    fills
      .filter((fill) => fill.assetId === assetId)
      .reduce(
        (position, fill) => applyFill(position, fill, AT).position,
        emptyPosition('acme', assetId, 'BINANCE', AT),
      ),
  );

/** What an exchange does with its balances for one trade. */
function settled({ assetId, side, quantity, price, commission, commissionAsset }: ExecutionUpdate): Amounts {
  const { base, quote } = currenciesOf(assetId);
  const value = formatDecimal(new Decimal(quantity).times(price));
  const [received, paid] =
    side === 'BUY'
      ? [{ [base]: quantity }, { [quote]: `-${value}` }]
      : [{ [quote]: value }, { [base]: `-${quantity}` }];
  const fee = formatDecimal(new Decimal(commission).negated());
  return added(received, paid, { [commissionAsset]: fee });
}

it('is balanced by whatever fills, fees, transfers and trades of others there were', () => {
  fc.assert(
    fc.property(account, ({ opening, transferred, accepted, fills, trades }) => {
      const balances = added(opening, transferred, accepted, ...[...fills, ...trades].map(settled));
      const foreign = added(...trades.map((trade) => foreignAmounts(trade)).flatMap(({ base, rest }) => [base, rest]));
      const lines = balanceLines(
        { opening, transferred, accepted, foreign },
        bookedAmounts(positionsAfter(fills)),
        balances,
      );
      expect(lines.filter(isDifferent)).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

it('shows to the digit what is not explained, and for which currency', () => {
  fc.assert(
    fc.property(account, amounts, ({ opening, transferred, accepted, fills }, stray) => {
      const balances = added(opening, transferred, accepted, stray, ...fills.map(settled));
      const lines = balanceLines(
        { opening, transferred, accepted, foreign: {} },
        bookedAmounts(positionsAfter(fills)),
        balances,
      );
      expect(
        Object.fromEntries(lines.filter(isDifferent).map(({ currency, difference }) => [currency, difference])),
      ).toEqual(added(stray));
    }),
    { numRuns: 100 },
  );
});

it('parts a trade of somebody else into what its position gains and what nobody’s does', () => {
  const trade = {
    executionId: '1',
    assetId: 'BTC/USDT',
    side: 'BUY',
    quantity: '2',
    price: '100',
    timestamp: AT,
  } as const;
  const cases: [string, Amounts, Amounts][] = [
    ['BTC', { BTC: '1.9' }, { USDT: '-200' }],
    ['USDT', { BTC: '2' }, { USDT: '-200.1' }],
    ['BNB', { BTC: '2' }, { BNB: '-0.1', USDT: '-200' }],
  ];
  for (const [commissionAsset, base, rest] of cases) {
    expect(foreignAmounts({ ...trade, commission: '0.1', commissionAsset })).toEqual({ base, rest });
  }
});

describe('a difference', () => {
  const positions = positionsAfter([]);
  const linesOf = (balances: Amounts): ReturnType<typeof balanceLines> => balanceLines(NOTHING, {}, balances);

  it('belongs to the only position whose base currency it is', () => {
    const { attributed, unexplained } = attributeDifferences(linesOf({ BTC: '0.5' }), positions, []);
    expect(attributed.map(({ discrepancy }) => discrepancy)).toEqual([
      { assetId: 'BTC/USDT', internalQuantity: '0', exchangeQuantity: '0.5', difference: '0.5' },
    ]);
    expect(unexplained).toEqual([]);
  });

  it('belongs to nobody where several positions could have it, or none, until a person names one', () => {
    const lines = linesOf({ ETH: '1', USDT: '-5' });
    const unnamed = attributeDifferences(lines, positions, []);
    expect(unnamed.attributed).toEqual([]);
    expect(unnamed.unexplained.map(({ currency }) => currency)).toEqual(['ETH', 'USDT']);
    const named = attributeDifferences(lines, positions, ['ETH/BTC']);
    expect(named.attributed).toMatchObject([{ discrepancy: { assetId: 'ETH/BTC', difference: '1' } }]);
    expect(named.unexplained.map(({ currency }) => currency)).toEqual(['USDT']);
    expect(attributeDifferences(lines, positions, ['ETH/BTC', 'ETH/USDT']).attributed).toEqual([]);
  });
});

it('amounts that cancel out leave no trace', () => {
  fc.assert(
    fc.property(amounts, (some) => {
      const back = Object.fromEntries(
        Object.entries(some).map(([key, amount]) => [key, sum(['0', formatDecimal(new Decimal(amount).negated())])]),
      );
      expect(added(some, back)).toEqual({});
    }),
  );
});
