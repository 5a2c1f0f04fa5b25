import { OVERLAP_MS } from '../../src/connections/cursor';
import { sum } from '../../src/domain/decimal';
import { currenciesOf } from '../../src/domain/order-request';
import type { PositionState } from '../../src/domain/position';
import type {
  BalanceLine,
  PlannedAdjustment,
  PositionDiscrepancy,
  ReconciledAccount,
  ReconciliationInput,
  Settlement,
} from '../../src/domain/reconciliation';
import { isoTime } from '../../src/platform/clock';
import { added } from '../../src/reconciliation/amounts';
import { type Attributed, attributeDifferences } from '../../src/reconciliation/attribution';
import { balanceLines, bookedAmounts, foreignAmounts, isDifferent } from '../../src/reconciliation/balance-equation';
import type { AccountLook } from './account-look';
import type { FoundTrade } from './trades-read';

const LINES_SHOWN_MAX = 200;
const UNREAD_SHOWN_MAX = 20;

interface Findings {
  input: ReconciliationInput;
  account: ReconciledAccount | undefined;
  look: AccountLook;
  foreign: readonly FoundTrade[];
  /** Instruments whose trades could be behind a difference, and were not read, since they are too many. */
  unread: readonly string[];
  hasTransfers: boolean;
}

/** What is to be written after a look that counts. Pure. */
export function planSettlement(findings: Findings): Settlement {
  const { account, look } = findings;
  return account === undefined ? opening(findings) : comparison(findings, account, look);
}

/** The first: what the positions do not explain is the opening balance, and what has happened so far is counted. */
function opening({ input, look, foreign, unread, hasTransfers }: Findings): Settlement {
  const { tenantId, exchangeId } = input;
  const { takenAtMs, lines, transfers } = look;
  const opened = added(...lines.map(({ currency, difference }) => ({ [currency]: difference })));
  const none = { transferred: {}, foreign: {}, accepted: {} };
  return {
    state: 'OPENED',
    account: {
      tenantId,
      exchangeId,
      version: 1,
      openedAt: isoTime(takenAtMs),
      opening: opened,
      ...none,
      countedTransfers: transfers.counted,
      transfersSinceMs: transfers.sinceMs,
      countedTrades: countedTrades({}, foreign, takenAtMs),
      comparedAt: isoTime(takenAtMs),
      sinceMs: takenAtMs,
      pending: [],
    },
    positionsChecked: look.positions.length,
    discrepancies: [],
    unexplained: [],
    balances: shown(balanceLines({ opening: opened, ...none }, bookedAmounts(look.positions), look.balances)),
    unseen: unseenOf(hasTransfers, unread),
  };
}

function comparison(
  { input, foreign, unread, hasTransfers }: Findings,
  account: ReconciledAccount,
  look: AccountLook,
): Settlement {
  const { positions, differences, transfers, takenAtMs } = look;
  const named = input.positions ?? [];
  // A deposit that can't be seen, or a trade that was not read, would be taken for a change of the position.
  const doubtful = new Set(unread.map(currenciesOf).flatMap(({ base, quote }) => [base, quote]));
  const trusted = positions.filter(
    ({ assetId }) => named.includes(assetId) || (hasTransfers && !doubtful.has(currenciesOf(assetId).base)),
  );
  const { attributed, unexplained } = attributeDifferences(differences, trusted, named);
  const isAccepted = input.accept === true;
  // Trades that were not read are looked for again, unless a person takes the account as it is.
  const sinceMs = unread.length === 0 || isAccepted ? takenAtMs : account.sinceMs;
  const accepted = isAccepted ? unexplained.map(({ currency, difference }) => ({ [currency]: difference })) : [];
  const sums = {
    opening: account.opening,
    transferred: added(account.transferred, transfers.moved),
    foreign: added(account.foreign, ...foreign.map((trade) => foreignAmounts(trade).rest)),
    accepted: added(account.accepted, ...accepted),
  };
  const adjustments = [
    ...foreign.map(adjustmentOfTrade),
    ...attributed.map((difference) => adjustmentOfBalance(difference, account, input)),
  ].filter(({ quantity }) => quantity !== '0');
  return {
    state: 'COMPARED',
    account: {
      ...account,
      ...sums,
      version: account.version + 1,
      countedTransfers: transfers.counted,
      transfersSinceMs: transfers.sinceMs,
      countedTrades: countedTrades(account.countedTrades, foreign, sinceMs),
      comparedAt: isoTime(takenAtMs),
      sinceMs,
      pending: adjustments,
    },
    positionsChecked: positions.length,
    discrepancies: discrepanciesOf(positions, adjustments),
    unexplained: isAccepted ? [] : unexplained,
    balances: shown(isAccepted ? balanceLines(sums, bookedAmounts(positions), look.balances) : look.lines),
    unseen: unseenOf(hasTransfers, unread),
  };
}

