import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { BookedEntry, ExecutionFilters, ExecutionStore } from '../executions';
import { EXECUTIONS_PAGE_MAX } from '../executions';
import type { Page } from '../orders';
import { batchRead } from './batch-read';
import { executedItems } from './executed-items';
import type { Attributes } from './item-form';
import { fillKey } from './keys';
import { type FillItem, fillOfItem } from './order-fills';
import { decodeCursor, encodeCursor } from './page-cursor';
import { EXECUTION_SORT_KEY, type TableNames } from './tables';

/** Executions that a page passes over for want of matching its filters. */
const PASSED_OVER_MAX = 5_000;

/** The fills of the Orders table as an ExecutionStore. */
export class DynamoExecutionStore implements ExecutionStore {
  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tables: TableNames,
  ) {}

  async list(tenantId: string, filters: ExecutionFilters, cursor?: string): Promise<Page<BookedEntry>> {
    const limit = Math.min(filters.limit ?? EXECUTIONS_PAGE_MAX, EXECUTIONS_PAGE_MAX);
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const items: BookedEntry[] = [];
    let read = 0;
    for await (const { entry, place } of this.entries(tenantId, filters, after)) {
      if (isWanted(entry, filters)) items.push(entry);
      if (items.length >= limit || ++read >= PASSED_OVER_MAX) return { items, cursor: encodeCursor(place) };
    }
    return { items };
  }

  async *all(tenantId: string, filters: Omit<ExecutionFilters, 'limit'>): AsyncGenerator<BookedEntry> {
    for await (const { entry } of this.entries(tenantId, filters)) if (isWanted(entry, filters)) yield entry;
  }

  async readEntries(tenantId: string, fillIds: readonly string[]): Promise<(BookedEntry | undefined)[]> {
    const keys = fillIds.map((fillId) => ({ ...keyOf(tenantId, fillId) }));
    const items = await batchRead(this.client, this.tables.orders, keys);
    const strategies = await this.strategiesOf(tenantId, items);
    const entries = new Map(items.map((item) => [item['orderId'], entryOf(fillOfItem(item), strategies)]));
    return keys.map(({ orderId }) => entries.get(orderId));
  }

  private async *entries(
    tenantId: string,
    range: Pick<ExecutionFilters, 'startTime' | 'endTime'>,
    after?: string,
  ): AsyncGenerator<{ entry: BookedEntry; place: string }> {
    const store = { client: this.client, tables: this.tables };
    for await (const item of executedItems(store, tenantId, range, after)) {
      const strategies = await this.strategiesOf(tenantId, [item]);
      yield { entry: entryOf(fillOfItem(item), strategies), place: String(item[EXECUTION_SORT_KEY]) };
    }
  }

  /** Of the orders of items that an earlier version wrote: those do not say it themselves. */
  private async strategiesOf(tenantId: string, items: readonly Attributes[]): Promise<Map<string, string>> {
    const silent = items.map(fillOfItem).filter(({ strategyId }) => strategyId === undefined);
    const orderIds = [...new Set(silent.map(({ execution }) => execution.orderId))];
    const keys = orderIds.map((orderId) => ({ tenantId, orderId }));
    const orders = await batchRead(this.client, this.tables.orders, keys);
    return new Map(orders.map((order) => [String(order['orderId']), String(order['strategyId'])]));
  }
}

/** A fillId is orderId/tradeId, and only the latter may contain a slash. */
function keyOf(tenantId: string, fillId: string): { tenantId: string; orderId: string } {
  const slash = fillId.indexOf('/');
  return fillKey({ tenantId, orderId: fillId.slice(0, slash) }, fillId.slice(slash + 1));
}

function entryOf(
  { execution, source, bookedAt, strategyId, realizedPnL }: FillItem,
  strategies: ReadonlyMap<string, string>,
): BookedEntry {
  return {
    execution,
    source,
    bookedAt,
    strategyId: strategyId ?? strategies.get(execution.orderId) ?? '',
    ...(realizedPnL !== undefined && { realizedPnL }),
  };
}

function isWanted(
  { execution, strategyId }: BookedEntry,
  filters: Pick<ExecutionFilters, 'strategyId' | 'exchangeId' | 'assetId'>,
): boolean {
  return (
    strategyId === (filters.strategyId ?? strategyId) &&
    execution.exchangeId === (filters.exchangeId ?? execution.exchangeId) &&
    execution.assetId === (filters.assetId ?? execution.assetId)
  );
}
