import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { CONNECTIONS_TASK_QUEUE, FEED_TASK_QUEUE } from '../../activities/queues';
import { writeWorkflowBundle } from '../../workers/bundle';
import { startActivityWorkers, startOrderWorker, startWorker } from '../lives/desk-workers';
import { startDevServer } from '../lives/own-server';
import { anOrder, PlayedOrder } from '../lives/played-order';
import { ScriptedDesk } from '../lives/scripted-desk';
import { HISTORIES, nameOfRun, recordedNames } from './histories';
import { changesOf, ORDER_LIVES, type OrderLife } from './order-lives';
import { SERVICE_ACTIVITIES, SERVICE_LIVES, type ServiceLife } from './service-lives';

/** Instead of Temporal's 4,096, so that a life of several runs is short enough to be kept. */
const EVENTS_ASKED = 60;
const AT_ONCE = 6;

/**
 * `npm run record-histories [-- NAME…]`: lives each life that has no recorded history yet, or is named, and writes what
 * Temporal has kept of it. README.md says when.
 */
async function main(named: string[]): Promise<void> {
  const all = [...Object.keys(ORDER_LIVES), ...Object.keys(SERVICE_LIVES)];
  const strangers = named.filter((name) => !all.includes(name));
  if (strangers.length > 0)
    throw new RangeError(`No life is called ${strangers.join(', ')}; there are ${all.join(', ')}.`);
  const recorded = recordedNames();
  const wanted = all.filter((name) => (named.length > 0 ? named.includes(name) : !recorded.has(name)));
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const directory = mkdtempSync(join(tmpdir(), 'histories-'));
  try {
    await recordAll(wanted, join(directory, 'workflow-bundle.js'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function recordAll(wanted: string[], codePath: string): Promise<void> {
  await writeWorkflowBundle(codePath);
  const server = await startDevServer(EVENTS_ASKED);
  const desk = new ScriptedDesk(new Map(Object.entries(ORDER_LIVES).map(([name, { script = {} }]) => [name, script])));
  const at = { connection: server.nativeConnection, namespace: server.namespace ?? 'default' };
  const activities = { ...desk.activities, ...SERVICE_ACTIVITIES };
  const workers = await Promise.all([
    startActivityWorkers(at, activities),
    startOrderWorker(at, { codePath }),
    startWorker(at, CONNECTIONS_TASK_QUEUE, { codePath }, activities),
    startWorker(at, FEED_TASK_QUEUE, { codePath }, activities),
  ]);
  try {
    const waiting = [...wanted];
    await Promise.all(Array.from({ length: AT_ONCE }, () => recordNext(waiting, server.client, desk)));
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await server.teardown();
  }
}

async function recordNext(waiting: string[], client: Client, desk: ScriptedDesk): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const [order, service] = [ORDER_LIVES[name], SERVICE_LIVES[name]];
    const workflowId = order ? await liveOrder(name, order, client, desk) : await liveService(service, client);
    const runs = await writeRuns(name, workflowId, client);
    process.stdout.write(`${name}: ${runs} ${runs === 1 ? 'history' : 'histories'}\n`);
  }
}

async function liveOrder(name: string, life: OrderLife, client: Client, desk: ScriptedDesk): Promise<string> {
  const order = new PlayedOrder(client, desk, anOrder(name, changesOf(life)));
  const submitted = order.submit();
  submitted.catch(() => undefined); // an order in doubt answers late, or in its next run
  await order.started();
  await life.play?.(order);
  await order.handle.result();
  return order.handle.workflowId;
}

async function liveService(life: ServiceLife | undefined, client: Client): Promise<string> {
  if (life === undefined) throw new TypeError('A life is of an order or of the service.');
  const { type, taskQueue, workflowId, input, play } = life;
  await client.workflow.start(type, { taskQueue, workflowId, args: input === undefined ? [] : [input] });
  const handle = client.workflow.getHandle(workflowId);
  await play?.(handle, client);
  await handle.result().catch(() => undefined); // one that runs for ever ends as cancelled
  return workflowId;
}

/** One file a run of the workflow. @returns how many */
async function writeRuns(name: string, workflowId: string, client: Client): Promise<number> {
  let runId = await firstRunId(workflowId, client);
  let runs = 0;
  while (runId) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    runs += 1;
    const events = (JSON.parse(historyToJSON(history)) as { events: unknown[] }).events;
    const lines = events.map((event) => JSON.stringify(event, withoutPlaces)).join(',\n');
    writeFileSync(join(HISTORIES, nameOfRun(name, runs)), `{"events":[\n${lines}\n]}\n`);
    runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  }
  return runs;
}

/** Stack traces name this machine's directories, and no workflow reads them. */
function withoutPlaces(key: string, value: unknown): unknown {
  return key === 'stackTrace' ? undefined : value;
}

async function firstRunId(workflowId: string, client: Client): Promise<string | null | undefined> {
  const last = await client.workflow.getHandle(workflowId).fetchHistory();
  return last.events?.[0]?.workflowExecutionStartedEventAttributes?.firstExecutionRunId;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
