import type { LifecycleChange } from '../../src/domain/order-lifecycle';
import { ledgerActivities } from './activity-options';
import { now, type OrderLife } from './order-life';

/** Nobody can say how the order stands. Once that has lasted too long the order is stuck: a person is asked to look. */
export async function doubt(life: OrderLife, reason: string): Promise<void> {
  life.startDoubt(reason);
  if (life.isDoubtOverdue && life.stuck === undefined) await flagStuck(life, reason);
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

export async function record(life: OrderLife, change: LifecycleChange): Promise<void> {
  life.adopt(await ledgerActivities.recordStep(life.request, change));
}
