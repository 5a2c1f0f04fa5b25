import { condition, patched } from '@temporalio/workflow';
import type { ModifyOrderResult } from '../../activities/order-activities';
import { orderError } from '../../src/domain/errors';
import type { OrderError } from '../../src/domain/errors';
import { getRetryDelay, RETRY } from '../../src/domain/retry';
import { exchangeActivities } from './activity-options';
import type { ModifyRequest } from './contract';
import { doubt, endDoubt, lookDelayMs } from './doubt';
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
  // What the exchange said of the order meanwhile was taken for a part of the change: it is asked once more.
  if (failure !== undefined) life.lookupWanted = life.placed;
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
