import { EventBuffer } from '../../src/connections/event-buffer';
import type { StreamEvent } from '../../src/connections/event-buffer';
import { withinLimit } from '../../src/connections/time-limit';
import { unlessAborted } from '../../src/connections/unless-aborted';
import type { ExchangeAdapter, SubscriptionHandle } from '../../src/exchanges/adapter';
import { ServiceError } from '../../src/domain/errors';
import type { Clock } from '../../src/platform/clock';
import type { Logger } from '../../src/platform/logger';
import type { Backfill } from './backfill';
import type { ConnectionLimits } from './connection-deps';
import type { EventProcessor } from './event-processor';

export interface SessionParts {
  adapter: ExchangeAdapter;
  processor: EventProcessor;
  backfill: Backfill;
  clock: Clock;
  logger: Logger;
  limits: ConnectionLimits;
}

/** What a session reports while it runs. */
export interface SessionListener {
  onBackfilled(startedMs: number): void;
  onProcessed(events: readonly StreamEvent[]): void;
  /** More came than can be kept; the session ends. */
  onOverflow(reason: string): void;
}

/** One open stream: from connect() to its loss, or until the signal stops it. */
export class StreamSession {
  private readonly buffer: EventBuffer;
  private readonly end = new AbortController();
  private readonly subscriptions: SubscriptionHandle[] = [];
  private forgetLoss: () => void = () => undefined;

  constructor(
    private readonly parts: SessionParts,
    private readonly listener: SessionListener,
  ) {
    this.buffer = new EventBuffer(parts.limits.bufferedEventsMax);
  }

  /**
   * Returns when `stop` aborts; the batch in hand is finished first.
   * @throws the reason when the stream is lost, or what booking, telling or reading met
   */
  async run(readFrom: (backfill: Backfill, signal: AbortSignal) => Promise<void>, stop: AbortSignal): Promise<void> {
    const stopped = (): void => this.end.abort(STOPPED);
    stop.addEventListener('abort', stopped, { once: true });
    try {
      if (stop.aborted) return;
      await this.open();
      const startedMs = this.parts.clock.now();
      await unlessAborted(readFrom(this.parts.backfill, this.end.signal), this.end.signal);
      this.listener.onBackfilled(startedMs);
      const watching = this.watch();
      await this.processLive();
      await watching;
      this.end.signal.throwIfAborted();
    } catch (error) {
      if (error !== STOPPED) throw error;
    } finally {
      stop.removeEventListener('abort', stopped);
      this.end.abort(STOPPED);
      await this.close();
    }
  }

  private async open(): Promise<void> {
    const { adapter } = this.parts;
    this.forgetLoss = adapter.onConnectionLost((reason) => this.end.abort(reason));
    await unlessAborted(adapter.connect(), this.end.signal);
    this.subscriptions.push(
      await adapter.subscribeToExecutions((execution) => this.receive({ kind: 'execution', execution })),
      await adapter.subscribeToOrderUpdates((update) => this.receive({ kind: 'update', update })),
    );
  }

  private receive(event: StreamEvent): void {
    if (this.end.signal.aborted || this.buffer.push(event)) return;
    const what = `More than ${this.parts.limits.bufferedEventsMax} stream events are waiting to be booked.`;
    this.listener.onOverflow(what);
    this.end.abort(new ServiceError('DEPENDENCY_UNAVAILABLE', what));
  }

  private async processLive(): Promise<void> {
    const { processor, clock, limits } = this.parts;
    while (!this.end.signal.aborted) {
      await this.buffer.arrival(this.end.signal);
      if (this.end.signal.aborted) return;
      await clock.sleep(limits.collectMs);
      const events = this.buffer.take(limits.batchEventsMax);
      const work = processor.processStream(events);
      await withinLimit(clock, limits.batchTimeLimitMs, `Booking and telling ${events.length} stream events`, work);
      this.listener.onProcessed(events);
    }
  }

  /** A stream that somebody else closed (the registration was changed, say) ends without a word of its loss. */
  private async watch(): Promise<void> {
    const { clock, limits, adapter } = this.parts;
    while (await slept(clock.sleep(limits.watchIntervalMs, this.end.signal))) {
      if (adapter.isConnected()) continue;
      this.end.abort(new ServiceError('EXCHANGE_TEMPORARY', `The stream of ${adapter.exchangeId} is not open.`));
    }
  }

  private async close(): Promise<void> {
    const { adapter, logger } = this.parts;
    this.forgetLoss();
    try {
      for (const handle of this.subscriptions) await adapter.unsubscribe(handle);
      await adapter.disconnect();
    } catch (error) {
      logger.warn({ err: error }, 'the stream could not be closed in order');
    }
  }
}

const STOPPED = new Error('The session was asked to stop.');

async function slept(sleep: Promise<void>): Promise<boolean> {
  try {
    await sleep;
    return true;
  } catch {
    return false;
  }
}