/** Named after the version of the account that it brings up to date, of which there is one only. */
function adjustmentOfBalance(
  { position: { assetId }, discrepancy: { difference } }: Attributed,
  { version }: ReconciledAccount,
  { requestedBy, reason, positions = [] }: ReconciliationInput,
): PlannedAdjustment {
  const { base } = currenciesOf(assetId);
  const whose = positions.includes(assetId) ? `named by ${requestedBy}` : `the only position in ${base}`;
  const why = `the balance differs by ${difference} ${base} (${whose}${reason === undefined ? '' : `: ${reason}`})`;
  return { adjustmentId: `balance-${version + 1}`, assetId, quantity: difference, reason: why };
}

function adjustmentOfTrade(trade: FoundTrade): PlannedAdjustment {
  const { assetId, exchangeOrderId, executionId, side, quantity, price, timestamp } = trade;
  return {
    adjustmentId: `trade-${exchangeOrderId}-${executionId}`,
    assetId,
    quantity: foreignAmounts(trade).base[currenciesOf(assetId).base] ?? '0',
    price,
    reason: `${side} ${quantity} at ${price} by an order that is not ours (${exchangeOrderId}, trade ${executionId}, ${timestamp})`,
  };
}

/** What all adjustments of a position come to. */
function discrepanciesOf(
  positions: readonly PositionState[],
  adjustments: readonly PlannedAdjustment[],
): PositionDiscrepancy[] {
  const assetIds = [...new Set(adjustments.map(({ assetId }) => assetId))];
  return assetIds.map((assetId) => {
    const internalQuantity = positions.find((position) => position.assetId === assetId)?.quantity ?? '0';
    const difference = sum(adjustments.filter((one) => one.assetId === assetId).map(({ quantity }) => quantity));
    return { assetId, internalQuantity, exchangeQuantity: sum([internalQuantity, difference]), difference };
  });
}

/** Those that the next reading may meet again. */
function countedTrades(
  before: ReconciledAccount['countedTrades'],
  found: readonly FoundTrade[],
  sinceMs: number,
): ReconciledAccount['countedTrades'] {
  const all = [...Object.entries(before), ...found.map(({ key, timestamp }) => [key, timestamp] as const)];
  return Object.fromEntries(all.filter(([, timestamp]) => Date.parse(timestamp) >= sinceMs - 2 * OVERLAP_MS));
}

/** What differs comes first, so that it is never cut off. */
function shown(lines: readonly BalanceLine[]): BalanceLine[] {
  return [...lines]
    .sort((one, other) => Number(isDifferent(other)) - Number(isDifferent(one)))
    .slice(0, LINES_SHOWN_MAX);
}

function unseenOf(hasTransfers: boolean, unread: readonly string[]): string[] {
  const [names, count] = [unread.slice(0, UNREAD_SHOWN_MAX).join(', '), unread.length];
  return [
    ...(hasTransfers ? [] : ['deposits and withdrawals: this exchange, or its sandbox, does not list them']),
    ...(count === 0 ? [] : [`trades on ${count} instruments, more than one reconciliation reads: ${names}`]),
  ];
}
