import { patched } from '@temporalio/workflow';
import type { LifecycleChange } from '../../src/domain/order-lifecycle';
import { ledgerActivities } from './activity-options';
import { now, type OrderLife } from './order-life';

/** Pauses between looks at an order in doubt; the last repeats. A history has no room for a look a second, for days. */
const LOOK_DELAYS_MS = [0, 2_000, 5_000, 10_000, 10_000, 10_000, 20_000, 30_000, 60_000];

/** How long to wait before the next look: no longer than to the moment from which on the order is stuck. */
export function lookDelayMs(life: OrderLife): number {
  const delayMs = LOOK_DELAYS_MS[life.lookups] ?? LOOK_DELAYS_MS.at(-1) ?? 0;
  return life.stuck === undefined ? Math.min(delayMs, life.overdueInMs) : delayMs;
}

/** Nobody can say how the order stands. Once that has lasted too long the order is stuck: a person is asked to look. */
export async function doubt(life: OrderLife, reason: string): Promise<void> {
  life.startDoubt(reason);
  if (life.overdueInMs === 0 && life.stuck === undefined) await flagStuck(life, reason);
}

/** Without waiting for the doubt to last: what could be tried has been tried. */
export async function flagStuck(life: OrderLife, reason: string, change: LifecycleChange = {}): Promise<void> {
  life.startDoubt(reason);
  const at = now();
  const since = new Date(life.doubt?.sinceMs ?? Date.now()).toISOString();
  const events = [...(change.events ?? []), { type: 'STUCK' as const, at, by: 'service', detail: reason }];
  await record(life, { ...change, stuck: { since, reason }, events });
}

/** The exchange has said how the order stands. */
export async function endDoubt(life: OrderLife): Promise<void> {
  life.endDoubt();
  if (life.stuck === undefined) return;
  await record(life, { stuck: null, events: [{ type: 'UNSTUCK', at: now(), by: 'service' }] });
}

/** The exchange has just said that an order is open whose cancel had failed: it is cancelled again. */
export function cancelsAgain(life: OrderLife): boolean {
  if (life.failedCancel === undefined || life.ended || !patched('cancel-until-ended')) return false;
  life.requestCancel(life.failedCancel);
  return true;
}

export async function record(life: OrderLife, change: LifecycleChange): Promise<void> {
  life.adopt(await ledgerActivities.recordStep(life.request, change));
}
