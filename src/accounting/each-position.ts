import { ServiceError } from '../domain/errors';
import type { PositionState } from '../domain/position';
import type { Page } from '../storage/orders';
import { pagesOf } from '../storage/pages';
import type { HistoryScope, PositionStore } from '../storage/positions';

/** Of 100 positions at most. */
const PAGES_MAX = 10_000;

/**
 * The positions of a scope, now or as they stood at an instant. Strongly consistent, so those of one exchange are picked
 * out of all instead of read from the index.
 */
export async function* eachPosition(
  positions: PositionStore,
  { tenantId, assetId, exchangeId }: HistoryScope,
  asOf?: string,
): AsyncGenerator<PositionState> {
  const read = (cursor?: string): Promise<Page<PositionState>> => positions.list(tenantId, undefined, cursor, asOf);
  for await (const page of pagesOf(read, PAGES_MAX, () => refuseMore(tenantId))) {
    yield* page.filter(
      (position) =>
        position.assetId === (assetId ?? position.assetId) &&
        position.exchangeId === (exchangeId ?? position.exchangeId),
    );
  }
}

function refuseMore(tenantId: string): never {
  throw new ServiceError('UNSUPPORTED', `${tenantId} has positions on more than ${PAGES_MAX} pages.`);
}
