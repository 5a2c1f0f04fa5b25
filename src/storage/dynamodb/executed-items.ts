import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { ServiceError } from '../../domain/errors';
import { isoTime } from '../../platform/clock';
import { EXECUTION_MONTHS_MAX } from '../executions';
import { answered } from './answered';
import { queriedRange } from './instant-range';
import type { Attributes } from './item-form';
import { executionPartitions } from './keys';
import { EXECUTION_INDEX, EXECUTION_SORT_KEY, type TableNames } from './tables';

/** Of each partition that is in memory at once. */
const ITEMS_PER_READ = 250;

interface Store {
  client: DynamoDBDocumentClient;
  tables: TableNames;
}

/** Sort keys, both inclusive. */
interface Range {
  from: string;
  to: string;
}

/**
 * The items of a tenant's fills in the order of execution, month by month, each month's partitions merged. Begins behind
 * the sort key `after`.
 * @throws ServiceError INVALID_INPUT for no instants, and for more than EXECUTION_MONTHS_MAX months
 */
export async function* executedItems(
  store: Store,
  tenantId: string,
  times: { startTime: string; endTime: string },
  after?: string,
): AsyncGenerator<Attributes> {
  const whole = queriedRange(times);
  const range = after === undefined || after < whole.from ? whole : { ...whole, from: after };
  for (const month of monthsOf(range)) {
    const partitions = executionPartitions(tenantId, month).map((key) => readPartition(store, key, range));
    for await (const item of merged(partitions)) if (sortKeyOf(item) !== after) yield item;
  }
}

async function* readPartition(
  { client, tables }: Store,
  partition: string,
  { from, to }: Range,
): AsyncGenerator<Attributes> {
  let start: Record<string, unknown> | undefined;
  do {
    const query = new QueryCommand({
      TableName: tables.orders,
      IndexName: EXECUTION_INDEX,
      KeyConditionExpression: 'executionKey = :partition AND #sort BETWEEN :from AND :to',
      ExpressionAttributeNames: { '#sort': EXECUTION_SORT_KEY },
      ExpressionAttributeValues: { ':partition': partition, ':from': from, ':to': to },
      Limit: ITEMS_PER_READ,
      ...(start && { ExclusiveStartKey: start }),
    });
    const reply = await answered('listing executions', client.send(query));
    yield* reply.Items ?? [];
    start = reply.LastEvaluatedKey;
  } while (start !== undefined);
}

/** Sorted sources as one. */
async function* merged(sources: readonly AsyncGenerator<Attributes>[]): AsyncGenerator<Attributes> {
  const heads = await Promise.all(sources.map(async (source) => ({ source, next: await source.next() })));
  for (;;) {
    const open = heads.filter(({ next }) => next.done !== true);
    const [first, ...others] = open;
    if (first === undefined) return;
    const least = others.reduce(
      (low, head) => (sortKeyOf(head.next.value) < sortKeyOf(low.next.value) ? head : low),
      first,
    );
    yield least.next.value as Attributes;
    least.next = await least.source.next();
  }
}

function sortKeyOf(item: Attributes | void): string {
  return String(item?.[EXECUTION_SORT_KEY]);
}

/** An instant in each UTC month of a range. */
function monthsOf({ from, to }: Range): string[] {
  const [first, last] = [monthOf(from), monthOf(to)];
  if (last - first >= EXECUTION_MONTHS_MAX) {
    const message = `must not be more than ${EXECUTION_MONTHS_MAX} months before the end`;
    throw new ServiceError('INVALID_INPUT', `The start ${message}.`, [{ field: 'startTime', message }]);
  }
  return Array.from({ length: last - first + 1 }, (_, month) => instantOf(first + month));
}

/** Months since the year 0. */
function monthOf(sortKey: string): number {
  return Number(sortKey.slice(0, 4)) * 12 + Number(sortKey.slice(5, 7)) - 1;
}

function instantOf(month: number): string {
  return isoTime(Date.UTC(Math.floor(month / 12), month % 12));
}
