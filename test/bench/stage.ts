import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Pids } from './cpu-time';
import { startStack, type Stack } from '../../src/local/stack';
import { writeWorkflowBundle } from '../../workers/bundle';
import { testStackOptions, TYPESCRIPT_ARGUMENTS } from '../stack/options';
import { prepareStack } from '../stack/prepare';
import { makeRunDirectory, removeRunDirectory } from '../stack/run-directory';
import type { TestStack } from '../stack/stack';
import { startWorkerProcess } from '../stack/worker-process';

/** Out of the way: the exchange's limits are not what is measured, and a market that moves fills resting orders. */
const NO_LIMIT = 1_000_000_000;
const SIMULATOR = {
  SIMULATOR_LIMITS: JSON.stringify({
    requestWeightPerMinute: NO_LIMIT,
    rawRequestsPer5Minutes: NO_LIMIT,
    ordersPer10Seconds: NO_LIMIT,
    ordersPerDay: NO_LIMIT,
    openOrdersPerSymbol: NO_LIMIT,
  }),
  SIMULATOR_MARKET_INTERVAL_MS: '0',
};

/** A stack with one worker process of the service and one of the floor. */
export interface Stage {
  stack: TestStack;
  pids: Pids;
  close(): Promise<void>;
}

export async function setStage(): Promise<Stage> {
  const directory = makeRunDirectory();
  const undo: (() => unknown)[] = [() => removeRunDirectory(directory)];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const workflowBundlePath = join(directory, 'workflow-bundle.js');
    const options = testStackOptions(directory);
    const started = await startStack({ ...options, environment: { ...options.environment, ...SIMULATOR } });
    undo.push(() => started.stop());
    await Promise.all([writeWorkflowBundle(workflowBundlePath), prepareStack(started)]);
    const stack = { ...addressesOf(started), workflowBundlePath };
    const worker = await startWorkerProcess(stack, 'all-workers');
    undo.push(() => worker.stop());
    const floor = await startFloor(stack.temporalAddress);
    undo.push(() => stopped(floor));
    return { stack, pids: pidsOf(started, worker.pid, floor.pid), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function addressesOf(stack: Stack): Omit<TestStack, 'workflowBundlePath'> {
  const { temporalAddress, temporalUiUrl, dynamodbEndpoint, redisUrl, simulator } = stack;
  return { temporalAddress, temporalUiUrl, dynamodbEndpoint, redisUrl, simulator };
}

function pidsOf({ parts }: Stack, worker: number, floor: number | undefined): Pids {
  const { temporal, dynamodb, redis, simulator } = parts;
  const own = { client: process.pid, worker, floor };
  const all = {
    ...own,
    temporal: temporal?.pid,
    dynamodb: dynamodb?.pid,
    redis: redis?.pid,
    simulator: simulator?.pid,
  };
  return Object.fromEntries(Object.entries(all).flatMap(([name, pid]) => (pid === undefined ? [] : [[name, pid]])));
}

async function startFloor(temporalAddress: string): Promise<ChildProcess> {
  const child = fork(join(__dirname, 'floor', 'worker.ts'), {
    execArgv: [...TYPESCRIPT_ARGUMENTS],
    env: { ...process.env, TEMPORAL_ADDRESS: temporalAddress },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const first = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => undefined)]);
  if (first === undefined) throw new Error("The floor's worker ended before it polled.");
  return child;
}

async function stopped(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
