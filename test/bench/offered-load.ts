import { systemClock } from '../../src/platform/clock';
import type { Stores } from '../storage/stores';
import { fillOf, openOrders } from './ledger-orders';
import { percentiles, type Percentiles, round } from './percentiles';

const TICK_MS = 10;

export interface OfferedFigures {
  offeredPerSecond: number;
  fillsPerSecond: number;
  /** From when a fill was due until it was booked, ms: waiting is counted, however far the ledger falls behind. */
  latencyMs: Percentiles;
}

/** Fills of one position at a steady rate, whether or not those before are booked. */
export async function measureOffered(
  stores: Stores,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<OfferedFigures> {
  const orders = await openOrders(stores, { positions: 1, orders: seconds * 10 });
  const latencies: number[] = [];
  const bookings: Promise<void>[] = [];
  const startedMs = performance.now();
  for (let sent = 0; sent < perSecond * seconds;) {
    const due = Math.min(Math.floor(((performance.now() - startedMs) * perSecond) / 1_000) + 1, perSecond * seconds);
    for (; sent < due; sent++) {
      const dueMs = startedMs + (sent * 1_000) / perSecond;
      const booking = stores.ledger.bookFills([fillOf(orders, sent)], 'STREAM');
      bookings.push(booking.then(() => void latencies.push(performance.now() - dueMs)));
    }
    await systemClock.sleep(TICK_MS);
  }
  await Promise.all(bookings);
  const fillsPerSecond = round((latencies.length * 1_000) / (performance.now() - startedMs));
  return { offeredPerSecond: perSecond, fillsPerSecond, latencyMs: percentiles(latencies) };
}
