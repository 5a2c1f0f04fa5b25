import { condition, patched } from '@temporalio/workflow';
import type { CancelOrderResult } from '../../activities/order-activities';
import { getRetryDelay, RETRY } from '../../src/domain/retry';
import { cancelActivities } from './activity-options';
import type { CancelRequest } from './contract';
import { endDoubt, flagStuck } from './doubt';
import { exchangeOf, placeOf } from './lookup';
import { now, type OrderLife } from './order-life';

/** Rounds in which nothing was sent, or the exchange only asked to wait: with the pauses between them, ten minutes and more. */
const DENIED_ROUNDS_MAX = 60;

/** `interrupted`: something else is to be done first, and nothing has been sent. */
type End = 'ended' | 'interrupted' | { failure: string };

/** Cancels until the exchange says that the order has ended. If it does not, the order is stuck: a person has to look. */
export async function cancelAtExchange(life: OrderLife, request: CancelRequest): Promise<void> {
  life.cancel ??= request;
  const end = await cancel(life, request);
  if (end === 'interrupted') return;
  const failure = end === 'ended' ? undefined : end.failure;
  life.finishCancel(failure);
  if (failure === undefined) return await endDoubt(life);
  const { requestedBy = 'unknown' } = request;
  await flagStuck(life, failure, { events: [{ type: 'CANCEL_FAILED', at: now(), by: requestedBy, detail: failure }] });
}

/** Ends when the order has ended, by this cancel or otherwise. */
async function cancel(life: OrderLife, { requestedBy = 'unknown', reason }: CancelRequest): Promise<End> {
  const { cancelOrder } = cancelActivities(exchangeOf(life));
  let denials = 0;
  for (let round = 0; !life.ended; round++) {
    const result = await cancelOrder({ ...placeOf(life), requestedBy, ...(reason !== undefined && { reason }) });
    if (result.result === 'answered') {
      life.adopt(result.facts);
      if (life.ended) break;
    }
    const denied = isDenied(result);
    if (denied) denials += 1;
    if (round - denials === RETRY.maxRetries || denials === DENIED_ROUNDS_MAX) {
      return life.ended ? 'ended' : { failure: failureOf(result) };
    }
    const earliestMs = result.result === 'retry' ? result.retryAt - Date.now() : 0;
    const pauseMs = Math.max(earliestMs, getRetryDelay(round));
    if (denied && (await isInterrupted(life, pauseMs))) return 'interrupted';
    if (!denied) await condition(() => life.ended, pauseMs);
  }
  return 'ended';
}

/** Orders of before the patch counted it as a try that failed. */
function isDenied(result: CancelOrderResult): boolean {
  return result.result === 'retry' && result.denied === true && patched('denied-cancels-are-no-failures');
}

/** A cancel that is denied may take long: neither a person's decision nor a fill waits for it. */
async function isInterrupted(life: OrderLife, pauseMs: number): Promise<boolean> {
  const unbooked = life.unbooked.length;
  const isNeeded = (): boolean => life.resolutions.length > 0 || life.unbooked.length > unbooked;
  return (await condition(() => life.ended || isNeeded(), pauseMs)) && !life.ended;
}

function failureOf(result: CancelOrderResult): string {
  return result.result === 'retry' ? result.error.message : 'The exchange answered that the order is still open.';
}
