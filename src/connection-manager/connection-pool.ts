import { ServiceError } from '../domain/errors';
import type { Clock } from '../platform/clock';
import type { Random } from '../platform/random';
import { CallsUnderWay } from './calls-under-way';
import type {
  AccountName,
  Connection,
  ConnectionPool as PoolView,
  ShutdownResult,
  ConnectionType,
} from '../domain/connection';
import { isHealthy } from './health-report';
import { ManagedConnection } from './managed-connection';
import { QUALITY_DEFAULTS } from './quality';

/** What can be closed, and what of the pool it is. */
export interface PooledAdapter {
  connections(): readonly ManagedConnection[];
  /** Asks the exchange something cheap: the answer, or its absence, is a sample. */
  probe(): Promise<unknown>;
  close(): Promise<void>;
}

export interface PoolParts {
  account: AccountName;
  maxConnections: number;
  clock: Clock;
  random: Random;
}

/** The connections that this process has to one account; never more than maxConnections. */
export class ConnectionPool {
  readonly calls = new CallsUnderWay();
  private readonly connections = new Map<string, ManagedConnection>();
  private readonly adapters = new Set<PooledAdapter>();
  private draining = false;
  private probing: Promise<unknown> | undefined;

  constructor(private readonly parts: PoolParts) {}

  get account(): AccountName {
    return this.parts.account;
  }

  get size(): number {
    return this.connections.size;
  }

  list(): ManagedConnection[] {
    return [...this.connections.values()];
  }

  /** One that is open and may be used by another caller too. */
  findOpen(type: ConnectionType): ManagedConnection | undefined {
    return this.list().find((connection) => connection.type === type && connection.isOpen);
  }

  adapterOf(connectionId: string): PooledAdapter | undefined {
    return [...this.adapters].find((adapter) =>
      adapter.connections().some((connection) => connection.connectionId === connectionId),
    );
  }

  /** @throws ServiceError SHUTTING_DOWN */
  refuseWhenDraining(): void {
    const { tenantId, exchangeId } = this.parts.account;
    if (!this.draining) return;
    throw new ServiceError('SHUTTING_DOWN', `The connections of ${tenantId} to ${exchangeId} are being shut down.`);
  }

  /**
   * A new connection, or the stream that was lost and that nobody has opened again.
   * @throws ServiceError CONNECTIONS_EXHAUSTED, SHUTTING_DOWN
   */
  add(adapter: PooledAdapter, type: ConnectionType, endpoint: string): ManagedConnection {
    this.refuseWhenDraining();
    const { account, maxConnections, clock, random } = this.parts;
    this.adapters.add(adapter);
    const owned = new Set([...this.adapters].flatMap((each) => each.connections()));
    const vacant = this.list().find((each) => each.type === type && each.isVacant && !owned.has(each));
    if (vacant !== undefined) return vacant;
    if (this.size >= maxConnections) {
      const what = `${account.tenantId} has ${this.size} connections to ${account.exchangeId} in this process already, which is the most it may have.`;
      throw new ServiceError('CONNECTIONS_EXHAUSTED', what);
    }
    const fresh = new ManagedConnection({ account, connectionId: random.uuid(), type, endpoint, clock });
    this.connections.set(fresh.connectionId, fresh);
    return fresh;
  }

  /** The adapter is done with. A stream of its that broke keeps its place for whoever opens the next one. */
  leave(adapter: PooledAdapter): void {
    this.adapters.delete(adapter);
    for (const connection of adapter.connections()) if (!connection.isVacant) this.drop(connection);
  }

  drop(connection: ManagedConnection): void {
    connection.closed();
    this.connections.delete(connection.connectionId);
  }

  /** One at a time. Never rejects: what it meets is in the metrics. */
  async probe(): Promise<void> {
    this.probing ??= Promise.allSettled([...this.adapters].map((adapter) => adapter.probe())).finally(
      () => (this.probing = undefined),
    );
    await this.probing;
  }

  /** Takes no call any more, waits for those under way, `limitMs` at most, and closes what is open. */
  async shutDown(limitMs: number): Promise<ShutdownResult> {
    const { clock } = this.parts;
    const startedMs = clock.now();
    this.draining = true;
    const pending = this.calls.size;
    const cancelled = await this.calls.drain(clock, limitMs);
    const closed = this.size;
    await Promise.all([...this.adapters].map((adapter) => adapter.close()));
    for (const connection of this.list()) this.drop(connection);
    return {
      connectionsClosedCount: closed,
      pendingRequestsCompleted: pending - cancelled,
      pendingRequestsCancelled: cancelled,
      shutdownTimeMs: clock.now() - startedMs,
    };
  }

  view(): PoolView {
    const { account, maxConnections } = this.parts;
    const connections = this.list();
    return {
      ...account,
      connections: connections.map((connection): Connection => connection.view()),
      maxConnections,
      activeConnections: connections.filter(({ isOpen }) => isOpen).length,
      healthyConnections: connections.filter((connection) => isHealthy(connection.judged(QUALITY_DEFAULTS))).length,
    };
  }
}
