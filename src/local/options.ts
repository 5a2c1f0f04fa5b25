import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemClock, type Clock } from '../platform/clock';
import { systemRandom, type Random } from '../platform/random';
import { LocalStackError } from './local-stack-error';
import type { Environment } from './programs';

/** In the order they are started; they are stopped in reverse. */
export const PART_NAMES = ['redis', 'dynamodb', 'temporal', 'simulator'] as const;
export type StackPartName = (typeof PART_NAMES)[number];
/** The stack's own parts, and the service's workers that `npm start` runs on them. */
export type PartName = StackPartName | 'workers';

/** Their names for people. */
export const PART_TITLES: Readonly<Record<PartName, string>> = {
  redis: 'Redis',
  dynamodb: 'DynamoDB',
  temporal: 'Temporal',
  simulator: 'Exchanges (simulated)',
  workers: 'Workers',
};

/** TCP ports on loopback; 0 takes any free one. */
export interface StackPorts {
  temporal: number;
  temporalUi: number;
  dynamodb: number;
  redis: number;
  simulatorBinance: number;
  simulatorAdmin: number;
}

export const PORT_VARIABLES: Readonly<Record<keyof StackPorts, string>> = {
  temporal: 'TEMPORAL_PORT',
  temporalUi: 'TEMPORAL_UI_PORT',
  dynamodb: 'DYNAMODB_PORT',
  redis: 'REDIS_PORT',
  simulatorBinance: 'SIMULATOR_BINANCE_PORT',
  simulatorAdmin: 'SIMULATOR_ADMIN_PORT',
};

export const DEFAULT_PORTS: Readonly<StackPorts> = {
  temporal: 7233,
  temporalUi: 8233,
  dynamodb: 8300,
  redis: 6380,
  simulatorBinance: 9100,
  simulatorAdmin: 9099,
};

export const FREE_PORTS: Readonly<StackPorts> = {
  temporal: 0,
  temporalUi: 0,
  dynamodb: 0,
  redis: 0,
  simulatorBinance: 0,
  simulatorAdmin: 0,
};

/** What happens to a part while the stack comes up or runs. */
export interface PartProgress {
  part: PartName;
  /** `preparing`: found, downloaded or built; `died`: ended without being asked to. */
  state: 'preparing' | 'starting' | 'ready' | 'stopping' | 'stopped' | 'died';
  /** For people: the address when ready, what is being downloaded, how it died. */
  detail: string;
  /** Since the part's start (or its stop) was asked for. */
  elapsedMs: number;
}

export interface StackOptions {
  /** What the parts see, where programs are looked for, and which parts run elsewhere (the README's table). */
  environment: Environment;
  /** Where all state lives, with the lock that keeps a second stack out. */
  directory: string;
  /** Where what was downloaded or built is kept, for all stacks of this user. */
  cacheDirectory: string;
  ports: StackPorts;
  /** Which parts to have; all when left out. */
  parts?: readonly StackPartName[];
  /** Parts that keep nothing on disk: for tests. */
  inMemory?: readonly ('temporal' | 'dynamodb')[];
  /** For the project's own child processes, e.g. a hook that loads TypeScript. */
  nodeArguments?: readonly string[];
  onPart?: (progress: PartProgress) => void;
  /** Gives up starting when it aborts. */
  signal?: AbortSignal;
  clock: Clock;
  random: Random;
}

/** @throws LocalStackError for a port that is no number. */
export function stackOptions(environment: Environment): StackOptions {
  return {
    environment,
    directory: resolve(environment['EXCHANGE_INTEGRATION_DIRECTORY'] || '.exchange-integration'),
    cacheDirectory: cacheDirectory(environment),
    ports: portsFrom(environment),
    clock: systemClock,
    random: systemRandom,
  };
}

/** The project's cache: EXCHANGE_INTEGRATION_CACHE, else a folder in the user's cache, shared by all clones. */
export function cacheDirectory(environment: Environment): string {
  const named = environment['EXCHANGE_INTEGRATION_CACHE'];
  if (named) return resolve(named);
  return join(
    environment['XDG_CACHE_HOME'] || join(environment['HOME'] || homedir(), '.cache'),
    'exchange-integration',
  );
}

function portsFrom(environment: Environment): StackPorts {
  const ports = { ...DEFAULT_PORTS };
  for (const key of Object.keys(PORT_VARIABLES) as (keyof StackPorts)[]) {
    const text = environment[PORT_VARIABLES[key]];
    if (text) ports[key] = portNumber(PORT_VARIABLES[key], text);
  }
  return ports;
}

function portNumber(variable: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new LocalStackError(
    `${variable} is '${text}', which is no port: give a number from 1 to 65535, or 0 for any free one.`,
  );
}
