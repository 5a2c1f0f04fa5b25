import { patched, sleep, workflowInfo } from '@temporalio/workflow';
import type { CancelOrderInput } from '../../activities/order-activities';
import type { Halt } from '../../src/domain/halt';
import { HALT_EFFECT_MS } from '../../src/domain/halt';
import { cancelActivities, cancelOpenOrders, placeHalt, reportIncomplete } from './activity-options';
import { cancelForeign, cancelForeignOnce } from './cancel-foreign';
import type { KillInput, KillProgress } from './contract';
import { readKillInput } from './intake';
import { KillLife } from './kill-life';
import { pauseAfter, ROUNDS_MAX } from './rounds';

/** The index of open orders follows the orders by moments: only what a look finds after this counts as all there is. */
const INDEX_LAG_MS = 1_000;

/**
 * Halts what the input names, then cancels what is open there, until nothing is. Starting it is all that a kill needs;
 * who starts it may die. It ends with what it did; the halt stands until it is released.
 */
export async function kill(input: KillInput): Promise<KillProgress> {
  const { schemaVersion: _, includeForeign, ...halt } = readKillInput(input, workflowInfo().workflowId);
  const life = new KillLife(halt);
  const { record, exchanges } = await placeHalt(halt);
  const completeFromMs = Date.now() + HALT_EFFECT_MS + INDEX_LAG_MS;
  if (record.release !== undefined) return life.finish({ released: true });
  life.change({ stage: 'CANCELLING' });
  const foreignAt = includeForeign === true ? exchanges : [];
  if (foreignAt.length === 0 || patched('cancel-all-until-empty')) {
    const foreign = foreignAt.map((exchangeId) => cancelForeign(life, halt, exchangeId));
    await Promise.all([cancelUntilEmpty(life, halt, completeFromMs), ...foreign]);
  } else {
    await cancelForeignOnce(life, halt, foreignAt);
    await cancelUntilEmpty(life, halt, completeFromMs);
  }
  return life.finish({});
}

async function cancelUntilEmpty(life: KillLife, halt: Halt, completeFromMs: number): Promise<void> {
  for (let rounds = 1; rounds <= ROUNDS_MAX; rounds++) {
    const isComplete = Date.now() >= completeFromMs;
    const { released, open, shown, orphans } = await cancelOpenOrders(halt);
    life.change({ rounds, open, found: Math.max(life.progress.found, open), remaining: shown });
    if (released) return life.change({ released: true });
    if (open === 0 && isComplete) return;
    await Promise.all(orphans.map(cancelOrphan));
    await sleep(open === 0 ? Math.max(completeFromMs - Date.now(), 1) : pauseAfter(rounds));
  }
  await reportIncomplete(halt, life.progress.open);
}

/** The next look tells whether it worked. */
async function cancelOrphan(input: CancelOrderInput): Promise<void> {
  const { exchangeId } = input.request;
  if (exchangeId !== undefined)
    await cancelActivities(exchangeId)
      .cancelOrder(input)
      .catch(() => undefined);
}
