import { type DecimalString, Decimal, formatDecimal, sum, ZERO } from '../domain/decimal';
import type { ExchangeId } from '../domain/exchange';
import { currenciesOf } from '../domain/order-request';
import { positionIdOf, type PositionState } from '../domain/position';
import { quoteAmountOf } from '../domain/quote-amount';
import { bookedAmounts } from '../reconciliation/balance-equation';
import type { BookedEntry } from '../storage/executions';
import type { JournalEntry } from './journal';

/** POSITION in base, CURRENCY in itself, REALIZED_PNL in quote, gross of fees. */
export const ACCOUNT_KINDS = ['POSITION', 'CURRENCY', 'REALIZED_PNL'] as const;
export type AccountKind = (typeof ACCOUNT_KINDS)[number];

/** What happened to an account, and what that came to: opening and movements are the closing, unless a difference is named. */
export interface StatementLine {
  account: AccountKind;
  exchangeId: ExchangeId;
  /** The instrument, or the currency. */
  name: string;
  opening: DecimalString;
  /** What trades brought: bought, received for what was sold, gained. */
  received: DecimalString;
  /** What trades took: sold, paid for what was bought, lost; not positive. */
  paid: DecimalString;
  /** Not positive, save for rebates. */
  fees: DecimalString;
  /** What busts and corrections changed, their fees included. */
  restated: DecimalString;
  /** What reconciliations changed without a trade. */
  adjusted: DecimalString;
  closing: DecimalString;
  /** Closing less opening and movements; "0" where all is explained. */
  difference: DecimalString;
}

const MOVEMENTS = ['received', 'paid', 'fees', 'restated', 'adjusted'] as const;
type Movement = (typeof MOVEMENTS)[number];

type Account = Pick<StatementLine, 'account' | 'exchangeId' | 'name'>;
type Sums = Account & Record<'opening' | 'closing' | Movement, Decimal>;

/**
 * The accounts of a time. Opening and closing are what the positions say, movements what was booked: two records of the
 * same, which have to agree to the last digit.
 */
export class Statement {
  private readonly accounts = new Map<string, Sums>();
  /** Changes that a position must have had, less those that were seen, by its id. */
  private readonly unseen = new Map<string, number>();

  constructor(opening: readonly PositionState[], closing: readonly PositionState[]) {
    this.balance(opening, 'opening');
    this.balance(closing, 'closing');
    for (const position of closing) this.count(positionIdOf(position), position.version);
    for (const position of opening) this.count(positionIdOf(position), -position.version);
  }

  add({ change, entry }: JournalEntry): void {
    this.count(change.positionId, -1);
    if (entry !== undefined) return this.trade(entry);
    if (change.eventType !== 'RECONCILE') return;
    const { exchangeId, assetId, newQuantity, previousQuantity } = change;
    const quantity = new Decimal(newQuantity).minus(previousQuantity);
    this.move({ account: 'POSITION', exchangeId, name: assetId }, 'adjusted', quantity);
    this.move({ account: 'CURRENCY', exchangeId, name: currenciesOf(assetId).base }, 'adjusted', quantity);
  }

  lines(): StatementLine[] {
    return [...this.accounts.values()].map(lineOf).sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  }

  /** What does not agree, each in a sentence. */
  imbalances(): string[] {
    const unexplained = this.lines().filter(({ difference }) => difference !== '0');
    const gaps = [...this.unseen].filter(([, changes]) => changes !== 0);
    return [...unexplained.map(imbalanceOf), ...gaps.map(gapOf)];
  }

  private trade({ execution, realizedPnL = '0' }: BookedEntry): void {
    const { exchangeId, assetId, commission, commissionAsset, restates } = execution;
    const { base, quote } = currenciesOf(assetId);
    const quantity = new Decimal(execution.quantity).times(execution.side === 'BUY' ? 1 : -1);
    const fee = new Decimal(commission).neg();
    const position: Account = { account: 'POSITION', exchangeId, name: assetId };
    const currency = (name: string): Account => ({ account: 'CURRENCY', exchangeId, name });
    const effects: [Account, Decimal][] = [
      [position, quantity],
      [currency(base), quantity],
      [currency(quote), quoteAmountOf(execution).times(execution.side === 'BUY' ? -1 : 1)],
      [{ account: 'REALIZED_PNL', exchangeId, name: assetId }, new Decimal(realizedPnL)],
    ];
    for (const [account, amount] of effects) this.move(account, restates ? 'restated' : directionOf(amount), amount);
    const feeMovement = restates ? 'restated' : 'fees';
    this.move(currency(commissionAsset), feeMovement, fee);
    if (commissionAsset === base) this.move(position, feeMovement, fee);
  }

  private balance(positions: readonly PositionState[], at: 'opening' | 'closing'): void {
    for (const { exchangeId, assetId: name, quantity, realizedPnL } of positions) {
      this.move({ account: 'POSITION', exchangeId, name }, at, new Decimal(quantity));
      this.move({ account: 'REALIZED_PNL', exchangeId, name }, at, new Decimal(realizedPnL));
    }
    for (const exchangeId of new Set(positions.map((position) => position.exchangeId))) {
      const booked = bookedAmounts(positions.filter((position) => position.exchangeId === exchangeId));
      for (const [name, amount] of Object.entries(booked)) {
        this.move({ account: 'CURRENCY', exchangeId, name }, at, new Decimal(amount));
      }
    }
  }

  private move(account: Account, what: 'opening' | 'closing' | Movement, amount: Decimal): void {
    const key = orderOf(account);
    const sums = this.accounts.get(key) ?? emptyAccount(account);
    sums[what] = sums[what].plus(amount);
    this.accounts.set(key, sums);
  }

  private count(positionId: string, changes: number): void {
    this.unseen.set(positionId, (this.unseen.get(positionId) ?? 0) + changes);
  }
}

function emptyAccount(account: Account): Sums {
  const movements = { received: ZERO, paid: ZERO, fees: ZERO, restated: ZERO, adjusted: ZERO };
  return { ...account, opening: ZERO, ...movements, closing: ZERO };
}

function directionOf(amount: Decimal): 'received' | 'paid' {
  return amount.isNegative() ? 'paid' : 'received';
}

function lineOf({ account, exchangeId, name, ...sums }: Sums): StatementLine {
  const explained = MOVEMENTS.reduce((total, movement) => total.plus(sums[movement]), sums.opening);
  const { opening, received, paid, fees, restated, adjusted, closing } = sums;
  return {
    account,
    exchangeId,
    name,
    opening: formatDecimal(opening),
    received: formatDecimal(received),
    paid: formatDecimal(paid),
    fees: formatDecimal(fees),
    restated: formatDecimal(restated),
    adjusted: formatDecimal(adjusted),
    closing: formatDecimal(closing),
    difference: formatDecimal(closing.minus(explained)),
  };
}

/** Accounts of a kind together, by exchange and name. */
function orderOf({ account, exchangeId, name }: Account): string {
  return `${ACCOUNT_KINDS.indexOf(account)}/${exchangeId}/${name}`;
}

function imbalanceOf(line: StatementLine): string {
  const { account, name, exchangeId, opening, closing, difference } = line;
  const movements = sum(MOVEMENTS.map((movement) => line[movement]));
  return `${account} ${name} at ${exchangeId}: ${opening} and movements of ${movements} are not ${closing}; ${difference} is unexplained.`;
}

function gapOf([positionId, changes]: [string, number]): string {
  return changes > 0
    ? `${positionId}: its history lacks ${changes} changes that it must have had.`
    : `${positionId}: its history has ${-changes} changes more than it can have had.`;
}
