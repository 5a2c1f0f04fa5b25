import { mkdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { StackOptions } from './options';
import type { PartDefinition } from './part';

const START_LIMIT_MS = 60_000;
/** Taken by another process, they are logged, and the workers do without. */
const METRICS_ADDRESS = '127.0.0.1:9464';
const HEALTH_ADDRESS = '127.0.0.1:9465';
const READY_LINE = 'Workers are polling.';

/** The service itself as a part: all of its workers in one process beside the stack. */
export function workersPart(
  { directory, environment, nodeArguments = [] }: Pick<StackOptions, 'directory' | 'environment' | 'nodeArguments'>,
  serviceEnvironment: Record<string, string>,
): PartDefinition {
  const main = join(__dirname, '..', '..', 'workers', `all-workers${extname(__filename)}`);
  const logFile = join(directory, 'logs', 'workers.log');
  const workDirectory = join(directory, 'workers');
  return {
    name: 'workers',
    address: 'order, exchange, connection and feed workers in one process',
    ports: [],
    startLimitMs: START_LIMIT_MS,
    logFile,
    directory: workDirectory,
    prepare: () => {
      mkdirSync(workDirectory, { recursive: true });
      const own = { LOG_LEVEL: 'info', METRICS_ADDRESS, HEALTH_ADDRESS, ...environment, ...serviceEnvironment };
      return Promise.resolve({ command: process.execPath, args: [...nodeArguments, main], environment: own });
    },
    probe: async () => {
      if (!readFileSync(logFile, 'utf8').includes(READY_LINE)) throw new Error('The workers do not poll yet.');
    },
  };
}
