import type { ExecutionUpdate } from '../../src/domain/order';
import type { OrderRequest } from '../../src/domain/order-request';
import { systemClock } from '../../src/platform/clock';
import { anExecution, anIntent, anOrder, freshTenant, openStores, type Stores } from '../storage/stores';
import { percentiles, round, type Percentiles } from './percentiles';

export interface LedgerFigures {
  callers: number;
  positions: number;
  fills: number;
  fillsPerSecond: number;
  /** Of one bookFills call, ms. */
  latencyMs: Percentiles;
}

const FILLS_PER_ORDER = 5;

/** bookFills a second: each caller books one fill after another, spread over the positions. */
export async function measureLedger(
  addresses: { dynamodbEndpoint: string; redisUrl: string },
  loads: readonly { callers: number; positions: number; fills: number }[],
): Promise<LedgerFigures[]> {
  const stores = await openStores(addresses);
  const figures: LedgerFigures[] = [];
  for (const load of loads) figures.push(await measure(stores, load));
  await stores.close();
  return figures;
}

async function measure(
  stores: Stores,
  { callers, positions, fills }: { callers: number; positions: number; fills: number },
): Promise<LedgerFigures> {
  const orders = await openOrders(stores, { positions, orders: Math.max(positions, fills / FILLS_PER_ORDER) });
  const executions = Array.from({ length: fills }, (_, fill) => executionOf(orders, fill));
  const latencies: number[] = [];
  const startedMs = systemClock.now();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (let next = executions.pop(); next !== undefined; next = executions.pop()) {
        const calledMs = performance.now();
        await stores.ledger.bookFills([next], 'STREAM');
        latencies.push(performance.now() - calledMs);
      }
    }),
  );
  const seconds = (systemClock.now() - startedMs) / 1_000;
  return { callers, positions, fills, fillsPerSecond: round(fills / seconds), latencyMs: percentiles(latencies) };
}

/** Fills take turns over the positions, and over each position's orders. */
function executionOf(orders: readonly OrderRequest[], fill: number): ExecutionUpdate {
  const order = orders[fill % orders.length];
  if (order === undefined) throw new RangeError('There are no orders to fill.');
  return anExecution(order, String(fill), { quantity: '0.001' });
}

async function openOrders(
  stores: Stores,
  { positions, orders: count }: { positions: number; orders: number },
): Promise<OrderRequest[]> {
  const tenantId = freshTenant();
  const orders = Array.from({ length: count }, (_, order) =>
    anOrder(tenantId, { assetId: `A${order % positions}/USDT`, quantity: '1000' }),
  );
  for (const order of orders) await stores.orders.claimIntent(order, anIntent());
  return orders;
}
