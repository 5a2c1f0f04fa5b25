import fc from 'fast-check';
import type { ExchangeId } from '../../src/domain/exchange';
import { ORDER_STATUSES, type OrderState, type OrderStatus } from '../../src/domain/order';
import { advance } from '../../src/domain/order-lifecycle';
import { newOrderState, statusOf } from '../../src/domain/order-state';
import { isoTime } from '../../src/platform/clock';
import type { OrderFilters } from '../../src/storage/orders';
import { loadOrders } from '../storage/loaded-orders';
import { anOrder, freshTenant, openStores, type Stores } from '../storage/stores';
import { testStack } from '../stack/stack';

const ORDERS = 300;
const RUNS = 100;
const PAGES_MAX = 6;
const FIRST_MS = Date.parse('2026-01-01T00:00:00.000Z');
/** Several orders have the same instant of creation. */
const ORDERS_PER_SECOND = 4;

/** The first of each is frequent, the last rare; of some there is none. */
const STRATEGIES = ['grid', 'carry', 'rare-strategy', 'no-strategy'];
const EXCHANGES: ExchangeId[] = ['BINANCE', 'KRAKEN', 'OKX', 'BYBIT'];
const ASSETS = ['BTC/USDT', 'ETH/USDT', 'RARE/USDT', 'NONE/USDT'];

let stores: Stores;
const tenantId = freshTenant();
let newestFirst: OrderState[];

beforeAll(async () => {
  stores = await openStores(testStack());
  const orders = Array.from({ length: ORDERS }, (_, order) => stateOf(order));
  await loadOrders(stores, ORDERS, (order) => orders[order]!);
  newestFirst = orders.sort((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1));
});
afterAll(() => stores.close());

describe('listing orders under any filter', () => {
  it('gives on all pages together exactly the orders that the filter describes, newest first, none twice', async () => {
    const met = { sparse: 0, empty: 0, pages: 0 };
    const run = fc.asyncProperty(filters(), fc.integer({ min: 0, max: PAGES_MAX }), async (filter, share) => {
      const wanted = newestFirst.filter((state) => meets(state, filter)).map(idOf);
      const limit = Math.min(Math.max(1, Math.ceil(wanted.length / share)), 100);
      const { found, pages } = await allPages(share === 0 ? filter : { ...filter, limit });
      expect(found).toEqual(wanted);
      met.sparse += wanted.length > 0 && wanted.length < 10 ? 1 : 0;
      met.empty += wanted.length === 0 ? 1 : 0;
      met.pages = Math.max(met.pages, pages);
    });
    await fc.assert(run, { numRuns: RUNS });
    expect(Math.min(met.sparse, met.empty)).toBeGreaterThan(0);
    expect(met.pages).toBeGreaterThanOrEqual(PAGES_MAX / 2);
  });

  it.each([
    { assetId: 'RARE/USDT' },
    { strategyId: 'rare-strategy', status: ['PENDING', 'OPEN', 'PARTIALLY_FILLED'] },
    { strategyId: 'grid', status: ['REJECTED'] },
  ] satisfies OrderFilters[])('fills the page of a sparse filter in few calls: %j', async (filter) => {
    let calls = 0;
    stores.client.middlewareStack.add((next) => (given) => (calls++, next(given)), {
      step: 'initialize',
      name: 'count',
    });
    const page = await stores.orders.list(tenantId, filter);
    stores.client.middlewareStack.remove('count');
    expect(page.items.map(idOf)).toEqual(newestFirst.filter((state) => meets(state, filter)).map(idOf));
    expect(page.cursor).toBeUndefined();
    expect(calls).toBeLessThan(20);
  });
});

/** Each field alone, and with any others. */
function filters(): fc.Arbitrary<OrderFilters> {
  const seconds = ORDERS / ORDERS_PER_SECOND;
  const instant = fc
    .tuple(fc.integer({ min: -1, max: seconds + 1 }), fc.constantFrom('Z', '+00:00'))
    .map(([second, offset]) => isoTime(FIRST_MS + second * 1_000).replace('Z', offset));
  const every = fc.record({
    strategyId: fc.constantFrom(...STRATEGIES),
    exchangeId: fc.constantFrom(...EXCHANGES),
    assetId: fc.constantFrom(...ASSETS),
    status: fc.subarray([...ORDER_STATUSES]),
    side: fc.constantFrom('BUY' as const, 'SELL' as const),
    startTime: instant,
    endTime: instant,
  });
  const names = ['strategyId', 'exchangeId', 'assetId', 'status', 'side', 'startTime', 'endTime'] as const;
  const given = fc.oneof(fc.subarray([...names], { maxLength: 2 }), fc.subarray([...names]));
  return fc
    .tuple(every, given)
    .map(([all, some]) => Object.fromEntries(some.map((name) => [name, all[name]])) as OrderFilters);
}

function meets({ request, lifecycle, ...state }: OrderState, filter: OrderFilters): boolean {
  const createdMs = Date.parse(lifecycle.createdAt);
  return (
    (['strategyId', 'exchangeId', 'assetId', 'side'] as const).every(
      (field) => filter[field] === undefined || filter[field] === request[field],
    ) &&
    (filter.status === undefined || filter.status.includes(statusOf({ request, lifecycle, ...state }))) &&
    (filter.startTime === undefined || createdMs >= Date.parse(filter.startTime)) &&
    (filter.endTime === undefined || createdMs <= Date.parse(filter.endTime))
  );
}

async function allPages(filter: OrderFilters): Promise<{ found: string[]; pages: number }> {
  const found: string[] = [];
  let [pages, cursor] = [0, undefined as string | undefined];
  do {
    const page = await stores.orders.list(tenantId, filter, cursor);
    expect(page.items.length).toBeLessThanOrEqual(filter.limit ?? 100);
    expect(page.cursor).not.toBe(cursor ?? '');
    found.push(...page.items.map(idOf));
    cursor = page.cursor;
    pages += 1;
  } while (cursor !== undefined);
  return { found, pages };
}

/** Every status, strategy, exchange and instrument in every mixture, the later ones of each list ever more rarely. */
function stateOf(order: number): OrderState {
  const at = isoTime(FIRST_MS + Math.floor(order / ORDERS_PER_SECOND) * 1_000);
  const request = anOrder(tenantId, {
    idempotencyKey: String(order),
    strategyId: STRATEGIES[order % 97 === 5 ? 2 : order % 2] ?? '',
    exchangeId: EXCHANGES[order % 101 === 7 ? 2 : order % 5 === 0 ? 1 : 0] ?? 'BINANCE',
    assetId: ASSETS[order % 89 === 11 ? 2 : order % 3 === 0 ? 1 : 0] ?? '',
    side: order % 7 < 3 ? 'SELL' : 'BUY',
    timestamp: at,
  });
  return inStatus(newOrderState(request, at), ORDER_STATUSES[order % 11] ?? 'CANCELLED', at);
}

function inStatus(state: OrderState, status: OrderStatus, at: string): OrderState {
  if (status === 'PENDING') return state;
  const isFilled = status === 'FILLED' || status === 'PARTIALLY_FILLED';
  const answered = advance(state, { phase: isFilled ? 'OPEN' : status, exchangeOrderId: state.request.orderId }, at);
  if (!isFilled) return answered;
  return { ...answered, ledger: { ...answered.ledger, filledQuantity: status === 'FILLED' ? '1' : '0.5' } };
}

const idOf = ({ request }: OrderState): string => request.orderId;
const placeOf = ({ request, lifecycle }: OrderState): string => `${lifecycle.createdAt}#${request.orderId}`;
