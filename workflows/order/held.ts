import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { ExchangeId } from '../../src/domain/exchange';
import { triggerActivities } from './activity-options';
import { startExpiry } from './expiry';
import { modifyNext } from './modify';
import type { OrderLife } from './order-life';
import { publish } from './publish';
import { resolveNext } from './resolve';
import { cancelUnsent, expireUnsent } from './unsent';

/**
 * The exchange has no such order type: the service watches the market for it, until its trigger is reached or it ends
 * before. What is asked meanwhile is done beside the watch: a new one would forget how far a trailing stop has come.
 */
export async function awaitTrigger(life: OrderLife, exchangeId: ExchangeId): Promise<void> {
  startExpiry(life);
  const watch = startWatch(life, exchangeId);
  const { stopPrice } = life.currentRequest;
  while (isWatched(life) && life.currentRequest.stopPrice === stopPrice) {
    publish(life, `watching the market of ${exchangeId} for the trigger`);
    await Promise.race([watch.ended, condition(() => !isWatched(life) || isInterrupted(life))]);
    if (isWatched(life)) await attend(life);
  }
  watch.cancel();
  await watch.ended;
}

/** Notes the trigger when the market has reached it. */
function startWatch(life: OrderLife, exchangeId: ExchangeId): { cancel(): void; ended: Promise<void> } {
  const scope = new CancellationScope();
  const watching = scope.run(async () => {
    life.trigger = await triggerActivities(exchangeId).awaitTrigger(life.currentRequest);
  });
  const ended = watching.catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
  });
  return { cancel: () => scope.cancel(), ended };
}

function isWatched(life: OrderLife): boolean {
  return life.held && life.trigger === undefined;
}

function isInterrupted(life: OrderLife): boolean {
  return life.cancel !== undefined || life.isExpired || life.modifications.length > 0 || life.resolutions.length > 0;
}

async function attend(life: OrderLife): Promise<void> {
  if (life.cancel !== undefined) await cancelUnsent(life, life.cancel);
  else if (life.isExpired) await expireUnsent(life);
  else if (life.modifications.length > 0) await modifyNext(life);
  else if (life.resolutions.length > 0) await resolveNext(life);
}
