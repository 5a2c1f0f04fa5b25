import { orderError } from '../../src/domain/errors';
import { cancelledUnsent, type LifecycleChange } from '../../src/domain/order-lifecycle';
import { ledgerActivities } from './activity-options';
import type { CancelRequest } from './contract';
import { now, type OrderLife } from './order-life';

/** Ends of orders of which provably nothing is sent: the workflow records them itself. */

export async function deny(life: OrderLife): Promise<void> {
  const error = orderError('EXCHANGE_REQUIRED', `The order names no exchange.`);
  const events = [{ type: 'DENIED' as const, at: now(), by: 'service', detail: error.message }];
  await endUnsent(life, { phase: 'REJECTED', error, events });
}

export async function cancelUnsent(life: OrderLife, request: CancelRequest): Promise<void> {
  await endUnsent(life, cancelledUnsent(request, now()));
  // Otherwise the record knows of a send after all: the cancel follows once its outcome is known.
  if (life.ended) life.finishCancel();
}

export async function expireUnsent(life: OrderLife): Promise<void> {
  const detail = 'expiresAt has come before the trigger; nothing had been sent';
  await endUnsent(life, { phase: 'EXPIRED', events: [{ type: 'EXPIRED', at: now(), by: 'service', detail }] });
}

async function endUnsent(life: OrderLife, change: LifecycleChange): Promise<void> {
  life.adoptSubmitResult(await ledgerActivities.recordRefusal(life.request, change));
}
