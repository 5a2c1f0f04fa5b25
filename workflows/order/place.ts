import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { orderError } from '../../src/domain/errors';
import type { ExchangeId } from '../../src/domain/exchange';
import type { LifecycleChange } from '../../src/domain/order-lifecycle';
import { getRetryDelay } from '../../src/domain/retry';
import { exchangeActivities, ledgerActivities, triggerActivities } from './activity-options';
import type { CancelRequest } from './contract';
import { doubt, endDoubt, lookDelayMs } from './doubt';
import { startExpiry } from './expiry';
import { exchangeOf } from './lookup';
import { modifyNext } from './modify';
import { now, type OrderLife } from './order-life';
import { publish } from './publish';
import { resolveNext } from './resolve';

/** Sends the order until the exchange has answered, we deny it, or it ends while provably nothing is sent. */
export async function place(life: OrderLife): Promise<void> {
  const { exchangeId } = life.request;
  if (exchangeId === undefined && !life.placed) return await deny(life);
  for (let attempt = 0; !life.placed; attempt++) {
    if (life.held && life.trigger === undefined) await awaitTrigger(life, exchangeOf(life));
    else await submit(life, exchangeOf(life), attempt);
  }
}

async function submit(life: OrderLife, exchangeId: ExchangeId, attempt: number): Promise<void> {
  publish(life, `sending to ${exchangeId}`);
  const { submitOrder } = exchangeActivities(exchangeId);
  const { request, trigger } = life;
  const result = await (trigger === undefined ? submitOrder(request) : submitOrder(request, trigger));
  life.adoptSubmitResult(result);
  if (result.result === 'unknown') return await waitInDoubt(life, withDelay(result, attempt));
  await endDoubt(life);
  if (result.result === 'retry') await waitUnsent(life, withDelay(result, attempt));
}

/** Provably nothing is sent: the order may be cancelled here and now. */
async function waitUnsent(life: OrderLife, { retryAt, error }: Wait): Promise<void> {
  publish(life, `${error.code}: ${error.message} Next attempt at ${timeOf(retryAt)}.`);
  await condition(() => life.placed || life.cancel !== undefined, untilMs(retryAt));
  if (life.cancel !== undefined && !life.placed) await cancelUnsent(life, life.cancel);
}

/** The order may be at the exchange: the next attempt looks it up first; meanwhile a person may know more. */
async function waitInDoubt(life: OrderLife, { retryAt, error }: Wait): Promise<void> {
  await doubt(life, error.message);
  const waitMs = Math.max(untilMs(retryAt), lookDelayMs(life));
  life.lookups += 1;
  publish(life, `${error.code}: ${error.message} Next lookup at ${timeOf(Date.now() + waitMs)}.`);
  await condition(() => life.placed || life.resolutions.length > 0, waitMs);
  if (!life.placed && life.resolutions.length > 0) await resolveNext(life);
}

/** The exchange has no such order type: the service watches the market for it, and sends when its trigger is reached. */
async function awaitTrigger(life: OrderLife, exchangeId: ExchangeId): Promise<void> {
  startExpiry(life);
  publish(life, `watching the market of ${exchangeId} for the trigger`);
  const watch = new CancellationScope();
  const watching = watch.run(async () => {
    life.trigger = await triggerActivities(exchangeId).awaitTrigger(life.currentRequest);
  });
  const watched = watching.catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
  });
  await Promise.race([watched, condition(() => life.placed || isInterrupted(life))]);
  watch.cancel();
  await watched;
  if (life.trigger !== undefined || life.placed) return;
  if (life.cancel !== undefined) await cancelUnsent(life, life.cancel);
  else if (life.isExpired) await expireUnsent(life);
  else if (life.modifications.length > 0) await modifyNext(life);
  else if (life.resolutions.length > 0) await resolveNext(life);
}

function isInterrupted(life: OrderLife): boolean {
  return life.cancel !== undefined || life.isExpired || life.modifications.length > 0 || life.resolutions.length > 0;
}

async function deny(life: OrderLife): Promise<void> {
  const error = orderError('EXCHANGE_REQUIRED', `The order names no exchange.`);
  const events = [{ type: 'DENIED' as const, at: now(), by: 'service', detail: error.message }];
  await endUnsent(life, { phase: 'REJECTED', error, events });
}

async function cancelUnsent(life: OrderLife, { requestedBy = 'unknown', reason }: CancelRequest): Promise<void> {
  const detail = `${reason ?? 'no reason given'}; nothing had been sent`;
  await endUnsent(life, { phase: 'CANCELLED', events: [{ type: 'CANCELLED', at: now(), by: requestedBy, detail }] });
  // Otherwise the record knows of a send after all: the cancel follows once its outcome is known.
  if (life.ended) life.finishCancel();
}

async function expireUnsent(life: OrderLife): Promise<void> {
  const detail = 'expiresAt has come before the trigger; nothing had been sent';
  await endUnsent(life, { phase: 'EXPIRED', events: [{ type: 'EXPIRED', at: now(), by: 'service', detail }] });
}

async function endUnsent(life: OrderLife, change: LifecycleChange): Promise<void> {
  life.adoptSubmitResult(await ledgerActivities.recordRefusal(life.request, change));
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
