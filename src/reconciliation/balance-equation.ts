import { Decimal, formatDecimal } from '../domain/decimal';
import type { ExecutionUpdate } from '../domain/order';
import { currenciesOf } from '../domain/order-request';
import type { PositionState } from '../domain/position';
import { quoteAmountOf } from '../domain/quote-amount';
import type { Amounts, BalanceLine, ReconciledAccount } from '../domain/reconciliation';
import { added, minus, negated } from './amounts';

/** What an account is reckoned from besides its positions. */
export type EquationSums = Pick<ReconciledAccount, 'opening' | 'transferred' | 'foreign' | 'accepted'>;

/** What positions say that fills, fees and adjustments moved. A fee in base is in the position's quantity already. */
export function bookedAmounts(positions: readonly PositionState[]): Amounts {
  return added(
    ...positions.map(({ assetId, quantity, quoteFlow, commissions }) => {
      const { base, quote } = currenciesOf(assetId);
      const { [base]: _inQuantity, ...fees } = commissions;
      return added({ [base]: quantity }, { [quote]: quoteFlow }, negated(fees));
    }),
  );
}

/** What a trade of somebody else moved: the base currency belongs to the position, the rest to nobody. */
export function foreignAmounts(trade: ForeignTrade): { base: Amounts; rest: Amounts } {
  const { base, quote } = currenciesOf(trade.assetId);
  const direction = trade.side === 'BUY' ? 1 : -1;
  const fee = { [trade.commissionAsset]: minus('0', trade.commission) };
  const moved = added(
    { [base]: formatDecimal(new Decimal(trade.quantity).times(direction)) },
    { [quote]: formatDecimal(quoteAmountOf(trade).times(-direction)) },
    fee,
  );
  const { [base]: ofBase = '0', ...rest } = moved;
  return { base: added({ [base]: ofBase }), rest };
}

export type ForeignTrade = Pick<
  ExecutionUpdate,
  | 'executionId'
  | 'assetId'
  | 'side'
  | 'quantity'
  | 'price'
  | 'quoteQuantity'
  | 'commission'
  | 'commissionAsset'
  | 'timestamp'
>;

/** The equation of every currency that something is known of, by name. */
export function balanceLines(sums: EquationSums, booked: Amounts, balances: Amounts): BalanceLine[] {
  const { opening, transferred, foreign, accepted } = sums;
  const expected = added(opening, transferred, booked, foreign, accepted);
  const currencies = new Set([opening, transferred, booked, foreign, accepted, balances].flatMap(Object.keys));
  return [...currencies].sort().map((currency) => {
    const of = (amounts: Amounts): string => amounts[currency] ?? '0';
    return {
      currency,
      opening: of(opening),
      transfers: of(transferred),
      booked: of(booked),
      foreign: of(foreign),
      accepted: of(accepted),
      expected: of(expected),
      balance: of(balances),
      difference: minus(of(balances), of(expected)),
    };
  });
}

export function isDifferent({ difference }: Pick<BalanceLine, 'difference'>): boolean {
  return difference !== '0';
}
