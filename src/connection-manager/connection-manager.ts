import { describeFaults, type Fault, ServiceError } from '../domain/errors';
import type { ExchangeConfig, ExchangeId } from '../domain/exchange';
import type { ExchangeAdapter } from '../exchanges/adapter';
import type { Clock } from '../platform/clock';
import type { Random } from '../platform/random';
import type { ConnectionObserver } from '../transport/connection-observer';
import type {
  Connection,
  ConnectionHealthReport,
  ConnectionMetrics,
  ConnectionPool as PoolView,
  ShutdownResult,
  ConnectionType,
  ReconnectionStrategy,
} from '../domain/connection';
import { ConnectionPool } from './connection-pool';
import { type AccountFacts, healthReport } from './health-report';
import { KeptAdapter, keptOf } from './kept-adapter';
import type { ManagedConnection } from './managed-connection';
import type { QualityThresholds } from './quality';

/** Connections that one process may have to one account: what it needs is three, the rest is for those in transit. */
export const CONNECTIONS_A_POOL_MAX = 10;
/** How long a shutdown waits for calls under way. */
export const SHUTDOWN_LIMIT_MS = 10_000;
/** A stream that broke and that nobody has opened again for so long is another process's by now. */
const VACANT_MS_MAX = 120_000;

export interface ConnectionManagerParts {
  /** An adapter of the manager's own, built through `keep`. @throws ServiceError EXCHANGE_NOT_REGISTERED, CONFIGURATION */
  openAdapter(tenantId: string, exchangeId: ExchangeId): Promise<ExchangeAdapter>;
  /** What else bears on the account's health. */
  factsOf(tenantId: string, exchangeId: ExchangeId): Promise<AccountFacts & { thresholds: QualityThresholds }>;
  clock: Clock;
  random: Random;
  maxConnections?: number;
  shutdownLimitMs?: number;
}

/** Every connection that this process has to exchanges (specification: ConnectionManager). */
export class ConnectionManager {
  private readonly pools = new Map<string, ConnectionPool>();
  private readonly strategies = new Map<ExchangeId, ReconnectionStrategy>();
  private closed = false;

  constructor(private readonly parts: ConnectionManagerParts) {}

  /** Every adapter of the process is built through this, so that its connections are in the account's pool. */
  keep(config: ExchangeConfig, build: (observer: ConnectionObserver) => ExchangeAdapter): ExchangeAdapter {
    const { tenantId, exchangeId } = config;
    const { clock } = this.parts;
    const kept = new KeptAdapter({ pool: () => this.pool(tenantId, exchangeId), endpoints: config, clock });
    return kept.wrap(build(kept.observer));
  }

  /** One that is open; else a new one. @throws ServiceError as createConnection */
  async getConnection(tenantId: string, exchangeId: ExchangeId, type: ConnectionType): Promise<Connection> {
    const pool = this.pool(tenantId, exchangeId);
    pool.refuseWhenDraining();
    return pool.findOpen(type)?.view() ?? (await this.createConnection(tenantId, exchangeId, type));
  }

  /**
   * A new connection, open: a stream is subscribed, REST has answered once.
   * @throws ServiceError CONNECTIONS_EXHAUSTED, SHUTTING_DOWN, UNSUPPORTED, or why the exchange can't be reached
   */
  async createConnection(tenantId: string, exchangeId: ExchangeId, type: ConnectionType): Promise<Connection> {
    this.pool(tenantId, exchangeId).refuseWhenDraining();
    if (type === 'FIX') throw new ServiceError('UNSUPPORTED', `${exchangeId} offers no FIX here.`);
    const kept = keptOf(await this.parts.openAdapter(tenantId, exchangeId));
    try {
      if (type === 'WEBSOCKET') return (await kept.connect()).view();
      const { rest } = kept.use();
      const health = await kept.probe();
      if (health?.healthy) return rest.view();
      throw new ServiceError('EXCHANGE_TEMPORARY', `${exchangeId} does not answer: ${health?.reason ?? 'no reason'}`);
    } catch (error) {
      await kept.close();
      throw error;
    }
  }

  /** Closes it, and the other connection of the same adapter: they are opened and closed together. Unknown ids are closed already. */
  async closeConnection(connectionId: string): Promise<void> {
    for (const pool of this.pools.values()) await pool.adapterOf(connectionId)?.close();
  }

  getConnectionPool(tenantId: string, exchangeId: ExchangeId): Promise<PoolView> {
    return Promise.resolve().then(() => this.pool(tenantId, exchangeId).view());
  }

  /** @throws ServiceError INVALID_INPUT for an id that no open connection has */
  getConnectionMetrics(connectionId: string): Promise<ConnectionMetrics> {
    const found = this.connections().find((connection) => connection.connectionId === connectionId);
    if (found !== undefined) return Promise.resolve(found.view().metrics);
    const message = `names no connection of this process, got ${JSON.stringify(connectionId)}`;
    const fault = { field: 'connectionId', message };
    return Promise.reject(new ServiceError('INVALID_INPUT', `The connectionId ${message}.`, [fault]));
  }

