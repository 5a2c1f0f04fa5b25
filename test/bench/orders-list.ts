import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { OrderState } from '../../src/domain/order';
import { advance } from '../../src/domain/order-lifecycle';
import { newOrderState } from '../../src/domain/order-state';
import { isoTime } from '../../src/platform/clock';
import type { OrderFilters } from '../../src/storage/orders';
import { loadOrders } from '../storage/loaded-orders';
import { anOrder, freshTenant, openStores, type Stores } from '../storage/stores';
import type { Pids } from './cpu-time';
import { residentMiB } from './memory';
import { percentiles, type Percentiles } from './percentiles';

const ORDERS = 100_000;
const REPEATS = 20;
const PAGE = 100;
const STRATEGIES = ['momentum', 'carry', 'basis', 'maker', 'trend'];
const FIRST_MS = Date.parse('2026-01-01T00:00:00.000Z');

const PAGES: Record<string, OrderFilters> = {
  all: {},
  open: { status: ['OPEN'] },
  strategy: { strategyId: 'carry' },
  rareAsset: { assetId: 'RARE/USDT' },
  period: { status: ['CANCELLED'], side: 'SELL', startTime: '2026-01-01T10:00:00Z', endTime: '2026-01-01T11:00:00Z' },
};

export interface OrdersListFigures {
  orders: number;
  /** Of a plain strongly consistent Query for as many items, ms. */
  floorMs: Percentiles;
  /** By filter: the first page, ms; its size, the calls of DynamoDB behind it and the capacity units they took. */
  pages: Record<string, { latencyMs: Percentiles; items: number; calls: number; units: number }>;
  /** Resident in each process before and after, MiB; the lists are the client's. */
  memoryMiB: { before: Record<string, number>; after: Record<string, number> };
}

/** The first page of a tenant with 100,000 orders, under several filters. */
export async function measureOrdersList(
  addresses: { dynamodbEndpoint: string; redisUrl: string },
  pids: Pids,
): Promise<OrdersListFigures> {
  const stores = await openStores(addresses);
  const tenantId = freshTenant();
  await loadOrders(stores, ORDERS, (order) => stateOf(tenantId, order));
  const before = residentMiB(pids);
  const floorMs = percentiles(await timed(() => plainPage(stores, tenantId)));
  const pages: OrdersListFigures['pages'] = {};
  for (const [name, filters] of Object.entries(PAGES)) {
    const list = (): Promise<{ items: OrderState[] }> => stores.orders.list(tenantId, { ...filters, limit: PAGE });
    const cost = await costOf(stores, list);
    pages[name] = { latencyMs: percentiles(await timed(list)), ...cost };
  }
  const figures = { orders: ORDERS, floorMs, pages, memoryMiB: { before, after: residentMiB(pids) } };
  await stores.close();
  return figures;
}

/** One a second; of a hundred 97 are over, one in a thousand trades the rare asset. */
function stateOf(tenantId: string, order: number): OrderState {
  const at = isoTime(FIRST_MS + order * 1_000);
  const request = anOrder(tenantId, {
    idempotencyKey: String(order),
    strategyId: STRATEGIES[order % STRATEGIES.length] ?? '',
    assetId: order % 1_000 === 0 ? 'RARE/USDT' : 'BTC/USDT',
    side: order % 3 === 0 ? 'SELL' : 'BUY',
    timestamp: at,
  });
  const phase = order % 100 < 3 ? 'OPEN' : 'CANCELLED';
  return advance(newOrderState(request, at), { phase, exchangeOrderId: String(order) }, at);
}

async function plainPage({ client, tables }: Stores, tenantId: string): Promise<unknown> {
  const query = new QueryCommand({
    TableName: tables.orders,
    KeyConditionExpression: 'tenantId = :tenantId',
    ExpressionAttributeValues: { ':tenantId': tenantId },
    ConsistentRead: true,
    Limit: PAGE,
  });
  return await client.send(query);
}

async function timed(work: () => Promise<unknown>): Promise<number[]> {
  const latencies: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const calledMs = performance.now();
    await work();
    latencies.push(performance.now() - calledMs);
  }
  return latencies;
}

/** What DynamoDB charges for one page, asked of every call by a step in the client's own chain. */
async function costOf(
  { client }: Stores,
  list: () => Promise<{ items: OrderState[] }>,
): Promise<{ items: number; calls: number; units: number }> {
  let [calls, units] = [0, 0];
  client.middlewareStack.add(
    (next) => async (given) => {
      Object.assign(given.input, { ReturnConsumedCapacity: 'TOTAL' });
      const answer = await next(given);
      calls += 1;
      const { ConsumedCapacity: consumed } = answer.output as { ConsumedCapacity?: unknown };
      const all = [consumed].flat() as ({ CapacityUnits?: number } | undefined)[];
      units += all.reduce((sum, one) => sum + (one?.CapacityUnits ?? 0), 0);
      return answer;
    },
    { step: 'initialize', name: 'count' },
  );
  const { items } = await list();
  client.middlewareStack.remove('count');
  return { items: items.length, calls, units };
}
