import type { NativeConnection, WorkerOptions } from '@temporalio/worker';
import { Worker } from '@temporalio/worker';
import { cancelTaskQueue, exchangeTaskQueue, LEDGER_TASK_QUEUE, triggerTaskQueue } from '../../activities/queues';
import { ORDERS_TASK_QUEUE } from '../../workflows/order/contract';

export interface RunningWorkers {
  stop(): Promise<void>;
}

export interface WorkersAt {
  connection: NativeConnection;
  namespace: string;
}

export type WorkflowBundle = NonNullable<WorkerOptions['workflowBundle']>;

/** Names no machine, so that recorded histories name none. */
const IDENTITY = 'test-worker';

/** Workers of all of an order's activities, on their own queues. */
export async function startActivityWorkers(at: WorkersAt, activities: object): Promise<RunningWorkers> {
  const queues = [
    exchangeTaskQueue('BINANCE'),
    cancelTaskQueue('BINANCE'),
    triggerTaskQueue('BINANCE'),
    LEDGER_TASK_QUEUE,
  ];
  return await start(queues.map((taskQueue) => ({ ...at, taskQueue, activities })));
}

/** A worker of orders with a bundle of its own. */
export async function startOrderWorker(
  at: WorkersAt,
  workflowBundle: WorkflowBundle,
  options: Pick<WorkerOptions, 'patchActivationCallback'> = {},
): Promise<RunningWorkers> {
  const stickyQueueScheduleToStartTimeout = '1s';
  return await start([
    { ...at, ...options, taskQueue: ORDERS_TASK_QUEUE, workflowBundle, stickyQueueScheduleToStartTimeout },
  ]);
}

/** A worker of workflows and activities that share a queue, as the service's own do. */
export async function startWorker(
  at: WorkersAt,
  taskQueue: string,
  workflowBundle: WorkflowBundle,
  activities: object,
): Promise<RunningWorkers> {
  return await start([{ ...at, taskQueue, workflowBundle, activities }]);
}

async function start(all: WorkerOptions[]): Promise<RunningWorkers> {
  const workers = await Promise.all(all.map((options) => Worker.create({ identity: IDENTITY, ...options })));
  const runs = workers.map((worker) => worker.run());
  for (const run of runs) run.catch(() => undefined); // whoever stops them hears of it
  return {
    stop: async () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.all(runs);
    },
  };
}
