import { proxyActivities, setCurrentDetails, setHandler, sleep, workflowInfo } from '@temporalio/workflow';
import type { KillActivities } from '../../activities/kill-activities';
import type { CancelActivities, CancelOrderInput } from '../../activities/order-activities';
import { cancelTaskQueue, LEDGER_TASK_QUEUE } from '../../activities/queues';
import type { ExchangeId } from '../../src/domain/exchange';
import type { Halt } from '../../src/domain/halt';
import { HALT_EFFECT_MS } from '../../src/domain/halt';
import type { KillInput, KillProgress } from './contract';
import { killProgressQuery } from './contract';
import { describeKill } from './current-details';
import { readKillInput } from './intake';

/** Repeated without end: while our tables are away nothing is sent either, and the halt has to get there. */
const { placeHalt, reportIncomplete } = proxyActivities<KillActivities>({
  taskQueue: LEDGER_TASK_QUEUE,
  startToCloseTimeout: '10s',
  retry: {
    initialInterval: '1s',
    backoffCoefficient: 2,
    maximumInterval: '10s',
    nonRetryableErrorTypes: ['INVALID_INPUT'],
  },
});
const { cancelOpenOrders } = proxyActivities<KillActivities>({
  taskQueue: LEDGER_TASK_QUEUE,
  startToCloseTimeout: '10m',
  heartbeatTimeout: '6s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
});

/** Pauses between looks that find open orders; the last repeats. */
const ROUND_PAUSES_MS = [1_000, 1_000, 2_000, 5_000, 10_000];
const ROUNDS_MAX = 60;
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
  if (includeForeign === true) await cancelForeign(life, halt, exchanges);
  return await cancelUntilEmpty(life, halt, completeFromMs);
}

async function cancelUntilEmpty(life: KillLife, halt: Halt, completeFromMs: number): Promise<KillProgress> {
  for (let rounds = 1; rounds <= ROUNDS_MAX; rounds++) {
    const isComplete = Date.now() >= completeFromMs;
    const { released, open, shown, orphans } = await cancelOpenOrders(halt);
    life.change({ rounds, open, found: Math.max(life.progress.found, open), remaining: shown });
    if (released) return life.finish({ released: true });
    if (open === 0 && isComplete) return life.finish({});
    await Promise.all(orphans.map(cancelOrphan));
    await sleep(open === 0 ? Math.max(completeFromMs - Date.now(), 1) : pauseAfter(rounds));
  }
  await reportIncomplete(halt, life.progress.open);
  return life.finish({});
}

function pauseAfter(rounds: number): number {
  return ROUND_PAUSES_MS[rounds - 1] ?? ROUND_PAUSES_MS.at(-1) ?? 0;
}

/** The next look tells whether it worked. */
async function cancelOrphan(input: CancelOrderInput): Promise<void> {
  const { exchangeId } = input.request;
  if (exchangeId !== undefined)
    await cancelActivities(exchangeId)
      .cancelOrder(input)
      .catch(() => undefined);
}

async function cancelForeign(life: KillLife, { tenantId, scope }: Halt, exchanges: ExchangeId[]): Promise<void> {
  const { assetId } = scope;
  const results = exchanges.map(async (exchangeId) => {
    try {
      const input = { tenantId, exchangeId, ...(assetId !== undefined && { assetId }) };
      const answer = await cancelActivities(exchangeId).cancelAll(input);
      return answer.result === 'cancelled'
        ? { exchangeId, cancelled: answer.orders }
        : { exchangeId, error: answer.error.message };
    } catch (error) {
      return { exchangeId, error: causeOf(error) };
    }
  });
  life.change({ cancelAll: await Promise.all(results) });
}

/** Not repeated without end: an exchange that is away must not hold up the cancels at the others. */
function cancelActivities(exchangeId: ExchangeId): CancelActivities {
  return proxyActivities<CancelActivities>({
    taskQueue: cancelTaskQueue(exchangeId),
    startToCloseTimeout: '20s',
    scheduleToCloseTimeout: '60s',
    heartbeatTimeout: '6s',
    retry: { initialInterval: '1s', maximumAttempts: 3 },
  });
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** What the kill has come to, for queries and for the Temporal UI. */
class KillLife {
  progress: KillProgress;

  constructor(halt: Halt) {
    const counts = { rounds: 0, found: 0, open: 0, remaining: [], cancelAll: [] };
    this.progress = { schemaVersion: 1, halt, stage: 'HALTING', ...counts, released: false, startedAt: now() };
    setHandler(killProgressQuery, () => this.progress, { description: 'How far the kill is, and what is still open' });
    this.change({});
  }

  change(changes: Partial<KillProgress>): void {
    this.progress = { ...this.progress, ...changes };
    setCurrentDetails(describeKill(this.progress));
  }

  finish(changes: Partial<KillProgress>): KillProgress {
    this.change({ ...changes, stage: 'DONE', completedAt: now() });
    return this.progress;
  }
}

/** The workflow's clock: in the sandbox Date is the time of the history event being processed. */
function now(): string {
  return new Date().toISOString();
}
