import type { DynamoDBDocumentClient, QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { BatchWriteCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { AUDIT_PAGE_MAX, type AuditFilters } from '../../domain/audit';
import { ServiceError } from '../../domain/errors';
import type { ExchangeId } from '../../domain/exchange';
import type { AuditLogStore, AuditRecord, CallFigures, ChainHead, DayManifest } from '../audit-logs';
import type { Page } from '../orders';
import { answered } from './answered';
import { DynamoAuditChains } from './audit-chains';
import { auditItemOf, auditRecordOf } from './audit-item';
import { batchRead } from './batch-read';
import { queriedRange } from './instant-range';
import { auditChainPrefix, auditExchangeKey } from './keys';
import type { Attributes } from './item-form';
import { decodeCursor, encodeCursor } from './page-cursor';
import { AUDIT_SORT_KEY, EXCHANGE_TIME_INDEX, type TableNames } from './tables';

const WRITES_PER_CALL_MAX = 25;
/** DynamoDB hands back what its throttle did not let through; each round gets at least something. */
const ROUNDS_MAX = 20;
/** Reads for one page; a sparse filter then gives a short page with a cursor. */
const READS_A_PAGE_MAX = 10;
/** A read counts what its filter drops. */
const FILTERED_READ_FACTOR = 4;

interface Range {
  index?: string;
  partition: readonly [attribute: string, value: string];
  from: string;
  to: string;
}

/** The ExchangeAuditLogs table. */
export class DynamoAuditLogStore implements AuditLogStore {
  private readonly chains: DynamoAuditChains;

  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tables: TableNames,
  ) {
    this.chains = new DynamoAuditChains(client, tables);
  }

  /** The records, then the heads: a head never speaks of a record that is not stored. */
  async append(records: readonly AuditRecord[]): Promise<void> {
    const newest = new Map(records.map((record) => [record.chainId, record]));
    for (const record of newest.values()) await this.chains.open(record);
    for (let start = 0; start < records.length; start += WRITES_PER_CALL_MAX) {
      await this.write(records.slice(start, start + WRITES_PER_CALL_MAX));
    }
    await Promise.all([...newest.values()].map((record) => this.chains.advance(record)));
  }

  async list(tenantId: string, filters: AuditFilters, cursor?: string): Promise<Page<AuditRecord>> {
    const limit = Math.max(1, Math.min(filters.limit ?? AUDIT_PAGE_MAX, AUDIT_PAGE_MAX));
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const places: string[] = [];
    let start: Attributes | undefined;
    for (let read = 0; read < READS_A_PAGE_MAX; read++) {
      const query = listQuery(rangeOf(tenantId, filters), filters, limit + 1, after);
      const reply = await this.query({ ...query, ...(start && { ExclusiveStartKey: start }) });
      places.push(...reply.items.map((item) => String(item[AUDIT_SORT_KEY])).filter((place) => place !== after));
      start = reply.next;
      if (start === undefined || places.length > limit) break;
    }
    const shown = places.slice(0, limit);
    const hasMore = places.length > limit || start !== undefined;
    const last = places.length > limit ? shown.at(-1) : String(start?.[AUDIT_SORT_KEY]);
    const items = await this.read(tenantId, shown);
    return { items, ...(hasMore && last !== undefined && { cursor: encodeCursor(last) }) };
  }

  async *figures(
    tenantId: string,
    exchangeId: ExchangeId,
    startTime: string,
    endTime: string,
  ): AsyncIterable<CallFigures> {
    const range = rangeOf(tenantId, { exchangeId, startTime, endTime });
    for await (const item of this.all(range)) yield item as unknown as CallFigures;
  }

  manifest(tenantId: string, day: string): Promise<DayManifest | undefined> {
    return this.chains.manifest(tenantId, day);
  }

  async heads(tenantId: string, day: string): Promise<ChainHead[]> {
    const prefix = auditChainPrefix(day);
    const range: Range = { partition: ['tenantId', tenantId], from: prefix, to: `${prefix}~` };
    const heads: ChainHead[] = [];
    for await (const { chainId, number, sequence, hash } of this.all(range)) {
      heads.push({ chainId: String(chainId), number: Number(number), sequence: Number(sequence), hash: String(hash) });
    }
    return heads.sort((a, b) => a.number - b.number);
  }

  async *recordsOf(tenantId: string, day: string): AsyncIterable<AuditRecord> {
    const range: Range = { partition: ['tenantId', tenantId], from: `${day}T`, to: `${day}T~` };
    for await (const item of this.all(range)) yield auditRecordOf(item);
  }

  private async write(records: readonly AuditRecord[]): Promise<void> {
    const table = this.tables.auditLogs;
    type Writes = NonNullable<BatchWriteCommand['input']['RequestItems']>[string];
    // One write must not name a place twice: of two records at one place the newer stays, and verifying tells.
    const places = new Map(records.map((record) => [`${record.tenantId} ${record.timestamp} ${record.logId}`, record]));
    let open: Writes = [...places.values()].map((record) => ({ PutRequest: { Item: auditItemOf(record) } }));
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const command = new BatchWriteCommand({ RequestItems: { [table]: open } });
      const reply = await answered(`writing to ${table}`, this.client.send(command));
      open = reply.UnprocessedItems?.[table] ?? [];
      if (open.length === 0) return;
    }
    const what = `DynamoDB left ${open.length} items of ${table} unwritten, ${ROUNDS_MAX} times in a row.`;
    throw new ServiceError('DEPENDENCY_UNAVAILABLE', what);
  }

  /** The records at these places, in their order. */
  private async read(tenantId: string, places: readonly string[]): Promise<AuditRecord[]> {
    const keys = places.map((place) => ({ tenantId, [AUDIT_SORT_KEY]: place }));
    const items = await batchRead(this.client, this.tables.auditLogs, keys);
    const byPlace = new Map(items.map((item) => [String(item[AUDIT_SORT_KEY]), item]));
    return places.flatMap((place) => {
      const item = byPlace.get(place);
      return item === undefined ? [] : [auditRecordOf(item)]; // expired between both reads
    });
  }

  private async *all(range: Range): AsyncIterable<Attributes> {
    let start: Attributes | undefined;
    do {
      const reply = await this.query({ ...rangeQuery(range), ...(start && { ExclusiveStartKey: start }) });
      yield* reply.items;
      start = reply.next;
    } while (start !== undefined);
  }

  private async query(
    query: Omit<QueryCommandInput, 'TableName'>,
  ): Promise<{ items: Attributes[]; next?: Attributes }> {
    const table = this.tables.auditLogs;
    const command = new QueryCommand({ TableName: table, ...query });
    const { Items: items = [], LastEvaluatedKey: next } = await answered(`reading ${table}`, this.client.send(command));
    return { items, ...(next && { next }) };
  }
}

