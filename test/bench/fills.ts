import { temporal } from '@temporalio/proto';
import { orderWorkflowId } from '../../workflows/order/contract';
import { watchBookings } from './bookings';
import { runBlock } from './callers';
import type { Desk } from './desk';
import { percentiles, type Percentiles } from './percentiles';
import { ended, fill, serviceSide } from './service';

const { EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED } = temporal.api.enums.v1.EventType;
const SUBMITTED_AT_ONCE = 10;

export interface FillFigures {
  /** From the trade at the exchange until position, history and order sums are committed. */
  filledToBookedMs: Percentiles;
  /** From the trade at the exchange until its signal is in the history of the order's workflow. */
  filledToToldMs: Percentiles;
}

/** Fills resting orders one after another, each when the one before has closed. */
export async function measureFills(desk: Desk, redisUrl: string, count: number): Promise<FillFigures> {
  const bookings = await watchBookings(redisUrl, `position:${desk.tenantId}:BTC/USDT:BINANCE`);
  const { ids } = await runBlock(serviceSide(desk), { callers: SUBMITTED_AT_ONCE, calls: count });
  const bookedMs: number[] = [];
  const toldMs: number[] = [];
  for (const orderId of ids) {
    const booking = bookings.next();
    const { updatedAtMs } = await fill(desk, orderId);
    bookedMs.push((await booking) - updatedAtMs);
    await ended(desk, orderId);
    toldMs.push((await signalledAtMs(desk, orderId)) - updatedAtMs);
  }
  bookings.close();
  return { filledToBookedMs: percentiles(bookedMs), filledToToldMs: percentiles(toldMs) };
}

async function signalledAtMs({ client, tenantId }: Desk, orderId: string): Promise<number> {
  const { events } = await client.workflow.getHandle(orderWorkflowId(tenantId, orderId)).fetchHistory();
  const time = events?.find(({ eventType }) => eventType === EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)?.eventTime;
  if (!time) throw new Error(`The workflow of order ${orderId} was not signalled.`);
  return Number(time.seconds) * 1_000 + (time.nanos ?? 0) / 1e6;
}
