import { condition, patched } from '@temporalio/workflow';
import type { ModifyOrderResult } from '../../activities/order-activities';
import { orderError } from '../../src/domain/errors';
import type { OrderError } from '../../src/domain/errors';
import { getRetryDelay, RETRY } from '../../src/domain/retry';
import { exchangeActivities } from './activity-options';
import type { ModifyRequest } from './contract';
import { doubt, endDoubt, lookDelayMs } from './doubt';
import { exchangeOf } from './lookup';
import type { OrderLife, PendingModification } from './order-life';
import { publish } from './publish';
import { renewIfAsked } from './renew';
import { resolveNext } from './resolve';

/** Carries out the oldest change that is asked for. One at a time: the next is made to the order as it is then. */
export async function modifyNext(life: OrderLife): Promise<void> {
  const [modification] = life.modifications;
  if (modification === undefined) return;
  const failure = await modify(life, modification);
  life.modifications.shift();
  if (failure !== undefined) askOnceMore(life);
  modification.answer = life.modifyResponse(failure);
}

/** Why it did not happen, or undefined when the exchange has confirmed it. */
async function modify(life: OrderLife, { amendmentId, request }: PendingModification): Promise<OrderError | undefined> {
  const { exchangeId } = life.request;
  if (exchangeId === undefined || life.ended) return closed(life);
  const { requestedBy = 'unknown', ...modification } = request;
  const input = { request: life.request, amendmentId, modification, requestedBy };
  for (let attempt = 0; ; attempt++) {
    publish(life, `changing at ${exchangeId}: ${changesOf(request)}`);
    const result = await exchangeActivities(exchangeId).modifyOrder(input);
    if ('facts' in result) {
      life.adopt(result.facts);
      await endDoubt(life);
      return result.result === 'failed' ? result.error : undefined;
    }
    const waitMs = Math.max(result.retryAt - Date.now(), getRetryDelay(attempt));
    if (result.result === 'unknown') await waitInDoubt(life, result.error, waitMs);
    else if (attempt >= RETRY.maxRetries || (await condition(() => life.cancel !== undefined, waitMs))) {
      return result.error;
    }
    if (life.ended && !isToBeFoundOut(result)) return closed(life);
    await renewIfAsked(life);
  }
}

/** The record declares a change that nobody here has asked for: the run of the order that did was terminated or reset. */
export function isLeftBehind({ facts, modifications }: OrderLife): boolean {
  const { amendment } = facts.lifecycle;
  if (amendment === undefined) return false;
  const isOwned = modifications.some(({ amendmentId }) => amendmentId === amendment.amendmentId);
  return !isOwned && patched('settle-changes-left-behind');
}

/** Otherwise the order could never end: as long as a change is declared, its end may be a part of that. */
export async function settleLeftBehind(life: OrderLife): Promise<void> {
  const result = await exchangeActivities(exchangeOf(life)).settleModification(life.request);
  if (result.result === 'settled') {
    life.adopt(result.facts);
    askOnceMore(life);
    return await endDoubt(life);
  }
  await waitInDoubt(life, result.error, Math.max(result.retryAt - Date.now(), getRetryDelay(life.lookups)));
  await renewIfAsked(life);
}

/** What the exchange said of the order meanwhile was taken for a part of the change. */
function askOnceMore(life: OrderLife): void {
  life.lookupWanted = life.placed;
}

/** A change of unknown end is none of an order that is over: what became of it is found out first. */
function isToBeFoundOut({ result }: ModifyOrderResult): boolean {
  return result === 'unknown' && patched('find-out-changes-of-ended-orders');
}

/** The change may have been made: the next try finds out; meanwhile a person may know more. */
async function waitInDoubt(life: OrderLife, { message }: OrderError, waitMs: number): Promise<void> {
  await doubt(life, message);
  const delayMs = Math.max(waitMs, lookDelayMs(life));
  life.lookups += 1;
  if (await condition(() => life.resolutions.length > 0, delayMs)) await resolveNext(life);
}

function closed({ status }: OrderLife): OrderError {
  return orderError('ORDER_CLOSED', `The order has ended as ${status} before the change could be sent.`);
}

function changesOf({ requestedBy: _, ...changes }: ModifyRequest): string {
  return Object.entries(changes)
    .map(([field, value]) => `${field} ${value}`)
    .join(', ');
}