/** By exchange its index, else the tenant's whole trail. */
function rangeOf(tenantId: string, filters: Pick<AuditFilters, 'exchangeId' | 'startTime' | 'endTime'>): Range {
  const range = queriedRange(filters);
  if (filters.exchangeId === undefined) return { partition: ['tenantId', tenantId], ...range };
  const key = auditExchangeKey(tenantId, filters.exchangeId);
  return { index: EXCHANGE_TIME_INDEX, partition: ['exchangeKey', key], ...range };
}

function rangeQuery({ index, partition: [attribute, value], from, to }: Range): Omit<QueryCommandInput, 'TableName'> {
  return {
    ...(index === undefined ? { ConsistentRead: true } : { IndexName: index }),
    KeyConditionExpression: '#partition = :partition AND #sort BETWEEN :from AND :to',
    ExpressionAttributeNames: { '#partition': attribute, '#sort': AUDIT_SORT_KEY },
    ExpressionAttributeValues: { ':partition': value, ':from': from, ':to': to },
  };
}

function listQuery(
  range: Range,
  { operationType, success, orderId }: AuditFilters,
  limit: number,
  after: string | undefined,
): Omit<QueryCommandInput, 'TableName'> {
  const wanted = Object.entries({ operationType, success, orderId }).filter(([, value]) => value !== undefined);
  const query = rangeQuery({ ...range, to: after === undefined || after > range.to ? range.to : after });
  return {
    ...query,
    ScanIndexForward: false,
    // One more than asked for, since the cursor's own record is read again.
    Limit: (limit + 1) * (wanted.length > 0 ? FILTERED_READ_FACTOR : 1),
    ExpressionAttributeNames: {
      ...query.ExpressionAttributeNames,
      ...Object.fromEntries(wanted.map(([name]) => [`#${name}`, name])),
    },
    ExpressionAttributeValues: {
      ...query.ExpressionAttributeValues,
      ...Object.fromEntries(wanted.map(([name, value]) => [`:${name}`, value])),
    },
    ...(wanted.length > 0 && { FilterExpression: wanted.map(([name]) => `#${name} = :${name}`).join(' AND ') }),
  };
}
