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
