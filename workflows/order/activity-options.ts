import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type {
  CancelActivities,
  ExchangeActivities,
  LedgerActivities,
  TriggerActivities,
} from '../../activities/order-activities';
import { cancelTaskQueue, exchangeTaskQueue, LEDGER_TASK_QUEUE, triggerTaskQueue } from '../../activities/queues';
import type { ExchangeId } from '../../src/domain/exchange';
import { RETRY } from '../../src/domain/retry';

/**
 * Activities are repeated without end: each is safe to repeat, and an order must not end because our database or a
 * worker was away.
 */
const retry = {
  initialInterval: RETRY.initialDelayMs,
  backoffCoefficient: RETRY.multiplier,
  maximumInterval: RETRY.maxDelayMs,
};

/**
 * Longer than two calls one after another (a cancel or a submission, and the lookup of what became of it), each with its
 * wait for its turn and its slowest answer, and the writes after them: an attempt that Temporal gives up before keeps
 * its slot, and its answer is lost. A worker that dies is noticed by its heartbeats, long before.
 */
export const EXCHANGE_CALL_TIMEOUT_MS = 75_000;
/** Cancels are tried again sooner: what an open order may cost grows meanwhile. */
const CANCEL_RETRY_MS_MAX = 2_000;
const RECORD_TIMEOUT = '10s';
/** A try at watching the market; the next goes on from its last heartbeat. */
const WATCH_TIMEOUT = '30d';
const WATCHER_DEAD_TIMEOUT = '10s';
/**
 * How soon a killed worker's calls are taken up by another: without it they would wait for EXCHANGE_CALL_TIMEOUT_MS. Only
 * calls that take longer than 1.5 s send heartbeats (activities/heartbeats.ts).
 */
const DEAD_WORKER_TIMEOUT = '6s';

export function exchangeActivities(exchangeId: ExchangeId): ExchangeActivities {
  return proxyActivities<ExchangeActivities>({
    taskQueue: exchangeTaskQueue(exchangeId),
    startToCloseTimeout: EXCHANGE_CALL_TIMEOUT_MS,
    heartbeatTimeout: DEAD_WORKER_TIMEOUT,
    retry,
  });
}

export function cancelActivities(exchangeId: ExchangeId): CancelActivities {
  return proxyActivities<CancelActivities>({
    taskQueue: cancelTaskQueue(exchangeId),
    startToCloseTimeout: EXCHANGE_CALL_TIMEOUT_MS,
    heartbeatTimeout: DEAD_WORKER_TIMEOUT,
    retry: { ...retry, maximumInterval: CANCEL_RETRY_MS_MAX },
  });
}

/** Watches the market for as long as the order is good; cancelled, the order need not wait for the watcher to notice. */
export function triggerActivities(exchangeId: ExchangeId): TriggerActivities {
  return proxyActivities<TriggerActivities>({
    taskQueue: triggerTaskQueue(exchangeId),
    startToCloseTimeout: WATCH_TIMEOUT,
    heartbeatTimeout: WATCHER_DEAD_TIMEOUT,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry,
  });
}

export const ledgerActivities = proxyActivities<LedgerActivities>({
  taskQueue: LEDGER_TASK_QUEUE,
  startToCloseTimeout: RECORD_TIMEOUT,
  retry,
});
