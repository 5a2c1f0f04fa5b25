import type { ExecutionUpdate, LedgerSums } from './order';

/** A booked execution as its order is told of it, with the order's sums after it. */
export type ToldExecution = Omit<ExecutionUpdate, 'quoteQuantity'> & { ledger: Omit<LedgerSums, 'recentFills'> };

/**
 * Without the amount in quote: orders don't need it, and one that runs on code of before it would drop the whole
 * message for a key that it doesn't know.
 */
export function toldExecution(
  { quoteQuantity: _forTheBooks, ...execution }: ExecutionUpdate,
  { recentFills: _kept, ...ledger }: LedgerSums,
): ToldExecution {
  return { ...execution, ledger };
}
