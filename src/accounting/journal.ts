import { ServiceError } from '../domain/errors';
import type { PositionHistory } from '../domain/position';
import type { BookedEntry, ExecutionStore } from '../storage/executions';
import type { Page } from '../storage/orders';
import { pagesOf } from '../storage/pages';
import type { HistoryScope, PositionStore } from '../storage/positions';

/** Of 100 changes at most. */
const PAGES_MAX = 1_000_000;

/** ISO instants of booking, both inclusive. */
export interface BookedRange {
  startTime: string;
  endTime: string;
}

/** One change of a position, and the booked entry that made it: none where nobody traded, as in a reconciliation. */
export interface JournalEntry {
  change: PositionHistory;
  entry?: BookedEntry;
}

export interface JournalStores {
  positions: PositionStore;
  executions: ExecutionStore;
}

/** Everything that was booked in a time: one instrument after the other, each in the order of booking. */
export async function* journalOf(
  stores: JournalStores,
  scope: HistoryScope,
  range: BookedRange,
): AsyncGenerator<JournalEntry> {
  const read = (cursor?: string): Promise<Page<PositionHistory>> => stores.positions.history(scope, range, cursor);
  for await (const changes of pagesOf(read, PAGES_MAX, () => refuseLonger(scope))) {
    yield* await withEntries(stores.executions, scope.tenantId, changes);
  }
}

function refuseLonger({ tenantId }: HistoryScope): never {
  const message = `must be shorter, or of one instrument: ${tenantId} has more than ${PAGES_MAX} pages of changes in it`;
  throw new ServiceError('INVALID_INPUT', `The time range ${message}.`, [{ field: 'startTime', message }]);
}

async function withEntries(
  executions: ExecutionStore,
  tenantId: string,
  changes: readonly PositionHistory[],
): Promise<JournalEntry[]> {
  const fillIds = changes.flatMap(({ fillId }) => fillId ?? []);
  const read = await executions.readEntries(tenantId, fillIds);
  const entries = new Map(fillIds.map((fillId, place) => [fillId, read[place]]));
  return changes.map((change) => {
    const entry = change.fillId === undefined ? undefined : entries.get(change.fillId);
    return { change, ...(entry !== undefined && { entry }) };
  });
}