  /** Of this process's connections; `connections` of the command line reports those of all processes. */
  async monitorHealth(tenantId: string, exchangeId: ExchangeId): Promise<ConnectionHealthReport> {
    const facts = await this.parts.factsOf(tenantId, exchangeId);
    const connections = this.pool(tenantId, exchangeId).list();
    const judged = connections.map((connection) => connection.judged(facts.thresholds));
    return healthReport(exchangeId, judged, facts, this.parts.clock.now());
  }

  /**
   * Takes no call of the tenant's (at one exchange, or at all) any more, waits for those under way, and closes its
   * connections. Once it is done the account may be connected to again.
   */
  async gracefulShutdown(tenantId: string, exchangeId?: ExchangeId): Promise<ShutdownResult> {
    return await this.shutDown(
      ({ account }) => account.tenantId === tenantId && (exchangeId === undefined || account.exchangeId === exchangeId),
    );
  }

  /** The same for all tenants and for good: the process ends. */
  async close(): Promise<ShutdownResult> {
    this.closed = true;
    return await this.shutDown(() => true);
  }

  /** For streams that this process opens from now on. @throws ServiceError INVALID_INPUT */
  setReconnectionStrategy(exchangeId: ExchangeId, strategy: ReconnectionStrategy): Promise<void> {
    const faults = strategyFaults(strategy);
    if (faults.length > 0) {
      const what = `The reconnection strategy can't be used: ${describeFaults(faults)}`;
      return Promise.reject(new ServiceError('INVALID_INPUT', what, faults));
    }
    this.strategies.set(exchangeId, strategy);
    return Promise.resolve();
  }

  /** As it was set; undefined where it was not. */
  reconnectionStrategy(exchangeId: ExchangeId): ReconnectionStrategy | undefined {
    return this.strategies.get(exchangeId);
  }

  /** The pools that have connections. */
  openPools(): ConnectionPool[] {
    for (const pool of this.pools.values())
      for (const connection of pool.list())
        if (connection.isVacant && connection.ageMs > VACANT_MS_MAX) pool.drop(connection);
    return [...this.pools.values()].filter(({ size }) => size > 0);
  }

  /** All that this process has, of all accounts. */
  list(): Connection[] {
    return this.connections().map((connection) => connection.view());
  }

  private connections(): ManagedConnection[] {
    return [...this.pools.values()].flatMap((pool) => pool.list());
  }

  private async shutDown(isMeant: (pool: ConnectionPool) => boolean): Promise<ShutdownResult> {
    const { shutdownLimitMs = SHUTDOWN_LIMIT_MS, clock } = this.parts;
    const startedMs = clock.now();
    const meant = [...this.pools].filter(([, pool]) => isMeant(pool));
    const results = await Promise.all(meant.map(([, pool]) => pool.shutDown(shutdownLimitMs)));
    for (const [key] of meant) this.pools.delete(key);
    const sum = (read: (result: ShutdownResult) => number): number =>
      results.reduce((total, result) => total + read(result), 0);
    return {
      connectionsClosedCount: sum(({ connectionsClosedCount }) => connectionsClosedCount),
      pendingRequestsCompleted: sum(({ pendingRequestsCompleted }) => pendingRequestsCompleted),
      pendingRequestsCancelled: sum(({ pendingRequestsCancelled }) => pendingRequestsCancelled),
      shutdownTimeMs: clock.now() - startedMs,
    };
  }

  private pool(tenantId: string, exchangeId: ExchangeId): ConnectionPool {
    const key = `${tenantId}/${exchangeId}`;
    const known = this.pools.get(key);
    if (known !== undefined) return known;
    if (this.closed) throw new ServiceError('SHUTTING_DOWN', 'This process is ending.');
    const { maxConnections = CONNECTIONS_A_POOL_MAX, clock, random } = this.parts;
    const account = { tenantId, exchangeId };
    const pool = new ConnectionPool({ account, maxConnections, clock, random });
    this.pools.set(key, pool);
    return pool;
  }
}

function strategyFaults(strategy: ReconnectionStrategy): Fault[] {
  const bounds: Record<keyof ReconnectionStrategy, [minimum: number, maximum: number]> = {
    initialDelayMs: [1, Infinity],
    maxDelayMs: [strategy.initialDelayMs, Infinity],
    multiplier: [1, Infinity],
    maxAttempts: [1, Infinity],
    jitterPercent: [0, 100], // beyond, a delay could be negative
  };
  return Object.entries(bounds).flatMap(([field, [minimum, maximum]]) => {
    const value = strategy[field as keyof ReconnectionStrategy];
    if (value >= minimum && value <= maximum) return [];
    const wanted = value > maximum ? `at most ${maximum}` : `at least ${minimum}`;
    return [{ field, message: `must be ${wanted}, got ${value}` }];
  });
}
