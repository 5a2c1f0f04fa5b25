import type { DynamoDBDocumentClient, QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { OrderFilters } from '../orders';
import { answered } from './answered';
import { CREATED_SORT_KEY, type TableNames } from './tables';

/**
 * Reads of the index for one page: what they take, at 128 units each, is what a partition gives in about a second.
 * A filter that is sparser than they reach gives a short page with a cursor.
 */
const READS_MAX = 24;
/** A read counts what its filter drops: with a filter the first one reads so many times what is wanted. */
const FILTERED_READ_FACTOR = 4;
/** What a read found was too little if there is another after it: that one is so many times larger, */
const READ_GROWTH = 4;
/** up to about what fits DynamoDB's 1 MB of a reply. */
const READ_SIZE_MAX = 5_000;

export interface OrdersPlace {
  client: DynamoDBDocumentClient;
  tables: TableNames;
}

/** One partition of one index, which holds orders newest first. */
export interface Partition {
  index: string;
  attribute: string;
  value: string;
}

/** Sort keys to read: newest first from below `to` down to `from`. */
export interface SortKeyRange {
  from: string;
  to: string;
}

/** What an index says of an order. */
export interface OrderEntry {
  orderId: string;
  sortKey: string;
}

/** How far down a partition is read that has been read to its end. */
const END = '';

/**
 * The entries of several partitions as one list, newest first. What lies below the point down to which every partition
 * was read may be incomplete and waits. An order that changed its partition between two reads is one order.
 */
export class OrderEntries {
  private readonly partitions: PartitionReader[];
  private readonly waiting = new Map<string, OrderEntry>();
  /** Where what was taken ends. */
  private place: string;
  private reads = 0;

  /** `wanted`: how many entries are taken first. */
  constructor(
    store: OrdersPlace,
    partitions: readonly Partition[],
    range: SortKeyRange,
    filters: OrderFilters,
    wanted: number,
  ) {
    this.place = range.to;
    this.partitions = partitions.map((partition) => new PartitionReader(store, partition, range, filters, wanted));
  }

  /** The next `count` entries; fewer at the end, and when the page has taken all the reads it may. */
  async take(count: number): Promise<OrderEntry[]> {
    while (this.complete().length < count && this.reads < READS_MAX) {
      const behind = this.behind();
      if (behind.length === 0) break;
      this.reads += behind.length;
      const found = await Promise.all(behind.map((partition) => partition.readOn()));
      for (const entry of found.flat()) if (entry.sortKey < this.place) this.waiting.set(entry.sortKey, entry);
    }
    const taken = this.complete().slice(0, count);
    for (const { sortKey } of taken) this.waiting.delete(sortKey);
    this.place = taken.at(-1)?.sortKey ?? this.place;
    return taken;
  }

  /** The sort key below which the entries that were not taken begin; undefined when there are none. */
  get rest(): string | undefined {
    if (this.complete().length > 0) return this.place;
    const bottom = this.bottom();
    return bottom === END ? undefined : bottom;
  }

  private complete(): OrderEntry[] {
    const bottom = this.bottom();
    const complete = [...this.waiting.values()].filter(({ sortKey }) => sortKey >= bottom);
    return complete.sort((a, b) => (a.sortKey < b.sortKey ? 1 : -1));
  }

  /** The partitions that hold the list up: those which were not read as far down as another. */
  private behind(): PartitionReader[] {
    const open = this.partitions.filter(({ readTo }) => readTo !== END);
    const deepest = open.reduce((least, { readTo }) => (readTo < least ? readTo : least), this.bottom());
    const behind = open.filter(({ readTo }) => readTo > deepest);
    return behind.length > 0 ? behind : open;
  }

  private bottom(): string {
    return this.partitions.reduce((top, { readTo }) => (readTo > top ? readTo : top), END);
  }
}

class PartitionReader {
  /** How far down it was read. */
  readTo: string;
  private start: Record<string, unknown> | undefined;
  private size: number;

  constructor(
    private readonly store: OrdersPlace,
    private readonly partition: Partition,
    private readonly range: SortKeyRange,
    private readonly filters: OrderFilters,
    wanted: number,
  ) {
    this.readTo = range.to;
    // One more than wanted, since the cursor's own entry is read again.
    this.size = (wanted + 1) * (indexFilters(filters).length > 0 ? FILTERED_READ_FACTOR : 1);
  }

  async readOn(): Promise<OrderEntry[]> {
    const query = new QueryCommand({
      TableName: this.store.tables.orders,
      ...indexQuery(this.partition, this.range, this.filters),
      Limit: this.size,
      ...(this.start && { ExclusiveStartKey: this.start }),
    });
    const reply = await answered(`listing orders by ${this.partition.index}`, this.store.client.send(query));
    this.size = Math.min(this.size * READ_GROWTH, READ_SIZE_MAX);
    this.start = reply.LastEvaluatedKey;
    this.readTo = this.start === undefined ? END : String(this.start[CREATED_SORT_KEY]);
    return (reply.Items ?? []).map(entryOf);
  }
}

/** The filters that an index can apply by itself. */
function indexFilters({ exchangeId, assetId, side }: OrderFilters): [name: string, value: string | undefined][] {
  return Object.entries({ exchangeId, assetId, side }).filter(([, filter]) => filter !== undefined);
}

function indexQuery(
  { index, attribute, value }: Partition,
  { from, to }: SortKeyRange,
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

function entryOf(item: Record<string, unknown>): OrderEntry {
  return { orderId: String(item['orderId']), sortKey: String(item[CREATED_SORT_KEY]) };
}
