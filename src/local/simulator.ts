import { mkdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { LocalStackError } from './local-stack-error';
import type { PartDefinition } from './part';
import { answersHttp } from './probes';
import type { PartSurvey } from './survey';

const START_LIMIT_MS = 30_000;

/** Where the simulated exchanges serve. */
export interface SimulatorAddresses {
  /** By the exchange's name in lower case, what it calls its endpoints: `{binance: {rest, ws, wsApi}}`. */
  exchanges: Record<string, Record<string, string>>;
  adminUrl: string;
}

/** The simulator's definition, and its addresses once it serves. */
export interface SimulatorPart {
  definition: PartDefinition;
  addresses(): SimulatorAddresses;
}

/**
 * The simulated exchanges: they are the outside world, so a process of their own with their book on disk.
 * @throws LocalStackError when SIMULATOR_ADDRESSES can't be read
 */
export function simulatorPart(survey: PartSurvey): SimulatorPart {
  const { environment, ports } = survey;
  const external = environment['SIMULATOR_ADDRESSES'];
  const directory = join(survey.directory, 'simulator');
  const logFile = join(survey.directory, 'logs', 'simulator.log');
  let addresses = external ? externalAddresses(external) : startAddresses(ports.simulatorAdmin);
  const definition: PartDefinition = {
    name: 'simulator',
    address: external ? addresses.adminUrl : `Binance on port ${ports.simulatorBinance}, admin ${addresses.adminUrl}`,
    ...(external ? { externalVariable: 'SIMULATOR_ADDRESSES' } : {}),
    ports: [
      { port: ports.simulatorBinance, variable: 'SIMULATOR_BINANCE_PORT' },
      { port: ports.simulatorAdmin, variable: 'SIMULATOR_ADMIN_PORT' },
    ],
    startLimitMs: START_LIMIT_MS,
    logFile,
    directory,
    prepare: async () => {
      mkdirSync(directory, { recursive: true });
      return programOf(survey, directory);
    },
    probe: async () => {
      if (external) await answersHttp(addresses.adminUrl);
      else addresses = addressesIn(readFileSync(logFile, 'utf8'));
    },
  };
  return { definition, addresses: () => addresses };
}

function programOf(survey: PartSurvey, directory: string): Awaited<ReturnType<PartDefinition['prepare']>> {
  const main = join(__dirname, '..', 'simulator', `main${extname(__filename)}`);
  return {
    command: process.execPath,
    args: [...survey.nodeArguments, main],
    environment: {
      ...survey.environment,
      SIMULATOR_DIRECTORY: directory,
      SIMULATOR_BINANCE_PORT: String(survey.ports.simulatorBinance),
      SIMULATOR_ADMIN_PORT: String(survey.ports.simulatorAdmin),
    },
  };
}

function startAddresses(adminPort: number): SimulatorAddresses {
  return { exchanges: {}, adminUrl: `http://127.0.0.1:${adminPort}` };
}

function externalAddresses(text: string): SimulatorAddresses {
  try {
    return addressesIn(text);
  } catch {
    throw new LocalStackError(
      `SIMULATOR_ADDRESSES is '${text}': give the line the simulator prints when it is ready, {"ready":true,…}, or unset it to have one started.`,
    );
  }
}

/** From the line the simulator prints when it serves: `{"ready":true,"binance":{…},"admin":"http://…"}`. */
function addressesIn(output: string): SimulatorAddresses {
  const line = output.split('\n').find((text) => text.startsWith('{"ready":true'));
  if (!line) throw new Error('it has not said that it is ready');
  const { admin, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const exchanges = Object.entries(rest).filter(([name]) => name !== 'ready');
  return { adminUrl: String(admin), exchanges: Object.fromEntries(exchanges) as SimulatorAddresses['exchanges'] };
}
