import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestStack } from './stack';
import { TYPESCRIPT_ARGUMENTS } from './options';

export const WORKER_FILES = [
  'order-worker',
  'exchange-worker',
  'connection-worker',
  'feed-worker',
  'all-workers',
] as const;
export type WorkerFile = (typeof WORKER_FILES)[number];

/** The key of every test's exchange credentials. */
export const TEST_CREDENTIALS_KEY = Buffer.alloc(32, 7).toString('base64');

/** What the service's processes, and tests that stand in for them, read from their environment on a test stack. */
export function serviceEnvironment(
  stack: Pick<TestStack, 'temporalAddress' | 'dynamodbEndpoint' | 'redisUrl'>,
): Record<string, string> {
  return {
    TEMPORAL_ADDRESS: stack.temporalAddress,
    DYNAMODB_ENDPOINT: stack.dynamodbEndpoint,
    AWS_REGION: 'eu-central-1',
    REDIS_URL: stack.redisUrl,
    AUDIT_SPOOL_DIRECTORY: process.env['AUDIT_SPOOL_DIRECTORY'] ?? join(tmpdir(), `audit-spool-${process.pid}`),
    ALLOW_SIMULATED: '1',
    CREDENTIALS_KEY: TEST_CREDENTIALS_KEY,
    LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'error',
  };
}

/** A worker of the service in a process of its own. */
export interface WorkerProcess {
  /** Resolves with how it ended: an exit code, or the signal that killed it. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly running: boolean;
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, then waits for the end. */
  stop(): Promise<void>;
}

/** What a test sets for one worker process; the rest follows from the stack. */
export interface WorkerSettings {
  /** Ends the process at a crash point: "submit.afterReply#3". */
  crashAt?: string;
  /** Temporal's namespace, where the test has one of its own. */
  namespace?: string;
  /** Before the names of its tables, where the test has tables of its own. */
  tablePrefix?: string;
  /** Where it serves its metrics, as host:port. */
  metricsAddress?: string;
  /** A test's own entry point in the place of the worker's. */
  entry?: string;
  /** Further variables of its environment. */
  environment?: Readonly<Record<string, string>>;
}

/** Starts a worker's real entry point and waits until it polls. */
export async function startWorkerProcess(
  stack: TestStack,
  file: WorkerFile,
  {
    crashAt = '',
    namespace = process.env['TEMPORAL_NAMESPACE'] ?? '',
    tablePrefix = '',
    metricsAddress = '',
    entry = join(__dirname, '..', '..', 'workers', `${file}.ts`),
    environment = {},
  }: WorkerSettings = {},
): Promise<WorkerProcess> {
  const child = fork(entry, {
    execArgv: [...TYPESCRIPT_ARGUMENTS],
    env: {
      ...process.env,
      ...serviceEnvironment(stack),
      TEMPORAL_NAMESPACE: namespace,
      TABLE_PREFIX: tablePrefix,
      WORKFLOW_BUNDLE: stack.workflowBundlePath,
      CRASH_AT: crashAt,
      METRICS_ADDRESS: metricsAddress,
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = endOf(child);
  const first = await Promise.race([once(child, 'message'), ended]);
  if (!Array.isArray(first)) throw new Error(`${file} ended before it polled: ${JSON.stringify(first)}`);
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  return {
    ended,
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    pid: child.pid ?? 0,
    kill: (signal) => void child.kill(signal),
    stop,
  };
}

function endOf(child: ChildProcess): WorkerProcess['ended'] {
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
}
