import type { OrderState, OrderUpdate } from '../../src/domain/order';
import { LIVE_STATUSES } from '../../src/domain/order';
import { remainingQuantityOf, statusOf } from '../../src/domain/order-state';
import type { OrderFilters, Page } from '../../src/storage/orders';
import { pagesOf } from '../../src/storage/pages';
import type { ActivityDeps } from '../deps';
import type { ConnectionName } from './event-processor';

const OPEN_ORDER_PAGES_MAX = 100;

/** Our orders on one connection, as their records have them. */
export class RecordedOrders {
  constructor(
    private readonly deps: Pick<ActivityDeps, 'orders' | 'logger'>,
    private readonly name: ConnectionName,
  ) {}

  /** Those that have not ended. */
  async open(): Promise<OrderState[]> {
    return await this.list({ status: [...LIVE_STATUSES] }, OPEN_ORDER_PAGES_MAX);
  }

  async list(filters: OrderFilters, pagesMax: number): Promise<OrderState[]> {
    const { tenantId, exchangeId } = this.name;
    const { logger, orders } = this.deps;
    const read = (cursor?: string): Promise<Page<OrderState>> =>
      orders.list(tenantId, { ...filters, exchangeId }, cursor);
    const pages = pagesOf(read, pagesMax, () =>
      logger.warn({ ...this.name, status: filters.status, pagesMax }, 'too many orders to look at all of them'),
    );
    const found: OrderState[] = [];
    for await (const page of pages) found.push(...page);
    return found;
  }
}

/** A recorded order in the words of an exchange. */
export function updateOf(order: OrderState): OrderUpdate {
  const { request, lifecycle, ledger } = order;
  const { orderId, tenantId, assetId, exchangeId } = request;
  if (exchangeId === undefined) throw new TypeError(`Order ${orderId} names no exchange.`);
  return {
    orderId,
    tenantId,
    assetId,
    exchangeId,
    exchangeOrderId: lifecycle.exchangeOrderId ?? '',
    status: statusOf(order),
    filledQuantity: lifecycle.exchangeFilledQuantity ?? ledger.filledQuantity,
    remainingQuantity: remainingQuantityOf(order),
    timestamp: lifecycle.updatedAt,
  };
}
