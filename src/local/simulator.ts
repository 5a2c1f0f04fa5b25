import { mkdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { PartDefinition } from './part';
import { answersHttp } from './probes';
import type { PartSurvey } from './survey';

const START_LIMIT_MS = 30_000;

/** Where the simulated exchanges serve. */
export interface SimulatorAddresses {
  /** By lower-case exchange name, what it calls its endpoints: `{binance: {rest, ws, wsApi}}`. */
  exchanges: Record<string, Record<string, string>>;
  adminUrl: string;
}

/** The simulator's definition, and its addresses once it has served. */
export interface SimulatorPart {
  definition: PartDefinition;
  addresses(): SimulatorAddresses;
}

/** The simulated exchanges: they are the outside world, so a process of their own with their book on disk. */
export function simulatorPart(survey: PartSurvey): SimulatorPart {
  const { environment, ports } = survey;
  const external = environment['SIMULATOR_ADMIN_URL'];
  const adminUrl = external || `http://127.0.0.1:${ports.simulatorAdmin}`;
  const directory = join(survey.directory, 'simulator');
  const logFile = join(survey.directory, 'logs', 'simulator.log');
  let found: SimulatorAddresses | undefined;
  const definition: PartDefinition = {
    name: 'simulator',
    title: 'The simulated exchanges',
    address: external ? adminUrl : `Binance on port ${ports.simulatorBinance}, admin ${adminUrl}`,
    ...(external ? { externalVariable: 'SIMULATOR_ADMIN_URL' } : {}),
    ports: [
      { port: ports.simulatorBinance, variable: 'SIMULATOR_BINANCE_PORT' },
      { port: ports.simulatorAdmin, variable: 'SIMULATOR_ADMIN_PORT' },
    ],
    startLimitMs: START_LIMIT_MS,
    logFile,
    directory,
    prepare: async () => {
      mkdirSync(directory, { recursive: true });
      const main = join(__dirname, '..', 'simulator', `main${extname(__filename)}`);
      return {
        command: process.execPath,
        args: [...survey.nodeArguments, main],
        environment: {
          ...environment,
          SIMULATOR_DIRECTORY: directory,
          SIMULATOR_BINANCE_PORT: String(ports.simulatorBinance),
          SIMULATOR_ADMIN_PORT: String(ports.simulatorAdmin),
        },
      };
    },
    probe: async () => {
      found = external
        ? readyLine(await answersHttp(`${adminUrl}/addresses`))
        : readyLine(readFileSync(logFile, 'utf8'));
    },
  };
  return { definition, addresses: () => found ?? { exchanges: {}, adminUrl } };
}

/** The line the simulator prints when it serves: `{"ready":true,"binance":{…},"admin":"http://…"}`. */
function readyLine(output: string): SimulatorAddresses {
  const line = output.split('\n').find((text) => text.startsWith('{"ready":true'));
  if (!line) throw new Error('it has not said that it is ready');
  const { admin, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const exchanges = Object.entries(rest).filter(([name]) => name !== 'ready');
  return { adminUrl: String(admin), exchanges: Object.fromEntries(exchanges) as SimulatorAddresses['exchanges'] };
}
