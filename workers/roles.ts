import { hostname } from 'node:os';
import type { NativeConnection, PatchActivationCallback, WorkerOptions } from '@temporalio/worker';
import { Worker } from '@temporalio/worker';
import { createConnectionActivities } from '../activities/connection-activity';
import { createExchangeActivities, createCancelActivities } from '../activities/exchange-activities';
import { createFeedActivities } from '../activities/feed-activity';
import type { FeedDeps } from '../activities/feed/feed-deps';
import { createLedgerActivities } from '../activities/ledger-activities';
import {
  cancelTaskQueue,
  CONNECTIONS_TASK_QUEUE,
  exchangeTaskQueue,
  FEED_TASK_QUEUE,
  LEDGER_TASK_QUEUE,
  reconciliationTaskQueue,
  triggerTaskQueue,
} from '../activities/queues';
import { createTriggerActivities, TRIGGER_LIMITS, type TriggerDeps } from '../activities/await-trigger';
import type { ActivityDeps } from '../activities/deps';
import { createKillActivities, type KillDeps } from '../activities/kill-orders';
import { createReconciliationActivities } from '../activities/reconciliation-activity';
import type { ReconciliationDeps } from '../activities/reconciliation/reconciliation-deps';
import type { ConnectionDeps, ConnectionLimits } from '../activities/connection/connection-deps';
import { CONNECTION_LIMITS } from '../activities/connection/connection-deps';
import { EXCHANGES } from '../src/exchanges/registry';
import type { ExchangeId } from '../src/domain/exchange';
import { ORDERS_TASK_QUEUE } from '../workflows/order/contract';
import type { DataConverter } from '@temporalio/common';

/** What a worker process does; `npm start` and small desks run all of it in one process. */
export const ROLES = ['order', 'exchange', 'connection', 'feed'] as const;
export type Role = (typeof ROLES)[number];

/** Where workers poll, and what they run. */
export interface WorkerSurroundings {
  connection: NativeConnection;
  namespace: string;
  dataConverter: DataConverter;
  /** The prebuilt workflow bundle. */
  bundlePath: string;
  patchActivationCallback: PatchActivationCallback;
}

export interface WorkerDeps extends ConnectionDeps, FeedDeps, TriggerDeps, KillDeps, ReconciliationDeps, ActivityDeps {
  ledger: ReconciliationDeps['ledger'];
  exchanges: ActivityDeps['exchanges'] &
    KillDeps['exchanges'] & {
      /** An adapter that nobody else uses. */
      openAdapter: ActivityDeps['exchanges']['getAdapter'];
    };
}

/** How long running activities may go on after a worker was asked to stop; below the usual 30 s before SIGKILL. */
const SHUTDOWN_GRACE = '15s';
const SHUTDOWN_FORCE = '25s';
/** Polls follow the load; the fixed-size poll options do nothing in this SDK version. */
const POLLERS = { type: 'autoscaling', minimum: 2, initial: 5, maximum: 50 } as const;

/**
 * How long an order's next task waits for the worker that has the order in memory; then any other replays its short
 * history. With the default of 10 s every order of a killed worker would wait so long for its next step, a cancel too.
 */
const MEMORY_WAIT = '2s';
const ORDER_TASKS_MAX = 100;
const LEDGER_ACTIVITIES_MAX = 100;
/** Per exchange: as many calls as can hang on it at once. */
const EXCHANGE_ACTIVITIES_MAX = 100;
const CANCEL_ACTIVITIES_MAX = 50;
/** Accounts that one worker reconciles at once, per exchange; the others wait their turn. */
const RECONCILIATIONS_MAX = 5;
/** Connections that one worker holds; Temporal gives the rest to others. */
const CONNECTIONS_MAX = 50;
/** Heartbeats bring cancels: below the default of 80 % of their timeout. */
const TRIGGER_HEARTBEAT_THROTTLE_MAX = '2s';
/** There is one holder of the feeds; the second slot is for the moment in which it is replaced. */
const FEEDS_MAX = 2;
/** As often as the holders of connections and feeds report: each heartbeat is billed. */
const HOLDER_HEARTBEAT_THROTTLE_MAX = '4s';

/** The workers of the given roles, created but not running yet. */
export async function createWorkers(
  roles: readonly Role[],
  deps: WorkerDeps,
  at: WorkerSurroundings,
): Promise<Worker[]> {
  const options = roles.flatMap((role) => WORKERS_OF_ROLE[role](deps));
  return await Promise.all(options.map((own) => Worker.create(workerOptions(own, at))));
}

type OwnOptions = Omit<WorkerOptions, 'connection' | 'namespace'> & { workflows?: boolean };

