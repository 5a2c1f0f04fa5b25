import type { Client } from '@temporalio/client';

/** A poll lasts a minute at most, and the server tells of each when it began; older ones were a dead worker's. */
const POLL_AGE_MS_MAX = 90_000;
const TASK_QUEUE_TYPES = { workflow: 1, activity: 2 } as const;

/** Whether a worker polls a task queue for tasks of a kind now. */
export async function isPolled(
  client: Client,
  taskQueue: string,
  kind: keyof typeof TASK_QUEUE_TYPES,
  nowMs: number,
): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: TASK_QUEUE_TYPES[kind],
  });
  return (pollers ?? []).some(({ lastAccessTime }) => {
    return nowMs - Number(lastAccessTime?.seconds ?? 0) * 1_000 < POLL_AGE_MS_MAX;
  });
}
