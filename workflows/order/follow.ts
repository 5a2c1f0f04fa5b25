import { condition, patched } from '@temporalio/workflow';
import { ledgerActivities } from './activity-options';
import { cancelAtExchange } from './cancel';
import { endDoubt, lookDelayMs } from './doubt';
import { startExpiry } from './expiry';
import { lookUp } from './lookup';
import { isLeftBehind, modifyNext, settleLeftBehind } from './modify';
import type { OrderLife } from './order-life';
import { publish } from './publish';
import { isRenewalAsked, renewIfAsked } from './renew';
import { resolveNext } from './resolve';

/** Lives with the order until it has ended and every fill that the exchange counts is booked. */
export async function follow(life: OrderLife): Promise<void> {
  startExpiry(life);
  for (;;) {
    publish(life, doingOf(life));
    if (life.unbooked.length > 0) await bookUnbooked(life);
    else if (isLeftBehind(life)) await settleLeftBehind(life);
    else if (life.resolutions.length > 0) await resolveNext(life);
    else if (life.modifications.length > 0) await modifyNext(life);
    else if (isOutdated(life)) await lookUp(life);
    else if (life.settled && life.stuck === undefined) return;
    else if (life.settled) await endDoubt(life);
    else if (life.lookupWanted) await lookUp(life);
    else if (life.cancel !== undefined) await cancelAtExchange(life, life.cancel);
    else if (isToExpire(life)) life.requestCancel({ requestedBy: 'service', reason: 'expiresAt has come' });
    else if (isRenewalAsked()) await renewIfAsked(life);
    else if (isUncertain(life)) await lookUpLater(life);
    else await condition(() => hasWork(life) || isRenewalAsked());
  }
}

function doingOf(life: OrderLife): string {
  if (life.doubt !== undefined)
    return `in doubt since ${new Date(life.doubt.sinceMs).toISOString()}: ${life.doubt.reason}`;
  if (life.cancel !== undefined) return 'cancelling';
  return life.ended ? 'fetching fills that are not booked yet' : 'waiting for fills';
}

function hasWork(life: OrderLife): boolean {
  return life.status !== life.publishedStatus || life.ended || isInterrupted(life);
}

/** Something is to be done now, and not only after a pause. */
function isInterrupted(life: OrderLife): boolean {
  return (
    life.unbooked.length > 0 ||
    isLeftBehind(life) ||
    life.resolutions.length > 0 ||
    life.modifications.length > 0 ||
    life.lookupWanted ||
    isOutdated(life) ||
    life.cancel !== undefined ||
    isToExpire(life)
  );
}

/** A cancel that failed leaves the order in doubt; it is tried again once the exchange has said how the order stands. */
function isToExpire(life: OrderLife): boolean {
  return life.isExpired && !life.ended && life.doubt === undefined;
}

/** After a reset an order may be told of its last fill before it knows of the change that the fill was made under. */
function isOutdated(life: OrderLife): boolean {
  return life.outdated && patched('look-up-when-outdated');
}

function isUncertain(life: OrderLife): boolean {
  return life.doubt !== undefined || (life.ended && life.shortOfFills);
}

async function bookUnbooked(life: OrderLife): Promise<void> {
  const executions = [...life.unbooked];
  const ledger = await ledgerActivities.bookExecutions(executions);
  life.unbooked.splice(0, executions.length);
  life.adoptLedger(ledger);
}

async function lookUpLater(life: OrderLife): Promise<void> {
  const delayMs = lookDelayMs(life);
  const wait = (): boolean => isInterrupted(life) || !isUncertain(life);
  if (delayMs > 0 && (await condition(wait, delayMs))) return;
  await lookUp(life);
}
