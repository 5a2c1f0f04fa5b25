import { ServiceError } from '../domain/errors';
import type { ExchangeId } from '../domain/exchange';
import { LIVE_STATUSES } from '../domain/order';
import type { OrderRequest } from '../domain/order-request';
import { type OrderFilters, ORDERS_PAGE_MAX, type OrderStore } from '../storage/orders';
import { pagesOf } from '../storage/pages';
import type { OpenOrder } from './send-limits';

/** Pages that are read to judge one order. */
const PAGES_MAX = 20;
/** The highest maxOpenOrders that can be counted. */
export const OPEN_ORDERS_COUNTED_MAX = PAGES_MAX * ORDERS_PAGE_MAX;

type PlaceableRequest = OrderRequest & { exchangeId: ExchangeId };

/**
 * The tenant's open orders by the status index, which follows the table by moments: orders of the last moments may be
 * missing. The order that is judged is not among them.
 */
export class OpenOrders {
  constructor(private readonly orders: Pick<OrderStore, 'list'>) {}

  /** How many there are besides this one; counted up to `enough`. */
  async countOthers({ tenantId, orderId }: OrderRequest, enough: number): Promise<number> {
    const others = await this.collect(tenantId, {}, orderId, enough);
    return others.length;
  }

  /** Those that stand on the other side of the same market. */
  async opposite({ tenantId, orderId, exchangeId, assetId, side }: PlaceableRequest): Promise<OpenOrder[]> {
    const filters = { exchangeId, assetId, side: side === 'BUY' ? ('SELL' as const) : ('BUY' as const) };
    return await this.collect(tenantId, filters, orderId, Infinity);
  }

  private async collect(
    tenantId: string,
    filters: OrderFilters,
    except: string,
    enough: number,
  ): Promise<OrderRequest[]> {
    const open: OrderFilters = { ...filters, status: [...LIVE_STATUSES] };
    const pages = pagesOf(
      (cursor) => this.orders.list(tenantId, open, cursor),
      PAGES_MAX,
      () => {
        const what = `${tenantId} has more than the ${OPEN_ORDERS_COUNTED_MAX} open orders that are read to judge one: cancel some, or switch preventSelfTrade off.`;
        throw new ServiceError('CONFIGURATION', what);
      },
    );
    const found: OrderRequest[] = [];
    for await (const page of pages) {
      found.push(...page.map(({ request }) => request).filter(({ orderId }) => orderId !== except));
      if (found.length >= enough) break;
    }
    return found;
  }
}
