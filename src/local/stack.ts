import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dynamodbEndpoint, dynamodbPart } from './dynamodb';
import { PART_NAMES, type PartName, type StackOptions, type StackPartName, type StackPorts } from './options';
import { Part, type PartDefinition } from './part';
import { freePort } from './ports';
import { redisPart, redisUrl } from './redis';
import { simulatorPart, type SimulatorAddresses, type SimulatorPart } from './simulator';
import { addressFile, lockState } from './state-directory';
import type { PartSurvey } from './survey';
import { temporalAddress, temporalPart, temporalUiUrl } from './temporal';
import { startWatchdog, type Watchdog } from './watchdog';

/** Where everything serves: plain data, for the environment of workers and tests. */
export interface StackAddresses {
  /** `host:port` */
  temporalAddress: string;
  /** Empty for a Temporal elsewhere whose UI isn't named. */
  temporalUiUrl: string;
  dynamodbEndpoint: string;
  redisUrl: string;
  simulator: SimulatorAddresses;
}

export interface Stack extends StackAddresses {
  readonly directory: string;
  /** Only the parts that were asked for. */
  readonly parts: Readonly<Partial<Record<PartName, Part>>>;
  /** Starts a further part, which is guarded and stopped like the others. @throws LocalStackError */
  run(definition: PartDefinition): Promise<Part>;
  /** Stops all parts that were started here, in reverse order. Safe to call again. */
  stop(): Promise<void>;
}

/**
 * Brings the parts up, each awaited until it serves. When one fails, the others are stopped again.
 * @throws LocalStackError in one line: a part that is missing, a port in use, a stack that runs already, a part that died.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const watchdog = startWatchdog();
  try {
    const unlock = await lockState(options, watchdog.identity);
    try {
      return await startParts(options, watchdog, unlock);
    } catch (error) {
      unlock();
      throw error;
    }
  } catch (error) {
    await watchdog.close();
    throw error;
  }
}

async function startParts(options: StackOptions, watchdog: Watchdog, unlock: () => void): Promise<Stack> {
  const failed = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal;
  const survey = await surveyOf(options, watchdog, signal);
  const simulator = simulatorPart(survey);
  const surroundings = { watchdog, clock: options.clock, signal, onPart: options.onPart ?? (() => undefined) };
  const parts = definitionsOf(survey, simulator, options.parts ?? PART_NAMES).map(
    (definition) => new Part(definition, surroundings),
  );
  const stopAll = async (): Promise<void> => {
    for (const part of [...parts].reverse()) await part.stop();
  };
  const outcomes = await Promise.allSettled(
    parts.map((part) =>
      part.start().catch((error: unknown) => {
        failed.abort(error);
        throw error;
      }),
    ),
  );
  if (outcomes.some((outcome) => outcome.status === 'rejected')) {
    await stopAll();
    throw signal.reason;
  }
  const addresses = addressesOf(survey, simulator);
  writeFileSync(addressFile(options.directory), JSON.stringify(addresses, null, 2));
  const stop = async (): Promise<void> => {
    await stopAll();
    await watchdog.close();
    rmSync(addressFile(options.directory), { force: true });
    unlock();
  };
  let stopped: Promise<void> | undefined;
  const byName: Partial<Record<PartName, Part>> = Object.fromEntries(parts.map((part) => [part.name, part]));
  const run = async (definition: PartDefinition): Promise<Part> => {
    const part = new Part(definition, surroundings);
    parts.push(part);
    byName[part.name] = part;
    await part.start();
    return part;
  };
  return { ...addresses, directory: options.directory, parts: byName, run, stop: () => (stopped ??= stop()) };
}

async function surveyOf(options: StackOptions, watchdog: Watchdog, signal: AbortSignal): Promise<PartSurvey> {
  const { environment, directory, cacheDirectory, clock } = options;
  mkdirSync(directory, { recursive: true });
  return {
    environment,
    directory,
    ports: await choosePorts(options),
    inMemory: options.inMemory ?? [],
    nodeArguments: options.nodeArguments ?? [],
    workshop: (report) => ({ cacheDirectory, environment, watchdog, clock, signal, report }),
  };
}

/** Every 0 becomes a free port, each another one. */
async function choosePorts(options: StackOptions): Promise<StackPorts> {
  const ports = { ...options.ports };
  for (const key of Object.keys(ports) as (keyof StackPorts)[]) {
    const taken = new Set(Object.values(ports));
    while (taken.has(ports[key]) && options.ports[key] === 0) ports[key] = await freePort(options.random);
  }
  return ports;
}

function definitionsOf(
  survey: PartSurvey,
  simulator: SimulatorPart,
  wanted: readonly StackPartName[],
): PartDefinition[] {
  const all: Record<StackPartName, () => PartDefinition> = {
    redis: () => redisPart(survey),
    dynamodb: () => dynamodbPart(survey),
    temporal: () => temporalPart(survey),
    simulator: () => simulator.definition,
  };
  return PART_NAMES.filter((name) => wanted.includes(name)).map((name) => all[name]());
}

function addressesOf(survey: PartSurvey, simulator: SimulatorPart): StackAddresses {
  return {
    temporalAddress: temporalAddress(survey),
    temporalUiUrl: temporalUiUrl(survey),
    dynamodbEndpoint: dynamodbEndpoint(survey),
    redisUrl: redisUrl(survey),
    simulator: simulator.addresses(),
  };
}
