import type { Transfer } from '../domain/account';
import type { Amounts, ReconciledAccount } from '../domain/reconciliation';
import { added, minus } from './amounts';

type Counted = ReconciledAccount['countedTransfers'];

/**
 * Counts transfers by what is new of them since they were counted last: all of one that has come since, nothing of one
 * that is known, the opposite of one that was given back.
 * @returns what is new, and what each is counted with now; those from before `keptSinceMs` are not looked at any more
 */
export function countTransfers(
  counted: Counted,
  transfers: readonly Transfer[],
  keptSinceMs: number,
): { moved: Amounts; counted: Counted } {
  const kept = Object.entries(counted).filter(([, { timestamp }]) => Date.parse(timestamp) >= keptSinceMs);
  const next: Counted = Object.fromEntries(kept);
  let moved: Amounts = {};
  for (const { transferId, asset, effect, timestamp } of transfers) {
    if (Date.parse(timestamp) < keptSinceMs) continue;
    moved = added(moved, { [asset]: minus(effect, counted[transferId]?.effect ?? '0') });
    next[transferId] = { asset, effect, timestamp };
  }
  return { moved, counted: next };
}

const LOOKBACK_MS = 7 * 86_400_000;
/** Bounds the item that they are kept in. */
const KEPT_MAX = 500;

/**
 * The instant from which on transfers are looked at again: a week back, since one may stay on its way for days; less
 * where there are very many. It never goes back, for what is from before it has been counted for good.
 */
export function transfersSinceMs(
  account: Pick<ReconciledAccount, 'countedTransfers' | 'transfersSinceMs'> | undefined,
  nowMs: number,
): number {
  const instants = Object.values(account?.countedTransfers ?? {}).map(({ timestamp }) => Date.parse(timestamp));
  const oldestKept = instants.sort((one, other) => other - one)[KEPT_MAX - 1] ?? 0;
  return Math.max(nowMs - LOOKBACK_MS, account?.transfersSinceMs ?? 0, oldestKept);
}
