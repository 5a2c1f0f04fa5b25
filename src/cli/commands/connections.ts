import type { Command } from 'commander';
import type { Services } from '../../composition/services';
import type { ReportedConnection } from '../../domain/connection';
import { ServiceError } from '../../domain/errors';
import { addVerb, tenantOf } from '../command-line';
import { withServices } from '../connect';
import { addWatchFlag, type LiveFlags, showLive } from '../live-table';
import type { Surroundings } from '../surroundings';
import { tableOf } from '../tables';

export function connectionCommands(program: Command, surroundings: Surroundings): void {
  const command = addVerb(program, 'connections', 'Each connection that a process has to an exchange, and how it does');
  addWatchFlag(command).action((flags: LiveFlags) => show(flags, surroundings));
}

async function show(flags: LiveFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  await withServices(surroundings, (services) =>
    showLive(flags, surroundings, () => read(services, tenantId), connectionsText),
  );
}

/** @throws ServiceError DEPENDENCY_UNAVAILABLE without Redis, where processes tell */
async function read({ exchanges, connectionStates }: Services, tenantId: string): Promise<ReportedConnection[]> {
  const registered = await exchanges.listExchanges(tenantId);
  const listed = await Promise.all(
    registered.map(async ({ exchangeId }) => await connectionStates.list({ tenantId, exchangeId })),
  );
  const connections = listed.flatMap((each) => each ?? []);
  if (!listed.includes(undefined)) return connections.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  throw new ServiceError('DEPENDENCY_UNAVAILABLE', 'Redis, through which processes tell of connections, is away.');
}

function keyOf({ exchangeId, type, process, connectionId }: ReportedConnection): string {
  return [exchangeId, type, process, connectionId].join('/');
}

const HEAD = [
  ...['exchange', 'type', 'status', 'process', 'up', 'latency', 'p95', 'errors', 'received', 'sent', 'reconnections'],
  ...['poor', 'last error'],
];

function connectionsText(connections: ReportedConnection[]): string {
  if (connections.length === 0) return 'No process has a connection. Connection workers hold streams: see status.';
  return tableOf(
    HEAD,
    connections.map(({ exchangeId, type, status, process, metrics, shortfalls = [] }) => [
      ...[exchangeId, type, status, process, `${Math.round(metrics.uptimeMs / 1_000)} s`],
      ...[`${Math.round(metrics.latencyMs)} ms`, `${Math.round(metrics.latencyP95Ms)} ms`],
      `${Math.round(metrics.errorRate * 100)} %`,
      ...[metrics.messagesReceived, metrics.messagesSent, metrics.reconnectionCount],
      shortfalls.map(({ cause }) => cause).join(', '),
      metrics.lastError,
    ]),
  );
}
