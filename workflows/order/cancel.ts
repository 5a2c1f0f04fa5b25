import { condition } from '@temporalio/workflow';
import { getRetryDelay, RETRY } from '../../src/domain/retry';
import { cancelActivities } from './activity-options';
import type { CancelRequest } from './contract';
import { endDoubt, flagStuck } from './doubt';
import { exchangeOf, placeOf } from './lookup';
import { now, type OrderLife } from './order-life';

/** Cancels until the exchange says that the order has ended. If it does not, the order is stuck: a person has to look. */
export async function cancelAtExchange(life: OrderLife, request: CancelRequest): Promise<void> {
  life.cancel ??= request;
  const failure = await cancel(life, request);
  life.finishCancel(failure);
  if (failure === undefined) return await endDoubt(life);
  const { requestedBy = 'unknown' } = request;
  await flagStuck(life, failure, { events: [{ type: 'CANCEL_FAILED', at: now(), by: requestedBy, detail: failure }] });
}

/** Why it failed, or undefined once the order has ended, by this cancel or otherwise. */
async function cancel(
  life: OrderLife,
  { requestedBy = 'unknown', reason }: CancelRequest,
): Promise<string | undefined> {
  const { cancelOrder } = cancelActivities(exchangeOf(life));
  let failure = '';
  for (let round = 0; round <= RETRY.maxRetries && !life.ended; round++) {
    const result = await cancelOrder({ ...placeOf(life), requestedBy, ...(reason !== undefined && { reason }) });
    if (result.result === 'answered') {
      life.adopt(result.facts);
      if (life.ended) return undefined;
      failure = 'The exchange answered that the order is still open.';
    } else {
      failure = result.error.message;
    }
    if (round === RETRY.maxRetries) break;
    const earliestMs = result.result === 'retry' ? result.retryAt - Date.now() : 0;
    await condition(() => life.ended, Math.max(earliestMs, getRetryDelay(round)));
  }
  return life.ended ? undefined : failure;
}
