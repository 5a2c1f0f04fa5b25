import { LIVE_STATUSES, ORDER_STATUSES, type OrderState, type OrderStatus } from '../../domain/order';
import { statusOf } from '../../domain/order-state';
import { ORDERS_PAGE_MAX, type OrderFilters, type Page } from '../orders';
import { batchRead } from './batch-read';
import { sortKeyRange } from './instant-range';
import { createdSortKey, statusKey, strategyKey } from './keys';
import { OrderEntries, type OrderEntry, type OrdersPlace, type Partition } from './order-entries';
import { orderRecordOf } from './order-item';
import { decodeCursor, encodeCursor } from './page-cursor';
import { STATUS_INDEX, STRATEGY_INDEX } from './tables';

/** Times that orders are read for one page; a filter that drops more of them gives a short page with a cursor. */
const ROUNDS_MAX = 5;
/** When only the order itself tells if it is wanted, at least so many are read, and each time so many times more. */
const CANDIDATES_MIN = 50;
const CANDIDATES_GROWTH = 2;

/** A tenant's orders, newest first, by the indexes alone; the orders themselves are read strongly consistent. */
export async function listOrders(
  store: OrdersPlace,
  tenantId: string,
  filters: OrderFilters,
  cursor?: string,
): Promise<Page<OrderState>> {
  const limit = Math.max(1, Math.min(filters.limit ?? ORDERS_PAGE_MAX, ORDERS_PAGE_MAX));
  const { from, to } = sortKeyRange(filters);
  const after = cursor === undefined ? to : decodeCursor(cursor);
  const range = { from, to: after > to ? to : after };
  if (range.from > range.to) return { items: [] };
  const isCandidate = filters.strategyId !== undefined && filters.status !== undefined;
  const first = isCandidate ? Math.max(limit, CANDIDATES_MIN) : limit;
  const entries = new OrderEntries(store, partitionsOf(tenantId, filters), range, filters, first);
  const items: OrderState[] = [];
  for (let round = 0; round < ROUNDS_MAX && items.length < limit; round++) {
    const count = isCandidate ? first * CANDIDATES_GROWTH ** round : limit - items.length;
    const taken = await entries.take(count);
    items.push(...(await readOrders(store, tenantId, taken, filters)));
    if (taken.length < count) break;
  }
  return pageOf(items, limit, entries.rest);
}

/**
 * The orders that may still trade are few, however many a strategy has had: they are looked for by status. All others
 * of a strategy are in its own partition, and those of no strategy in one for each status.
 */
function partitionsOf(tenantId: string, { strategyId, status }: OrderFilters): Partition[] {
  const live: readonly OrderStatus[] = LIVE_STATUSES;
  const onlyLive = status?.every((one) => live.includes(one)) ?? false;
  if (strategyId !== undefined && !onlyLive) {
    return [{ index: STRATEGY_INDEX, attribute: 'strategyKey', value: strategyKey(tenantId, strategyId) }];
  }
  return [...new Set(status ?? ORDER_STATUSES)].map((one) => ({
    index: STATUS_INDEX,
    attribute: 'statusKey',
    value: statusKey(tenantId, one),
  }));
}

/** Newest first, those alone whose status and strategy are asked for: not every index knows them, and a status changes. */
async function readOrders(
  { client, tables }: OrdersPlace,
  tenantId: string,
  entries: readonly OrderEntry[],
  { status, strategyId }: OrderFilters,
): Promise<OrderState[]> {
  const keys = entries.map(({ orderId }) => ({ tenantId, orderId }));
  const items = await batchRead(client, tables.orders, keys);
  return items
    .map((item) => orderRecordOf(item).state)
    .filter((state) => status === undefined || status.includes(statusOf(state)))
    .filter(({ request }) => strategyId === undefined || request.strategyId === strategyId)
    .sort((a, b) => (sortKeyOf(a) < sortKeyOf(b) ? 1 : -1));
}

/** Of all that was found; what is beyond the limit is found again by the next page. */
function pageOf(found: OrderState[], limit: number, rest: string | undefined): Page<OrderState> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const place = found.length > limit && last !== undefined ? sortKeyOf(last) : rest;
  return { items, ...(place !== undefined && { cursor: encodeCursor(place) }) };
}

function sortKeyOf({ request, lifecycle }: OrderState): string {
  return createdSortKey(lifecycle.createdAt, request.orderId);
}
