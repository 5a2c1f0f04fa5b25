import { Context } from '@temporalio/activity';
import type { Clock } from '../src/platform/clock';

/** Longer than a call takes that goes well: those are to cost no heartbeat, which Temporal Cloud bills. */
const BEAT_INTERVAL_MS = 1_500;

/**
 * Tells Temporal, while the work goes on, that its worker lives: so the death of one is noticed within the heartbeat
 * timeout, not only when the slowest call would have ended (workflows/order/activity-options.ts).
 */
export async function withHeartbeats<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  const { heartbeat } = Context.current();
  const ended = new AbortController();
  const beats = beat(clock, heartbeat, ended.signal);
  try {
    return await work();
  } finally {
    ended.abort();
    await beats;
  }
}

async function beat(clock: Clock, heartbeat: () => void, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    await clock.sleep(BEAT_INTERVAL_MS, ended).catch(() => {});
    if (!ended.aborted) heartbeat();
  }
}
