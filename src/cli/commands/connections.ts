import type { Command } from 'commander';
import type { Services } from '../../composition/services';
import { accountFacts, healthReport } from '../../connection-manager/health-report';
import type { ConnectionHealthReport, ReportedConnection } from '../../domain/connection';
import { ServiceError } from '../../domain/errors';
import type { ExchangeConfig } from '../../domain/exchange';
import { addVerb, tenantOf } from '../command-line';
import { withServices } from '../connect';
import { addWatchFlag, type LiveFlags, showLive } from '../live-table';
import type { Surroundings } from '../surroundings';
import { tableOf } from '../tables';

export function connectionCommands(program: Command, surroundings: Surroundings): void {
  const command = addVerb(
    program,
    'connections',
    'Each connection that a process has to an exchange, how it does, and what to do about it',
  );
  addWatchFlag(command).action((flags: LiveFlags) => show(flags, surroundings));
}

async function show(flags: LiveFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  await withServices(surroundings, (services) =>
    showLive(flags, surroundings, () => read(services, tenantId), connectionsText),
  );
}

/** One exchange's connections of all processes, judged. */
interface ExchangeConnections extends Pick<ConnectionHealthReport, 'exchangeId' | 'overallHealth' | 'recommendations'> {
  connections: ReportedConnection[];
}

async function read(services: Services, tenantId: string): Promise<ExchangeConnections[]> {
  const registered = await services.exchanges.listExchanges(tenantId);
  return await Promise.all(registered.map((config) => readExchange(services, config)));
}

/** @throws ServiceError DEPENDENCY_UNAVAILABLE without Redis, where processes tell */
async function readExchange(
  { connectionStates, rateLimiter, clock }: Services,
  config: ExchangeConfig,
): Promise<ExchangeConnections> {
  const { tenantId, exchangeId } = config;
  const listed = await connectionStates.list({ tenantId, exchangeId });
  if (listed === undefined)
    throw new ServiceError('DEPENDENCY_UNAVAILABLE', 'Redis, through which processes tell of connections, is away.');
  const connections = listed.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const facts = accountFacts(config, await rateLimiter.getRateLimitStatus({ tenantId, exchangeId }));
  const { overallHealth, recommendations } = healthReport(exchangeId, connections, facts, clock.now());
  return { exchangeId, overallHealth, recommendations, connections };
}

function keyOf({ type, process, connectionId }: ReportedConnection): string {
  return [type, process, connectionId].join('/');
}

const HEAD = [
  ...['exchange', 'type', 'status', 'process', 'up', 'latency', 'p95', 'errors', 'received', 'sent', 'reconnections'],
  ...['poor', 'last error'],
];

function connectionsText(exchanges: ExchangeConnections[]): string {
  if (exchanges.length === 0) return 'No exchange is registered (exchanges register).';
  return [
    tableOf(
      HEAD,
      exchanges.flatMap(({ connections }) => connections.map(rowOf)),
    ),
    ...exchanges.flatMap(({ exchangeId, overallHealth, recommendations }) => [
      `${exchangeId}: ${overallHealth}`,
      ...recommendations.map((recommendation) => `  - ${recommendation}`),
    ]),
  ].join('\n');
}

function rowOf(connection: ReportedConnection): (string | number | undefined)[] {
  const { exchangeId, type, status, process, metrics, shortfalls = [] } = connection;
  return [
    ...[exchangeId, type, status, process, `${Math.round(metrics.uptimeMs / 1_000)} s`],
    ...[`${Math.round(metrics.latencyMs)} ms`, `${Math.round(metrics.latencyP95Ms)} ms`],
    `${Math.round(metrics.errorRate * 100)} %`,
    ...[metrics.messagesReceived, metrics.messagesSent, metrics.reconnectionCount],
    shortfalls.map(({ cause }) => cause).join(', '),
    metrics.lastError,
  ];
}
