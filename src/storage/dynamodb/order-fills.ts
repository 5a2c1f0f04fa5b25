import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { ServiceError } from '../../domain/errors';
import type { DecimalString } from '../../domain/decimal';
import type { BookedExecution, Fill, OrderState } from '../../domain/order';
import { FILLS_KEPT_MAX } from '../../domain/order';
import { fillOf } from '../../domain/order-state';
import type { FillSource, Page } from '../orders';
import { answered } from './answered';
import { batchRead } from './batch-read';
import { type Attributes, ItemForm } from './item-form';
import { executionKeys, fillKey, fillPrefix, type OrderKey } from './keys';
import { orderRecordOf } from './order-item';
import { decodeCursor, encodeCursor } from './page-cursor';
import { EXECUTION_SORT_KEY, type TableNames } from './tables';

/** Reads of one order's fills, 1 MB (some thousand fills) each. */
const READS_MAX = 200;

/** A booked fill: the item whose existence keeps it from being booked again. */
export interface FillItem {
  execution: BookedExecution;
  source: FillSource;
  bookedAt: string;
  /** 1 for the first fill booked of its order. */
  fillNumber: number;
  /** Of its order; absent on items of earlier versions. */
  strategyId?: string;
  /** What it realized in its position, in quote; absent on items of earlier versions. */
  realizedPnL?: DecimalString;
}

/** 2: the keys of the index that lists executions by time. */
export const FILL_FORM = new ItemForm([
  (item) => ({ ...item, ...executionKeys(item['execution'] as BookedExecution) }),
]);

export function fillItemOf(fill: FillItem): Attributes {
  const { execution } = fill;
  return {
    itemVersion: FILL_FORM.version,
    ...fillKey(execution, execution.executionId),
    ...executionKeys(execution),
    ...fill,
  };
}

/** The inverse of fillItemOf. */
export function fillOfItem(item: Attributes): FillItem {
  const current = FILL_FORM.upgraded(item);
  const { itemVersion: _1, tenantId: _2, orderId: _3, executionKey: _4, [EXECUTION_SORT_KEY]: _5, ...fill } = current;
  return fill as unknown as FillItem;
}

/**
 * All fills of an order, in the order of booking. The order's own item has the last FILLS_KEPT_MAX; an order with more
 * is read whole for each page, because the fills' keys follow the exchange's trade ids: such orders are rare, and an
 * index of their own would be one more write for every fill of every order.
 */
export async function listFills(
  store: { client: DynamoDBDocumentClient; tables: TableNames },
  state: OrderState,
  cursor?: string,
): Promise<Page<Fill>> {
  const { recentFills, fillCount } = state.ledger;
  if (cursor === undefined && fillCount <= FILLS_KEPT_MAX) return { items: recentFills };
  const shown = cursor === undefined ? 0 : Number(decodeCursor(cursor));
  const fills = (await readFills(store, state)).filter(({ fillNumber }) => fillNumber > shown);
  const page = fills.slice(0, FILLS_KEPT_MAX);
  const last = page.at(-1)?.fillNumber;
  const more = fills.length > page.length && last !== undefined;
  return { items: page.map(({ execution }) => fillOf(execution)), ...(more && { cursor: encodeCursor(String(last)) }) };
}

/** An order, and of its fills those with the given trade ids, in that order; each where it is there. Strongly consistent. */
export async function readOrderFills(
  { client, tables }: { client: DynamoDBDocumentClient; tables: TableNames },
  { tenantId, orderId }: OrderKey,
  executionIds: readonly string[],
): Promise<{ order?: OrderState; fills: (FillItem | undefined)[] }> {
  const fillKeys = executionIds.map((executionId) => ({ ...fillKey({ tenantId, orderId }, executionId) }));
  const items = await batchRead(client, tables.orders, [{ tenantId, orderId }, ...fillKeys]);
  const found = new Map(items.map((item) => [item['orderId'], item]));
  const order = found.get(orderId);
  const fills = fillKeys.map((key) => found.get(key.orderId)).map((item) => item && fillOfItem(item));
  return { ...(order !== undefined && { order: orderRecordOf(order).state }), fills };
}

async function readFills(
  { client, tables }: { client: DynamoDBDocumentClient; tables: TableNames },
  { request: { tenantId, orderId } }: OrderState,
): Promise<FillItem[]> {
  const fills: FillItem[] = [];
  let start: Record<string, unknown> | undefined;
  for (let read = 0; read < READS_MAX; read++) {
    const query = new QueryCommand({
      TableName: tables.orders,
      KeyConditionExpression: 'tenantId = :tenantId AND begins_with(orderId, :prefix)',
      ExpressionAttributeValues: { ':tenantId': tenantId, ':prefix': fillPrefix(orderId) },
      ConsistentRead: true,
      ...(start && { ExclusiveStartKey: start }),
    });
    const reply = await answered(`reading the fills of order ${orderId}`, client.send(query));
    fills.push(...(reply.Items ?? []).map(fillOfItem));
    start = reply.LastEvaluatedKey;
    if (start === undefined) return fills.sort((a, b) => a.fillNumber - b.fillNumber);
  }
  throw new ServiceError(
    'DEPENDENCY_UNAVAILABLE',
    `Order ${orderId} has more fills than can be listed (${fills.length} read).`,
  );
}
