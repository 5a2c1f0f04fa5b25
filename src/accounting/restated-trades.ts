import type { BookedExecution } from '../domain/order';
import type { BookedEntry } from '../storage/executions';
import type { JournalEntry } from './journal';

/**
 * What trades were in the end: one that was cancelled is none, one that was corrected is its correction, at its own
 * place in the journal. Knows what it was shown; a journal is shown to it whole before it is asked.
 */
export class RestatedTrades {
  private readonly reversed = new Set<string>();
  private readonly corrections = new Map<string, BookedEntry>();

  note({ entry }: JournalEntry): void {
    const restates = entry?.execution.restates;
    if (entry === undefined || restates === undefined) return;
    const restated = idOf(entry.execution, restates.executionId);
    if (restates.kind === 'REVERSAL') this.reversed.add(restated);
    else this.corrections.set(restated, entry);
  }

  /** The trade that an entry stands for; undefined for one that was cancelled, and for what restates another. */
  tradeOf(entry: BookedEntry): BookedEntry | undefined {
    if (entry.execution.restates !== undefined) return undefined;
    let trade: BookedEntry | undefined = entry;
    while (trade !== undefined && this.reversed.has(idOf(trade.execution))) {
      trade = this.corrections.get(idOf(trade.execution));
    }
    return trade;
  }
}

function idOf({ orderId, executionId }: BookedExecution, of = executionId): string {
  return `${orderId}/${of}`;
}
