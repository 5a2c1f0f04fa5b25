import { Context } from '@temporalio/activity';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { ConnectionActivities, HolderReport } from '../../activities/connection-activities';
import type { FeedActivities } from '../../activities/feed-activities';
import type { KillActivities } from '../../activities/kill-activities';
import { CONNECTIONS_TASK_QUEUE, FEED_TASK_QUEUE } from '../../activities/queues';
import { CONNECTION_WORKFLOW_TYPE, connectionWorkflowId } from '../../workflows/connection/contract';
import { FEED_WORKFLOW_ID, FEED_WORKFLOW_TYPE } from '../../workflows/feed/contract';
import { KILL_WORKFLOW_TYPE, killWorkflowId } from '../../workflows/kill/contract';
import { ORDERS_TASK_QUEUE } from '../../workflows/order/contract';
import { expectThat } from '../lives/played-order';
import { now } from '../lives/scripted-order';
import { eventually } from '../stack/eventually';

/** A life of one of the service's own workflows: how it is started, and what is asked of it until it ends. */
export interface ServiceLife {
  type: string;
  taskQueue: string;
  workflowId: string;
  input?: object;
  play?(handle: WorkflowHandle, client: Client): Promise<unknown>;
}

const WHO = { reason: 'maintenance', requestedBy: 'ada' };
const HEARTBEAT_MS = 200;
const KINDS = ['rotated', 'paused-and-resumed', 'restarted', 'cancelled', 'failed'] as const;

/** Each ends by being cancelled: a connection and the feed go on for ever. */
const CONNECTION_PLAYS: Record<(typeof KINDS)[number], (handle: WorkflowHandle) => Promise<void>> = {
  rotated: async (handle) => await inNextRun(handle),
  'paused-and-resumed': async (handle) => {
    await held(handle);
    await handle.signal('pause', WHO);
    await eventually(async () => expectThat((await statusOf(handle)) === 'PAUSED', 'it is not paused'));
    await handle.signal('resume', WHO);
    await held(handle);
  },
  restarted: async (handle) => {
    await held(handle);
    const { runId } = await handle.describe();
    await handle.signal('restart', WHO);
    await eventually(async () => expectThat((await handle.describe()).runId !== runId, 'it is not restarted'));
  },
  cancelled: async (handle) => await held(handle),
  failed: async (handle) => await inNextRun(handle),
};

const killed = (name: string, more: object = {}): ServiceLife => ({
  type: KILL_WORKFLOW_TYPE,
  taskQueue: ORDERS_TASK_QUEUE,
  workflowId: killWorkflowId('lives', name),
  input: { ...haltOf(name), ...more },
});

export const SERVICE_LIVES: Readonly<Record<string, ServiceLife>> = {
  ...Object.fromEntries(
    KINDS.map((kind) => [
      `connection-${kind}`,
      {
        type: CONNECTION_WORKFLOW_TYPE,
        taskQueue: CONNECTIONS_TASK_QUEUE,
        workflowId: connectionWorkflowId(kind, 'BINANCE'),
        input: { tenantId: kind, exchangeId: 'BINANCE' },
        play: async (handle: WorkflowHandle) => {
          await CONNECTION_PLAYS[kind](handle);
          await handle.cancel();
        },
      },
    ]),
  ),
  feed: {
    type: FEED_WORKFLOW_TYPE,
    taskQueue: FEED_TASK_QUEUE,
    workflowId: FEED_WORKFLOW_ID,
    play: async (handle) => {
      await inNextRun(handle);
      await handle.cancel();
    },
  },
  'kill-of-a-tenant': killed('tenant'),
  'kill-with-foreign-orders': killed('foreign', { includeForeign: true }),
  'kill-with-foreign-orders-until-empty': killed('foreign-until-empty', { includeForeign: true }),
  'kill-released-meanwhile': killed('released'),
};

const ends = new Map<string, number>();

/** Their activities; the scripts go by tenant and halt. */
export const SERVICE_ACTIVITIES: ConnectionActivities & FeedActivities & KillActivities = {
  holdConnection: async ({ tenantId }) => {
    const times = (ends.get(tenantId) ?? 0) + 1;
    ends.set(tenantId, times);
    if (tenantId === 'rotated' && times === 1) return { ended: 'ROTATION', report: report() };
    if (tenantId === 'failed' && times === 1) throw ApplicationFailure.nonRetryable('The registration is gone.');
    return await untilCancelled(() => ({ ended: 'CANCELLED', report: report() }));
  },
  holdFeed: async () => {
    const feed = { status: 'FOLLOWING' as const, since: now(), holder: 'test-worker', positions: {} };
    const counters = { messages: 1, resyncs: 0 };
    const times = (ends.get('feed') ?? 0) + 1;
    ends.set('feed', times);
    return times === 1 ? { ...feed, counters } : await untilCancelled(() => ({ ...feed, counters }));
  },
  placeHalt: async (halt) => await Promise.resolve({ record: { ...halt }, exchanges: ['BINANCE' as const] }),
  cancelOpenOrders: async ({ haltId }) => {
    const times = (ends.get(haltId) ?? 0) + 1;
    ends.set(haltId, times);
    const open = times === 1 ? 2 : 0;
    return await Promise.resolve({ released: haltId === 'released' && times === 2, open, shown: [], orphans: [] });
  },
  isReleased: async () => await Promise.resolve(false),
  reportIncomplete: async () => await Promise.resolve(),
};

function haltOf(haltId: string): object {
  return { haltId, tenantId: 'lives', scope: {}, reason: 'a drill', haltedBy: 'ada', haltedAt: now() };
}

function report(): HolderReport {
  const counters = { executions: 1, updates: 1, signals: 1, backfills: 1, connectionsLost: 0 };
  return { status: 'LIVE', since: now(), heardAt: now(), holder: 'test-worker', counters, cursor: { sinceMs: 1 } };
}

async function untilCancelled<T>(result: () => T): Promise<T> {
  const { heartbeat, sleep, cancellationSignal } = Context.current();
  while (!cancellationSignal.aborted) {
    heartbeat();
    await sleep(HEARTBEAT_MS).catch(() => undefined);
  }
  return result();
}

async function statusOf(handle: WorkflowHandle): Promise<string> {
  return (await handle.query<{ status: string }>('state')).status;
}

async function held(handle: WorkflowHandle): Promise<void> {
  await eventually(async () => {
    const { raw } = await handle.describe();
    expectThat((raw.pendingActivities ?? []).length > 0, 'nobody holds it');
  });
}

async function inNextRun(handle: WorkflowHandle): Promise<void> {
  const { runId } = await handle.describe();
  await eventually(async () => expectThat((await handle.describe()).runId !== runId, 'it is in its first run still'));
  await held(handle);
}
