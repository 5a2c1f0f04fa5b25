import type { Alerts } from '../alerts/alerts';
import { mapBounded } from '../connections/bounded-concurrency';
import type { AccountName, ReportedConnection } from '../domain/connection';
import type { TenantSafeguards } from '../domain/safeguards';
import type { Clock } from '../platform/clock';
import { isoTime } from '../platform/clock';
import type { Logger } from '../platform/logger';
import type { SafeguardsReader } from '../safeguards/safeguards-reader';
import type { ConnectionStates } from '../storage/connection-states';
import type { ConnectionManager } from './connection-manager';
import type { ConnectionPool } from './connection-pool';
import { isGoodFor, thresholdsOf } from './quality';
import type { TradingPause } from './trading-pause';

/** Below CONNECTION_REPORT_KEPT_MS, so that a report or two may get lost. */
export const WATCH_INTERVAL_MS = 5_000;
/** For how long all of an account's connections must have been good before a pause is lifted. */
export const LIFT_AFTER_MS = 30_000;
const ACCOUNTS_AT_ONCE_MAX = 10;

export interface ConnectionWatchParts {
  manager: Pick<ConnectionManager, 'openPools'>;
  states: ConnectionStates;
  safeguards: Pick<SafeguardsReader, 'read'>;
  pause: TradingPause;
  alerts: Alerts;
  clock: Clock;
  logger: Logger;
}

/**
 * Looks at this process's connections again and again: tells the other processes and, of poor ones, people; pauses
 * trading where a tenant wants that. A pause is lifted by the process that holds the account's stream: there is one.
 */
export class ConnectionWatch {
  private readonly life = new AbortController();
  private readonly goodSinceMs = new Map<string, number>();
  private reported: ReportedConnection[] = [];
  private running: Promise<void> | undefined;

  constructor(private readonly parts: ConnectionWatchParts) {}

  /** @param process who this is, to people: `pid@host` */
  start(process: string): void {
    this.running ??= this.lookAgainAndAgain(process);
  }

  async close(): Promise<void> {
    this.life.abort(new Error('closed'));
    await this.running;
    await this.parts.states.forget(this.reported);
  }

  /** Never rejects. */
  async look(process: string): Promise<void> {
    const pools = this.parts.manager.openPools();
    const looked = await mapBounded(pools, ACCOUNTS_AT_ONCE_MAX, (pool) => this.guarded(pool, process));
    const reported = looked.flat();
    const ids = new Set(reported.map(({ connectionId }) => connectionId));
    await this.parts.states.forget(this.reported.filter(({ connectionId }) => !ids.has(connectionId)));
    this.reported = reported;
  }

  private async lookAgainAndAgain(process: string): Promise<void> {
    while (!this.life.signal.aborted) {
      await this.look(process);
      await this.parts.clock.sleep(WATCH_INTERVAL_MS, this.life.signal).catch(() => {});
    }
  }

  private async guarded(pool: ConnectionPool, process: string): Promise<ReportedConnection[]> {
    try {
      return await this.lookAt(pool, process);
    } catch (error) {
      this.parts.logger.warn({ ...pool.account, err: error }, 'The connections of an account could not be judged.');
      return [];
    }
  }

  private async lookAt(pool: ConnectionPool, process: string): Promise<ReportedConnection[]> {
    const { states, safeguards } = this.parts;
    const { safeguards: tenant } = await safeguards.read(pool.account.tenantId);
    const connections = this.judged(pool, tenant, process);
    await states.report(connections);
    const poor = connections.filter(({ shortfalls }) => shortfalls !== undefined);
    const pauses = this.parts.pause.pausesOf(tenant, pool.account.exchangeId);
    if (poor.length > 0) {
      this.tell(pool.account, poor);
      const isWanted = tenant.settings.pauseOnPoorConnection === true;
      if (isWanted && pauses.length === 0) await this.parts.pause.pause(pool.account, poor);
    }
    if (pool.findOpen('WEBSOCKET') !== undefined) await this.liftWhenGood(pool.account, tenant);
    // Nothing is sent during a pause, so that nothing else would tell whether the exchange answers again.
    if (poor.length > 0 || pauses.length > 0) void pool.probe(); // an exchange that hangs must not hold up the others
    return connections;
  }

  private judged(pool: ConnectionPool, { settings }: TenantSafeguards, process: string): ReportedConnection[] {
    const reportedAt = isoTime(this.parts.clock.now());
    const thresholds = thresholdsOf(settings);
    return pool.list().map((connection) => ({ ...connection.judged(thresholds), process, reportedAt }));
  }

  private tell({ tenantId, exchangeId }: AccountName, poor: readonly ReportedConnection[]): void {
    for (const connection of poor)
      for (const { cause, measured, threshold } of connection.shortfalls ?? []) {
        const details = { measured, threshold, connection };
        const aspect = `${connection.type}/${cause}`;
        this.parts.alerts.raise({ code: 'CONNECTION_POOR', tenantId, exchangeId, aspect, details });
      }
  }

  /** With four-eyes release a person lifts it: the service has one pair. */
  private async liftWhenGood(account: AccountName, tenant: TenantSafeguards): Promise<void> {
    const { states, pause, clock } = this.parts;
    const key = `${account.tenantId}/${account.exchangeId}`;
    const pauses = pause.pausesOf(tenant, account.exchangeId);
    const all = pauses.length === 0 || tenant.settings.fourEyesRelease ? undefined : await states.list(account);
    const nowMs = clock.now();
    const isGood = all?.every((connection) => isGoodFor(connection, LIFT_AFTER_MS, nowMs)) ?? false;
    if (!isGood) return void this.goodSinceMs.delete(key);
    const sinceMs = this.goodSinceMs.get(key) ?? nowMs;
    this.goodSinceMs.set(key, sinceMs);
    if (nowMs - sinceMs < LIFT_AFTER_MS) return;
    this.goodSinceMs.delete(key);
    await pause.lift(account, pauses);
  }
}
