import type { Cursor } from '../../src/connections/cursor';
import { advanceCursor, newerCursor } from '../../src/connections/cursor';
import type { StreamEvent } from '../../src/connections/event-buffer';
import { KnownExecutions } from '../../src/connections/known-executions';
import { Reconnection } from '../../src/connections/reconnection';
import type { ExchangeAdapter } from '../../src/exchanges/adapter';
import { isoTime } from '../../src/platform/clock';
import type { HoldConnectionInput, HolderCounters, HolderReport, HolderStatus } from '../connection-activities';
import { needsAPerson } from '../needs-a-person';
import { Backfill } from './backfill';
import type { ConnectionDeps, ConnectionLimits, TellOrder } from './connection-deps';
import { EventProcessor } from './event-processor';
import { createTellOrder } from './order-signals';
import { Orphans } from './orphans';
import { OpenOrderSweeps } from './open-order-sweeps';
import { type SessionParts, StreamSession } from './stream-session';

/** Where a holder runs: who it is, and how it reports. */
export interface HolderPlace {
  holder: string;
  report(report: HolderReport): void;
}

/** Keeps one connection open: session after session, with growing pauses while it can't be opened. */
export class ConnectionHolder {
  private cursor: Cursor | undefined;
  private status: HolderStatus = 'CONNECTING';
  private since: string;
  private lastError: string | undefined;
  private adapter: { updatedAt: string; adapter: ExchangeAdapter } | undefined;
  private readonly orphans: Orphans;
  private readonly tellOrder: TellOrder;
  private readonly sweeps: OpenOrderSweeps;
  private readonly pace: Reconnection;
  private readonly known = new KnownExecutions();
  private readonly counters: HolderCounters = {
    executions: 0,
    updates: 0,
    signals: 0,
    backfills: 0,
    connectionsLost: 0,
  };

  constructor(
    private readonly deps: ConnectionDeps,
    private readonly limits: ConnectionLimits,
    private readonly input: HoldConnectionInput,
    private readonly place: HolderPlace,
  ) {
    this.cursor = input.cursor;
    this.since = isoTime(deps.clock.now());
    this.orphans = new Orphans(deps, input, limits);
    this.tellOrder = createTellOrder(deps.signalOrder, deps.clock);
    this.sweeps = new OpenOrderSweeps({ ...deps, tellOrder: this.tellOrder }, limits, {
      name: input,
      heardAt: input.heardAt ?? this.since,
      isLive: () => this.status === 'LIVE',
      sweep: (signal) => this.sweep(signal),
    });
    const strategy = deps.reconnectionStrategy?.(input.exchangeId) ?? limits.reconnection;
    this.pace = new Reconnection(deps, strategy, limits.stableAfterMs);
  }

  /**
   * Returns when `stop` aborts.
   * @throws ServiceError when the connection can't be had: at once for what a person must mend, else after maxAttempts
   */
  async hold(stop: AbortSignal): Promise<HolderReport> {
    const ended = new AbortController();
    const beside = [this.beat(ended.signal), this.sweeps.run(ended.signal)];
    try {
      await this.keepOpen(stop);
      return this.report();
    } finally {
      ended.abort(new Error('The holder has ended.'));
      await Promise.all(beside);
      this.place.report(this.report());
    }
  }

  private async keepOpen(stop: AbortSignal): Promise<void> {
    this.enter('CONNECTING');
    while (!stop.aborted) {
      try {
        await this.holdOnce(stop);
      } catch (error) {
        const { failures, delayMs, isExhausted } = this.pace.failed();
        this.noteLoss(error, failures);
        if (needsAPerson(error)) await this.sweeps.giveUp();
        if (needsAPerson(error) || isExhausted) {
          this.alertOfLoss(failures);
          throw error;
        }
        this.enter('RECONNECTING');
        await this.deps.clock.sleep(delayMs, stop).catch(() => {});
      }
    }
  }

  private async holdOnce(stop: AbortSignal): Promise<void> {
    const { limits } = this;
    const { clock } = this.deps;
    const reading = await this.openReading();
    const { processor } = reading;
    const session = new StreamSession(
      { ...reading, clock, limits },
      {
        onBackfilled: (startedMs) => this.goLive(startedMs, processor),
        onProcessed: (events) => this.moveOn(events, processor),
        onOverflow: (reason) => this.alertOfOverflow(reason),
      },
    );
    await session.run((reader, signal) => {
      this.enter('BACKFILLING');
      return reader.run(this.cursor, signal);
    }, stop);
  }

