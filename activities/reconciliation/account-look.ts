import { ServiceError } from '../../src/domain/errors';
import type { PositionState } from '../../src/domain/position';
import type { AccountName, Amounts, BalanceLine, ReconciledAccount } from '../../src/domain/reconciliation';
import type { ExchangeAdapter } from '../../src/exchanges/adapter';
import { added } from '../../src/reconciliation/amounts';
import type { EquationSums, ForeignTrade } from '../../src/reconciliation/balance-equation';
import { balanceLines, bookedAmounts, foreignAmounts, isDifferent } from '../../src/reconciliation/balance-equation';
import { countTransfers, transfersSinceMs } from '../../src/reconciliation/counted-transfers';
import { pagesOf } from '../../src/storage/pages';
import type { PositionStore } from '../../src/storage/positions';
import type { ReconciliationDeps } from './reconciliation-deps';

const POSITION_PAGES_MAX = 100;

/** An account at one moment: its positions did not change while its balances were read. */
export interface AccountLook {
  takenAtMs: number;
  positions: PositionState[];
  balances: Amounts;
  /** What transfers have moved since they were counted last, and what they are counted with now. */
  transfers: ReturnType<typeof countTransfers> & { sinceMs: number };
  lines: BalanceLine[];
  differences: BalanceLine[];
}

/** Undefined: positions changed meanwhile. @throws ServiceError when the exchange or our records do not answer */
export async function lookAtAccount(
  deps: ReconciliationDeps,
  name: AccountName,
  adapter: ExchangeAdapter,
  account: ReconciledAccount | undefined,
  foreign: readonly ForeignTrade[],
): Promise<AccountLook | undefined> {
  const takenAtMs = deps.clock.now();
  const positions = await listPositions(deps, name);
  const sinceMs = transfersSinceMs(account, takenAtMs);
  const listed = adapter.capabilities.transfers ? await adapter.listTransfers(sinceMs) : [];
  const { balances: rows } = await adapter.getBalance();
  if (versionsOf(await listPositions(deps, name)) !== versionsOf(positions)) return undefined;
  const balances = added(...rows.map(({ asset, total }) => ({ [asset]: total })));
  const transfers = countTransfers(account?.countedTransfers ?? {}, listed, sinceMs);
  const lines = balanceLines(sumsOf(account, transfers.moved, foreign), bookedAmounts(positions), balances);
  const differences = lines.filter(isDifferent);
  return { takenAtMs, positions, balances, transfers: { ...transfers, sinceMs }, lines, differences };
}

/** Of an account that is not opened yet nothing is known, and so everything that its positions do not say differs. */
function sumsOf(
  account: ReconciledAccount | undefined,
  moved: Amounts,
  foreign: readonly ForeignTrade[],
): EquationSums {
  if (account === undefined) return { opening: {}, transferred: {}, foreign: {}, accepted: {} };
  const traded = foreign.map(foreignAmounts).flatMap(({ base, rest }) => [base, rest]);
  return { ...account, transferred: added(account.transferred, moved), foreign: added(account.foreign, ...traded) };
}

/** What two looks have to agree in before it counts. */
export function signatureOf({ differences, transfers }: AccountLook): string {
  return JSON.stringify([differences.map(({ currency, difference }) => [currency, difference]), transfers.counted]);
}

/** From the table itself: its index follows by moments. */
async function listPositions(
  { positions }: ReconciliationDeps,
  { tenantId, exchangeId }: AccountName,
): Promise<PositionState[]> {
  const read = (cursor?: string): ReturnType<PositionStore['list']> => positions.list(tenantId, undefined, cursor);
  const found: PositionState[] = [];
  const pages = pagesOf(read, POSITION_PAGES_MAX, () => {
    throw new ServiceError('DEPENDENCY_UNAVAILABLE', `${tenantId} has more positions than one reconciliation reads.`);
  });
  for await (const page of pages) found.push(...page.filter((position) => position.exchangeId === exchangeId));
  return found;
}

function versionsOf(positions: readonly PositionState[]): string {
  return JSON.stringify(positions.map(({ assetId, version }) => [assetId, version]));
}
