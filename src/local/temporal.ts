import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { LocalStackError } from './local-stack-error';
import type { PartDefinition } from './part';
import { answersTcp } from './probes';
import { findProgram, isExecutable } from './programs';
import type { PartSurvey } from './survey';
import { cached, runTool, type Workshop } from './workshop';

/** The newest version that `go install` accepts: the go.mod of later ones has a replace. */
const CLI_VERSION = 'v1.5.1';
const START_LIMIT_MS = 60_000;
const PROBE_LIMIT_MS = 2_000;

/** The attributes by which orders are found; workers check that they exist. */
export const SEARCH_ATTRIBUTES = {
  TenantId: 'Keyword',
  StrategyId: 'Keyword',
  ExchangeId: 'Keyword',
  AssetId: 'Keyword',
  OrderStatus: 'Keyword',
  StuckSince: 'Datetime',
} as const;

/**
 * The dev server has one history shard, whose queues are polled 20 times a second by default: every hop would wait for
 * a tick of 50 ms. Eager activities are off by default.
 */
const DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'system.enableActivityEagerExecution=true',
];

/** `host:port` of the server's gRPC. */
export function temporalAddress(survey: PartSurvey): string {
  return survey.environment['TEMPORAL_ADDRESS'] || `127.0.0.1:${survey.ports.temporal}`;
}

/** The UI of the server started here; of one that runs elsewhere, what TEMPORAL_UI_URL says. */
export function temporalUiUrl(survey: PartSurvey): string {
  if (survey.environment['TEMPORAL_ADDRESS']) return survey.environment['TEMPORAL_UI_URL'] || '';
  return `http://127.0.0.1:${survey.ports.temporalUi}`;
}

/** The dev server of the `temporal` CLI, with its UI. */
export function temporalPart(survey: PartSurvey): PartDefinition {
  const address = temporalAddress(survey);
  const external = Boolean(survey.environment['TEMPORAL_ADDRESS']);
  const directory = join(survey.directory, 'temporal');
  return {
    name: 'temporal',
    address: external ? address : `${address}, UI ${temporalUiUrl(survey)}`,
    ...(external ? { externalVariable: 'TEMPORAL_ADDRESS' } : {}),
    ports: [
      { port: survey.ports.temporal, variable: 'TEMPORAL_PORT' },
      { port: survey.ports.temporalUi, variable: 'TEMPORAL_UI_PORT' },
    ],
    startLimitMs: START_LIMIT_MS,
    logFile: join(survey.directory, 'logs', 'temporal.log'),
    directory,
    prepare: async (report) => {
      mkdirSync(directory, { recursive: true });
      const command = await findCli(survey.workshop(report));
      return { command, args: serverArguments(survey, directory), environment: survey.environment };
    },
    probe: () =>
      external ? answersTcp(address) : serves(address, survey.environment['TEMPORAL_NAMESPACE'] || 'default'),
  };
}

function serverArguments(survey: PartSurvey, directory: string): string[] {
  const namespace = survey.environment['TEMPORAL_NAMESPACE'];
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--log-level', 'warn'],
    ...['--port', String(survey.ports.temporal), '--ui-port', String(survey.ports.temporalUi)],
    ...(survey.inMemory.includes('temporal') ? [] : ['--db-filename', join(directory, 'temporal.db')]),
    ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
    ...DYNAMIC_CONFIG.flatMap((setting) => ['--dynamic-config-value', setting]),
    ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    ...(namespace && namespace !== 'default' ? ['--namespace', namespace] : []),
  ];
}

/** The namespace and the search attributes come after the port: what workers need is all there. */
async function serves(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: PROBE_LIMIT_MS });
  try {
    await connection.withAbortSignal(AbortSignal.timeout(PROBE_LIMIT_MS), async () => {
      await connection.workflowService.describeNamespace({ namespace });
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
      const missing = Object.keys(SEARCH_ATTRIBUTES).filter((name) => !(name in customAttributes));
      if (missing.length > 0) throw new Error(`search attributes ${missing.join(', ')} are not there yet`);
    });
  } finally {
    await connection.close();
  }
}

/** The `temporal` program, built once where the machine has none. */
export async function findCli(workshop: Workshop): Promise<string> {
  const { environment } = workshop;
  const named = environment['TEMPORAL_CLI_PATH'];
  if (named && isExecutable(named)) return named;
  if (named)
    throw new LocalStackError(
      `TEMPORAL_CLI_PATH is '${named}', which is no program: name the temporal CLI, or unset it.`,
    );
  const onPath = findProgram('temporal', environment);
  if (onPath) return onPath;
  const directory = await cached(workshop, {
    name: `temporal-cli-${CLI_VERSION}`,
    doing: `building the temporal CLI ${CLI_VERSION} with go install, once, which takes a few minutes`,
    make: (partial) => buildCli(workshop, partial),
  });
  return join(directory, 'temporal');
}

async function buildCli(workshop: Workshop, partial: string): Promise<void> {
  const go = findProgram('go', workshop.environment);
  if (!go) {
    throw new LocalStackError(
      'Temporal is missing: install its CLI (temporal on PATH or TEMPORAL_CLI_PATH; or Go, with which it is built once), or set TEMPORAL_ADDRESS to a server that runs.',
    );
  }
  await runTool(workshop, {
    command: go,
    args: ['install', '-ldflags=-s -w', `github.com/temporalio/cli/cmd/temporal@${CLI_VERSION}`],
    directory: partial,
    environment: { GOBIN: partial },
  });
}
