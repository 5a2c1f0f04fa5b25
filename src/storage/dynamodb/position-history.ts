import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { PositionHistory } from '../../domain/position';
import type { Page } from '../orders';
import type { HistoryScope } from '../positions';
import { queriedRange, type TimeRange } from './instant-range';
import { historyPartition } from './keys';
import { decodeCursor, encodeCursor } from './page-cursor';
import { historyOf, positionOf } from './position-item';
import { sortedPage } from './sorted-page';
import { HISTORY_PARTITION_KEY, HISTORY_SORT_KEY, POSITION_SORT_KEY, type TableNames } from './tables';

/** Instruments without a change in the range that one page passes over. */
const INSTRUMENTS_PER_PAGE_MAX = 20;

interface Store {
  client: DynamoDBDocumentClient;
  tables: TableNames;
}

/** Where a history of several instruments goes on: at which of them, and behind which of its changes. */
interface Place {
  assetId: string;
  inside?: string;
}

/** A page of changes in the order of booking: of one instrument, or of a tenant's instruments one after the other. */
export async function historyPage(
  store: Store,
  { assetId, ...scope }: HistoryScope,
  range: TimeRange,
  cursor?: string,
): Promise<Page<PositionHistory>> {
  if (assetId !== undefined) return await instrumentPage(store, { ...scope, assetId }, range, cursor);
  let place = cursor === undefined ? await firstAfter(store, scope.tenantId) : placeOf(cursor);
  for (let instruments = 0; place !== undefined && instruments < INSTRUMENTS_PER_PAGE_MAX; instruments++) {
    const page = await instrumentPage(store, { ...scope, assetId: place.assetId }, range, place.inside);
    const next: Place | undefined =
      page.cursor === undefined
        ? await firstAfter(store, scope.tenantId, place.assetId)
        : { assetId: place.assetId, inside: page.cursor };
    if (page.items.length > 0) return { items: page.items, ...cursorOf(next) };
    place = next;
  }
  return { items: [], ...cursorOf(place) };
}

async function instrumentPage(
  { client, tables }: Store,
  { tenantId, assetId, exchangeId }: HistoryScope & { assetId: string },
  range: TimeRange,
  cursor: string | undefined,
): Promise<Page<PositionHistory>> {
  const query = {
    TableName: tables.positionHistory,
    ConsistentRead: true,
    partition: [HISTORY_PARTITION_KEY, historyPartition(tenantId, assetId)] as const,
    sort: HISTORY_SORT_KEY,
    ...queriedRange(range),
    ...(exchangeId !== undefined && { only: ['exchangeId', exchangeId] as const }),
  };
  const { items, ...rest } = await sortedPage(client, query, cursor);
  return { items: items.map(historyOf), ...rest };
}

/** The instrument behind another in the order of their names, among those on which the tenant has a position. */
async function firstAfter({ client, tables }: Store, tenantId: string, assetId?: string): Promise<Place | undefined> {
  const query = {
    TableName: tables.positions,
    ConsistentRead: true,
    partition: ['tenantId', tenantId] as const,
    sort: POSITION_SORT_KEY,
    from: assetId === undefined ? '!' : `${assetId}#~`,
    to: '~',
    limit: 1,
  };
  const { items } = await sortedPage(client, query);
  return items[0] && { assetId: positionOf(items[0]).assetId };
}

/** An instrument's name has no '#'. */
function placeOf(cursor: string): Place {
  const [assetId = '', ...inside] = decodeCursor(cursor).split('#');
  return { assetId, ...(inside.length > 0 && { inside: inside.join('#') }) };
}

function cursorOf(place: Place | undefined): { cursor?: string } {
  if (place === undefined) return {};
  return { cursor: encodeCursor([place.assetId, ...(place.inside === undefined ? [] : [place.inside])].join('#')) };
}
