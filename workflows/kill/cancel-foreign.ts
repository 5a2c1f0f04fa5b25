import { sleep } from '@temporalio/workflow';
import type { CancelAllResult } from '../../activities/order-activities';
import { orderError } from '../../src/domain/errors';
import type { ExchangeId } from '../../src/domain/exchange';
import type { Halt } from '../../src/domain/halt';
import { cancelActivities, isReleased, reportIncomplete } from './activity-options';
import type { KillLife } from './kill-life';
import { pauseAfter, ROUNDS_MAX } from './rounds';

/** However long an exchange asks to be left alone: a call that comes too early is not sent, and does no harm. */
const PAUSE_MS_MAX = 60_000;

/** Repeats an exchange's cancel-all until there is nothing left to cancel, whoever placed it. */
export async function cancelForeign(life: KillLife, halt: Halt, exchangeId: ExchangeId): Promise<void> {
  let cancelled = 0;
  let error: string | undefined;
  for (let round = 1; round <= ROUNDS_MAX; round++) {
    const answer = await cancelAll(halt, exchangeId);
    cancelled += answer.result === 'cancelled' ? answer.orders : 0;
    error = answer.result === 'cancelled' ? undefined : answer.error.message;
    life.changeCancelAll({ exchangeId, cancelled, ...(error !== undefined && { error }) });
    if (answer.result === 'cancelled' && answer.orders === 0) return;
    if (answer.result === 'failed') break;
    await sleep(pauseBetween(round, answer));
    if (await isReleased(halt)) return life.change({ released: true });
  }
  error ??= `Each of ${ROUNDS_MAX} rounds found orders to cancel: somebody places new ones.`;
  life.changeCancelAll({ exchangeId, cancelled, error });
  await reportIncomplete(halt, life.progress.open, { exchangeId, error });
}

function pauseBetween(round: number, answer: CancelAllResult): number {
  const askedMs = answer.result === 'retry' ? answer.retryAt - Date.now() : 0;
  return Math.max(pauseAfter(round), Math.min(askedMs, PAUSE_MS_MAX));
}

/** As kills of before the patch did, in which no exchange was asked a second time. */
export async function cancelForeignOnce(life: KillLife, halt: Halt, exchanges: ExchangeId[]): Promise<void> {
  const entries = exchanges.map(async (exchangeId) => {
    const answer = await cancelAll(halt, exchangeId);
    return answer.result === 'cancelled'
      ? { exchangeId, cancelled: answer.orders }
      : { exchangeId, error: answer.error.message };
  });
  life.change({ cancelAll: await Promise.all(entries) });
}

/** An exchange whose workers are away may be asked again too. */
async function cancelAll({ tenantId, scope }: Halt, exchangeId: ExchangeId): Promise<CancelAllResult> {
  const { assetId } = scope;
  try {
    const input = { tenantId, exchangeId, ...(assetId !== undefined && { assetId }) };
    return await cancelActivities(exchangeId).cancelAll(input);
  } catch (error) {
    return { result: 'retry', retryAt: Date.now(), error: orderError('CANCEL_FAILED', causeOf(error)) };
  }
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}
