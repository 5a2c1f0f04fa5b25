import type { ExecutionUpdate } from '../../src/domain/order';
import type { ExchangeAdapter } from '../../src/exchanges/adapter';
import { isoTime } from '../../src/platform/clock';
import type { ActivityDeps } from '../deps';
import type { ConnectionName } from './event-processor';
import { patiently } from './patience';

const PAGES_MAX = 1_000;

/** The account's executions on one instrument since an instant (ms), a page at a time; some may come twice. */
export async function* executionPages(
  deps: Pick<ActivityDeps, 'clock' | 'errors'>,
  { tenantId, exchangeId }: ConnectionName,
  adapter: ExchangeAdapter,
  { assetId, sinceMs }: { assetId: string; sinceMs: number },
): AsyncGenerator<ExecutionUpdate[]> {
  let fromMs = sinceMs;
  for (let page = 0; page < PAGES_MAX; page++) {
    const { executions, more } = await patiently(deps, exchangeId, () =>
      adapter.listExecutions(tenantId, assetId, fromMs),
    );
    yield executions;
    if (!more) return;
    fromMs = nextPageMs(executions, fromMs);
  }
  throw new Error(`${assetId} has over ${PAGES_MAX} pages of executions since ${isoTime(sinceMs)}.`);
}

/** A page ends within an instant at the earliest; one that is full of a single instant must not be asked for again. */
function nextPageMs(executions: readonly ExecutionUpdate[], fromMs: number): number {
  const lastMs = Date.parse(executions.at(-1)?.timestamp ?? '');
  return lastMs > fromMs ? lastMs : fromMs + 1;
}
