import type { DynamoDBDocumentClient, QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { OrderState, OrderStatus } from '../../domain/order';
import { ORDER_STATUSES } from '../../domain/order';
import { statusOf } from '../../domain/order-state';
import { ORDERS_PAGE_MAX, type OrderFilters, type Page } from '../orders';
import { answered } from './answered';
import { batchRead } from './batch-read';
import { sortKeyRange } from './instant-range';
import { createdSortKey, statusKey, strategyKey } from './keys';
import { orderRecordOf } from './order-item';
import { decodeCursor, encodeCursor } from './page-cursor';
import { CREATED_SORT_KEY, STATUS_INDEX, STRATEGY_INDEX, type TableNames } from './tables';

/** Index pages read for one page of orders, of each partition; a sparse filter then gives a short page with a cursor. */
const INDEX_READS_MAX = 10;
const ROUNDS_MAX = 5;
/** A read counts what its filter drops: with a filter each reads so many times what is wanted. */
const FILTERED_READ_FACTOR = 4;

interface Store {
  client: DynamoDBDocumentClient;
  tables: TableNames;
}

/** One partition of one index, which holds orders newest first. */
interface Partition {
  index: string;
  attribute: string;
  value: string;
}

/** Sort keys to read: newest first from `to` (excluded when it is a cursor) down to `from`. */
interface Range {
  from: string;
  to: string;
}

interface Entry {
  orderId: string;
  sortKey: string;
}

/** A tenant's orders, newest first, by the indexes alone; the orders themselves are read strongly consistent. */
export async function listOrders(
  store: Store,
  tenantId: string,
  filters: OrderFilters,
  cursor?: string,
): Promise<Page<OrderState>> {
  const limit = Math.max(1, Math.min(filters.limit ?? ORDERS_PAGE_MAX, ORDERS_PAGE_MAX));
  const partitions = partitionsOf(tenantId, filters);
  const { from, to } = sortKeyRange(filters);
  const items: OrderState[] = [];
  let after = cursor === undefined ? undefined : decodeCursor(cursor);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const range = { from, to: after === undefined || after > to ? to : after };
    const reads = await Promise.all(
      partitions.map((partition) => readPartition(store, partition, range, filters, limit)),
    );
    const { entries, rest } = merged(reads, limit - items.length);
    items.push(...(await readOrders(store, tenantId, entries, filters.status)));
    after = rest;
    if (after === undefined || items.length >= limit) break;
  }
  return { items, ...(after !== undefined && { cursor: encodeCursor(after) }) };
}

/** With a strategy its own partition, else one for each status that is asked for. */
function partitionsOf(tenantId: string, { strategyId, status }: OrderFilters): Partition[] {
  if (strategyId !== undefined) {
    return [{ index: STRATEGY_INDEX, attribute: 'strategyKey', value: strategyKey(tenantId, strategyId) }];
  }
  return [...new Set(status ?? ORDER_STATUSES)].map((one) => ({
    index: STATUS_INDEX,
    attribute: 'statusKey',
    value: statusKey(tenantId, one),
  }));
}

interface PartitionRead {
  entries: Entry[];
  /** How far down it was read, when there may be more below. */
  readTo?: string;
}

async function readPartition(
  store: Store,
  partition: Partition,
  range: Range,
  filters: OrderFilters,
  limit: number,
): Promise<PartitionRead> {
  const entries: Entry[] = [];
  let start: Record<string, unknown> | undefined;
  for (let read = 0; read < INDEX_READS_MAX; read++) {
    const query = new QueryCommand({
      TableName: store.tables.orders,
      ...indexQuery(partition, range, filters),
      // One more than asked for, since the cursor's own entry is read again.
      Limit: (limit + 1) * (isFiltered(filters) ? FILTERED_READ_FACTOR : 1),
      ...(start && { ExclusiveStartKey: start }),
    });
    const reply = await answered(`listing orders by ${partition.index}`, store.client.send(query));
    entries.push(...(reply.Items ?? []).map(entryOf).filter(({ sortKey }) => sortKey !== range.to));
    start = reply.LastEvaluatedKey;
    if (start === undefined) return { entries };
    if (entries.length >= limit) break;
  }
  return { entries, readTo: String(start?.[CREATED_SORT_KEY]) };
}

function isFiltered(filters: OrderFilters): boolean {
  return indexFilters(filters).length > 0;
}

/** The filters that an index can apply by itself. */
function indexFilters({ exchangeId, assetId, side }: OrderFilters): [name: string, value: string | undefined][] {
  return Object.entries({ exchangeId, assetId, side }).filter(([, filter]) => filter !== undefined);
}

function indexQuery(
  { index, attribute, value }: Partition,
  { from, to }: Range,
  filters: OrderFilters,
): Omit<QueryCommandInput, 'TableName'> {
  const wanted = indexFilters(filters);
  return {
    IndexName: index,
    ScanIndexForward: false,
    KeyConditionExpression: '#partition = :partition AND #sort BETWEEN :from AND :to',
    ExpressionAttributeNames: {
      '#partition': attribute,
      '#sort': CREATED_SORT_KEY,
      ...Object.fromEntries(wanted.map(([name]) => [`#${name}`, name])),
    },
    ExpressionAttributeValues: {
      ':partition': value,
      ':from': from,
      ':to': to,
      ...Object.fromEntries(wanted.map(([name, filter]) => [`:${name}`, filter])),
    },
    ...(wanted.length > 0 && { FilterExpression: wanted.map(([name]) => `#${name} = :${name}`).join(' AND ') }),
  };
}

function entryOf(item: Record<string, unknown>): Entry {
  return { orderId: String(item['orderId']), sortKey: String(item[CREATED_SORT_KEY]) };
}

/**
 * The newest entries of all partitions, and where the next page goes on. What lies below the point down to which every
 * partition was read may be incomplete and waits. An order that changed its partition between two reads is one order.
 */
function merged(reads: readonly PartitionRead[], limit: number): { entries: Entry[]; rest?: string } {
  const bottom = reads.flatMap(({ readTo }) => readTo ?? []).reduce((top, key) => (key > top ? key : top), '');
  const all = new Map(reads.flatMap(({ entries }) => entries.map((entry) => [entry.sortKey, entry] as const)));
  const complete = [...all.values()].filter(({ sortKey }) => sortKey >= bottom);
  const newestFirst = complete.sort((a, b) => (a.sortKey < b.sortKey ? 1 : -1));
  const entries = newestFirst.slice(0, limit);
  if (newestFirst.length > limit) return { entries, ...restAt(entries.at(-1)?.sortKey) };
  return { entries, ...restAt(bottom === '' ? undefined : bottom) };
}

function restAt(sortKey: string | undefined): { rest?: string } {
  return sortKey === undefined ? {} : { rest: sortKey };
}

async function readOrders(
  { client, tables }: Store,
  tenantId: string,
  entries: readonly Entry[],
  status: OrderStatus[] | undefined,
): Promise<OrderState[]> {
  const keys = entries.map(({ orderId }) => ({ tenantId, orderId }));
  const items = await batchRead(client, tables.orders, keys);
  return items
    .map((item) => orderRecordOf(item).state)
    .filter((state) => status === undefined || status.includes(statusOf(state)))
    .sort((a, b) => (sortKeyOf(a) < sortKeyOf(b) ? 1 : -1));
}

function sortKeyOf({ request, lifecycle }: OrderState): string {
  return createdSortKey(lifecycle.createdAt, request.orderId);
}