  private async sweep(signal: AbortSignal): Promise<void> {
    const { backfill, processor } = await this.openReading();
    await backfill.sweep(signal);
    this.counters.signals += processor.takeTold();
  }

  private async openReading(): Promise<Pick<SessionParts, 'adapter' | 'processor' | 'backfill' | 'logger'>> {
    const { deps, input, tellOrder } = this;
    const { tenantId, exchangeId } = input;
    const adapter = await this.adapterAsRegistered();
    const logger = deps.logger.child({ tenantId, exchangeId });
    const processor = new EventProcessor({ ...deps, logger, tellOrder }, input, adapter, this.known);
    const backfill = new Backfill({ ...deps, logger }, input, adapter, processor, this.orphans);
    return { adapter, processor, backfill, logger };
  }

  /** The same adapter for one session after the other, which knows the instruments already, until the registration changes. */
  private async adapterAsRegistered(): Promise<ExchangeAdapter> {
    const { exchanges } = this.deps;
    const { tenantId, exchangeId } = this.input;
    const { updatedAt } = await exchanges.getExchange(tenantId, exchangeId);
    if (this.adapter?.updatedAt !== updatedAt) {
      this.adapter = { updatedAt, adapter: await exchanges.getAdapter(tenantId, exchangeId) };
    }
    return this.adapter.adapter;
  }

  /** Whatever the exchange did before the backfill began is now booked and told. */
  private goLive(startedMs: number, processor: EventProcessor): void {
    this.cursor = newerCursor(this.cursor, { sinceMs: startedMs });
    this.counters.backfills += 1;
    this.counters.signals += processor.takeTold();
    this.pace.opened();
    this.enter('LIVE');
    this.deps.logger.info({ ...this.input, holder: this.place.holder, cursor: this.cursor }, 'connection is live');
  }

  private moveOn(events: readonly StreamEvent[], processor: EventProcessor): void {
    const instants = events.map((event) =>
      event.kind === 'execution' ? event.execution.timestamp : event.update.timestamp,
    );
    this.cursor = advanceCursor(this.cursor, instants);
    const executions = events.filter(({ kind }) => kind === 'execution').length;
    this.counters.executions += executions;
    this.counters.updates += events.length - executions;
    this.counters.signals += processor.takeTold();
    this.place.report(this.report());
  }

  private noteLoss(error: unknown, failures: number): void {
    this.lastError = error instanceof Error ? error.message : String(error);
    if (this.status === 'LIVE') {
      this.counters.connectionsLost += 1;
      this.sweeps.heard();
    }
    const fields = { ...this.input, holder: this.place.holder, failures, reason: this.lastError };
    this.deps.logger.warn(fields, 'connection is not open');
  }

  private alertOfLoss(failures: number): void {
    const { tenantId, exchangeId } = this.input;
    const { lastError, place, counters } = this;
    const details = { failures, lastError, holder: place.holder, counters: { ...counters } };
    this.deps.alerts.raise({ code: 'CONNECTION_LOST', tenantId, exchangeId, details });
  }

  private alertOfOverflow(reason: string): void {
    const { tenantId, exchangeId } = this.input;
    this.deps.alerts.raise({ code: 'STREAM_OVERFLOW', tenantId, exchangeId, details: { reason } });
  }

  private enter(status: HolderStatus): void {
    if (status === this.status) return;
    this.status = status;
    this.since = isoTime(this.deps.clock.now());
    this.place.report(this.report());
  }

  private async beat(ended: AbortSignal): Promise<void> {
    this.place.report(this.report());
    while (!ended.aborted) {
      await this.deps.clock.sleep(this.limits.heartbeatIntervalMs, ended).catch(() => {});
      this.place.report(this.report());
    }
  }

  private report(): HolderReport {
    const { status, since, counters, cursor, lastError } = this;
    return {
      status,
      since,
      holder: this.place.holder,
      counters: { ...counters },
      heardAt: isoTime(this.sweeps.heardAtMs),
      ...(cursor !== undefined && { cursor }),
      ...(lastError !== undefined && { lastError }),
    };
  }
}
