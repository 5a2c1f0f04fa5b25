import { systemClock } from '../../src/platform/clock';
import { openStores, type Stores } from '../storage/stores';
import { fillOf, openOrders } from './ledger-orders';
import { measureOffered, type OfferedFigures } from './offered-load';
import { measureOrderStorage, type StorageFigures } from './order-storage';
import { percentiles, round, type Percentiles } from './percentiles';

export interface LedgerFigures {
  loads: LoadFigures[];
  offered: OfferedFigures;
  orderStorage: StorageFigures;
}

export interface LoadFigures {
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
  offered: { perSecond: number; seconds: number },
): Promise<LedgerFigures> {
  const stores = await openStores(addresses);
  const orderStorage = await measureOrderStorage(stores);
  const measured: LoadFigures[] = [];
  for (const load of loads) measured.push(await measure(stores, load));
  const figures = { loads: measured, offered: await measureOffered(stores, offered), orderStorage };
  await stores.close();
  return figures;
}

async function measure(
  stores: Stores,
  { callers, positions, fills }: { callers: number; positions: number; fills: number },
): Promise<LoadFigures> {
  const orders = await openOrders(stores, { positions, orders: Math.max(positions, fills / FILLS_PER_ORDER) });
  const executions = Array.from({ length: fills }, (_, fill) => fillOf(orders, fill));
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
