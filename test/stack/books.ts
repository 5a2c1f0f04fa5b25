import type { Services } from '../../src/composition/services';
import { viewOrder } from '../../src/domain/order-view';
import type { Page } from '../../src/storage/orders';
import type { OurBooks } from '../simulation/auditor';

const PAGES_MAX = 100;

/** All that our records say of a tenant, read page by page. */
export async function booksOf(
  { orders, positions }: Pick<Services, 'orders' | 'positions'>,
  tenantId: string,
): Promise<OurBooks> {
  const states = await allPages((cursor) => orders.list(tenantId, {}, cursor));
  return {
    orders: await Promise.all(
      states.map(async (state) => ({
        order: viewOrder(state),
        fills: await allPages((cursor) => orders.listFills(tenantId, state.request.orderId, cursor)),
      })),
    ),
    positions: await allPages((cursor) => positions.list(tenantId, undefined, cursor)),
  };
}

async function allPages<T>(read: (cursor?: string) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const page = await read(cursor);
    items.push(...page.items);
    ({ cursor } = page);
    if (cursor === undefined) return items;
  }
  throw new Error(`More than ${PAGES_MAX} pages.`);
}
