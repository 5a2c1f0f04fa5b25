import { condition, patched } from '@temporalio/workflow';
import type { ExchangeActivities } from '../../activities/order-activities';
import type { ExchangeId } from '../../src/domain/exchange';
import { getRetryDelay } from '../../src/domain/retry';
import { exchangeActivities } from './activity-options';
import { cancelAtExchange } from './cancel';
import { doubt, endDoubt, lookDelayMs } from './doubt';
import { awaitTrigger } from './held';
import { exchangeOf } from './lookup';
import type { OrderLife } from './order-life';
import { publish } from './publish';
import { renewIfAsked } from './renew';
import { resolveNext } from './resolve';
import { cancelUnsent, deny } from './unsent';

/**
 * Sends the order until the record has the exchange's answer, we deny it, or it ends while provably nothing is sent.
 * Fills that come before the answer prove that the order is there, but only the answer says all of it.
 */
export async function place(life: OrderLife): Promise<void> {
  const { exchangeId } = life.request;
  if (exchangeId === undefined && !life.placed) return await deny(life);
  // News may come before the record has said whose order this is: after a reset all signals are there at once.
  for (let attempt = 0; !isSubmitted(life) || !life.recorded; attempt++) {
    await renewIfAsked(life);
    if (await endsUnsent(life)) continue;
    if (life.recorded && life.held && life.trigger === undefined) await awaitTrigger(life, exchangeOf(life));
    else await submit(life, exchangeOf(life), attempt);
  }
}

/** Orders of before the patch took the first sign that the exchange has them for its answer. */
function isSubmitted(life: OrderLife): boolean {
  return life.submitted || (life.placed && !patched('ask-until-answered'));
}

/** Whether an order that is to be cancelled has ended before anything was sent. */
async function endsUnsent(life: OrderLife): Promise<boolean> {
  const { wantedCancel } = life;
  if (wantedCancel === undefined || life.placed || !patched('cancel-before-sending')) return false;
  if (life.doubt === undefined) await cancelUnsent(life, wantedCancel);
  return life.ended;
}

async function submit(life: OrderLife, exchangeId: ExchangeId, attempt: number): Promise<void> {
  publish(life, life.wantedCancel === undefined ? `sending to ${exchangeId}` : `looking for it at ${exchangeId}`);
  const result = await exchangeActivities(exchangeId).submitOrder(...submissionOf(life));
  life.adoptSubmitResult(result);
  if (result.result === 'unknown') return await waitInDoubt(life, withDelay(result, attempt));
  await endDoubt(life);
  if (result.result === 'retry') await waitUnsent(life, withDelay(result, attempt));
}

/** One that is to be cancelled is not sent any more: only what became of an earlier attempt is found out. */
function submissionOf({ request, trigger, wantedCancel }: OrderLife): Parameters<ExchangeActivities['submitOrder']> {
  if (wantedCancel !== undefined && patched('cancel-before-sending')) return [request, trigger, wantedCancel];
  return trigger === undefined ? [request] : [request, trigger];
}

/** Provably nothing is sent: the order may be cancelled here and now. */
async function waitUnsent(life: OrderLife, { retryAt, error }: Wait): Promise<void> {
  publish(life, `${error.code}: ${error.message} Next attempt at ${timeOf(retryAt)}.`);
  await condition(() => life.submitted || life.cancel !== undefined, untilMs(retryAt));
  if (life.cancel !== undefined && !life.submitted) await cancelUnsent(life, life.cancel);
}

/** The order may be at the exchange: the next attempt looks it up first; meanwhile a person may know more. */
async function waitInDoubt(life: OrderLife, { retryAt, error }: Wait): Promise<void> {
  await doubt(life, error.message);
  const waitMs = Math.max(untilMs(retryAt), lookDelayMs(life));
  life.lookups += 1;
  publish(life, `${error.code}: ${error.message} Next lookup at ${timeOf(Date.now() + waitMs)}.`);
  const wasPlaced = life.placed;
  const isNews = (): boolean => life.submitted || life.placed !== wasPlaced;
  const isToCancel = (): boolean => life.placed && life.cancel !== undefined;
  await condition(() => isNews() || life.resolutions.length > 0 || isToCancel(), waitMs);
  if (isNews()) return;
  if (life.resolutions.length > 0) await resolveNext(life);
  else if (life.cancel !== undefined && life.placed) await cancelAtExchange(life, life.cancel);
}

interface Wait {
  retryAt: number;
  error: { code: string; message: string };
}

/** The activity says when it may be tried again at the earliest; attempts that fail come further and further apart. */
function withDelay({ retryAt, error }: Wait, attempt: number): Wait {
  return { retryAt: Math.max(retryAt, Date.now() + getRetryDelay(attempt)), error };
}

function untilMs(retryAt: number): number {
  return Math.max(retryAt - Date.now(), 1);
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