const WORKERS_OF_ROLE: Record<Role, (deps: WorkerDeps) => OwnOptions[]> = {
  order: (deps) => [
    { taskQueue: ORDERS_TASK_QUEUE, workflows: true, maxConcurrentWorkflowTaskExecutions: ORDER_TASKS_MAX },
    {
      taskQueue: LEDGER_TASK_QUEUE,
      activities: { ...createLedgerActivities(deps), ...createKillActivities(deps) },
      maxConcurrentActivityTaskExecutions: LEDGER_ACTIVITIES_MAX,
    },
  ],
  exchange: (deps) =>
    (Object.keys(EXCHANGES) as ExchangeId[]).flatMap((exchangeId) => exchangeWorkers(exchangeId, deps)),
  connection: (deps) => [
    {
      taskQueue: CONNECTIONS_TASK_QUEUE,
      workflows: true,
      activities: { ...createConnectionActivities(holderDeps(deps), connectionLimits(deps)) },
      maxConcurrentActivityTaskExecutions: CONNECTIONS_MAX,
      // The SDK tells activities of a shutdown only after the grace: a holder has nothing to finish, it hands over.
      shutdownGraceTime: 0,
      maxHeartbeatThrottleInterval: HOLDER_HEARTBEAT_THROTTLE_MAX,
    },
  ],
  feed: (deps) => [
    {
      taskQueue: FEED_TASK_QUEUE,
      workflows: true,
      activities: { ...createFeedActivities(deps) },
      maxConcurrentActivityTaskExecutions: FEEDS_MAX,
      shutdownGraceTime: 0,
      maxHeartbeatThrottleInterval: HOLDER_HEARTBEAT_THROTTLE_MAX,
    },
  ],
};

function connectionLimits({ simulatedWaits = {} }: WorkerDeps): ConnectionLimits {
  const { reconnection, sweepIntervalMs, orphanCheckIntervalMs, orphanAgeMinMs } = CONNECTION_LIMITS;
  return {
    ...CONNECTION_LIMITS,
    sweepIntervalMs: simulatedWaits.sweepIntervalMs ?? sweepIntervalMs,
    orphanCheckIntervalMs: simulatedWaits.orphanCheckIntervalMs ?? orphanCheckIntervalMs,
    orphanAgeMinMs: simulatedWaits.orphanAgeMinMs ?? orphanAgeMinMs,
    reconnection: { ...reconnection, maxDelayMs: simulatedWaits.reconnectDelayMs ?? reconnection.maxDelayMs },
  };
}

/** A holder has an adapter of its own: who disconnects a shared one ends its stream for the others. */
function holderDeps({ exchanges, ...deps }: WorkerDeps): ConnectionDeps {
  return {
    ...deps,
    exchanges: {
      getExchange: (tenantId, exchangeId) => exchanges.getExchange(tenantId, exchangeId),
      getAdapter: (tenantId, exchangeId) => exchanges.openAdapter(tenantId, exchangeId),
    },
  };
}

function exchangeWorkers(exchangeId: ExchangeId, deps: WorkerDeps): OwnOptions[] {
  return [
    {
      taskQueue: exchangeTaskQueue(exchangeId),
      activities: { ...createExchangeActivities(deps) },
      maxConcurrentActivityTaskExecutions: EXCHANGE_ACTIVITIES_MAX,
    },
    {
      taskQueue: cancelTaskQueue(exchangeId),
      activities: { ...createCancelActivities(deps) },
      maxConcurrentActivityTaskExecutions: CANCEL_ACTIVITIES_MAX,
    },
    {
      taskQueue: reconciliationTaskQueue(exchangeId),
      activities: { ...createReconciliationActivities(deps) },
      maxConcurrentActivityTaskExecutions: RECONCILIATIONS_MAX,
    },
    {
      taskQueue: triggerTaskQueue(exchangeId),
      activities: { ...createTriggerActivities(deps) },
      maxConcurrentActivityTaskExecutions: TRIGGER_LIMITS.watchesMax,
      // It goes on elsewhere from its last heartbeat: there is nothing to finish.
      shutdownGraceTime: 0,
      maxHeartbeatThrottleInterval: TRIGGER_HEARTBEAT_THROTTLE_MAX,
    },
  ];
}

function workerOptions({ workflows = false, ...own }: OwnOptions, at: WorkerSurroundings): WorkerOptions {
  const { connection, namespace, dataConverter, bundlePath, patchActivationCallback } = at;
  return {
    connection,
    namespace,
    dataConverter,
    identity: `${process.pid}@${hostname()}`,
    shutdownGraceTime: SHUTDOWN_GRACE,
    shutdownForceTime: SHUTDOWN_FORCE,
    ...(workflows && {
      workflowBundle: { codePath: bundlePath },
      patchActivationCallback,
      workflowTaskPollerBehavior: POLLERS,
      stickyQueueScheduleToStartTimeout: MEMORY_WAIT,
    }),
    ...(own.activities !== undefined && { activityTaskPollerBehavior: POLLERS }),
    ...own,
  };
}
