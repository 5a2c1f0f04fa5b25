import { condition } from '@temporalio/workflow';
import { cancelActivities } from './activity-options';
import type { CancelRequest } from './contract';
import { endDoubt, flagStuck } from './doubt';
import { exchangeOf, placeOf } from './lookup';
import { now, type OrderLife } from './order-life';

/** How often a cancel whose end is unknown is repeated before the caller is told that it failed. */
const CANCEL_ROUNDS_MAX = 5;
/** Between cancels of an order that the exchange still calls open. */
const CANCEL_PAUSE_MS = 1_000;

/** Cancels until the exchange says that the order has ended. If it does not, the order is stuck: a person has to look. */
export async function cancelAtExchange(life: OrderLife, request: CancelRequest): Promise<void> {
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
  for (let round = 0; round < CANCEL_ROUNDS_MAX && !life.ended; round++) {
    const result = await cancelOrder({ ...placeOf(life), requestedBy, ...(reason !== undefined && { reason }) });
    if (result.result === 'answered') {
      life.adopt(result.facts);
      if (life.ended) return undefined;
      failure = 'The exchange answered that the order is still open.';
    } else {
      failure = result.error.message;
    }
    const retryAt = result.result === 'retry' ? result.retryAt : Date.now() + CANCEL_PAUSE_MS;
    await condition(() => life.ended, Math.max(retryAt - Date.now(), 1));
  }
  return life.ended ? undefined : failure;
}
