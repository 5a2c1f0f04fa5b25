import { getRetryDelay, RETRY } from '../domain/retry';
import type { Clock } from '../platform/clock';
import type { Logger } from '../platform/logger';
import type { Alert, AlertSink } from './alerts';

/** Alerts that wait for one sink; beyond it the oldest is dropped. */
export const QUEUED_MAX = 1_000;
/** How long a process that ends waits for what is queued. */
export const CLOSE_LIMIT_MS = 5_000;

interface QueueParts {
  clock: Clock;
  logger: Logger;
}

/** Alerts on their way to one sink, one after the other. A sink that fails or hangs holds up nobody but itself. */
export class DeliveryQueue {
  private readonly waiting: Alert[] = [];
  private readonly closing = new AbortController();
  private delivering: Promise<void> | undefined;
  private dropped = 0;

  constructor(
    private readonly sink: AlertSink,
    private readonly parts: QueueParts,
  ) {}

  push(alert: Alert): void {
    if (this.waiting.length === QUEUED_MAX) this.drop();
    this.waiting.push(alert);
    this.delivering ??= this.deliverAll();
  }

  /** Delivers what it can within CLOSE_LIMIT_MS, each with one more try. */
  async close(): Promise<void> {
    const { clock, logger } = this.parts;
    this.closing.abort();
    const limit = new AbortController();
    await Promise.race([this.delivering, clock.sleep(CLOSE_LIMIT_MS, limit.signal).catch(() => {})]);
    limit.abort();
    const left = this.waiting.splice(0);
    if (left.length > 0) logger.error({ sink: this.sink.name, alerts: left }, 'Alerts were not delivered.');
    await this.sink.close();
  }

  private drop(): void {
    const dropped = this.waiting.shift();
    if (this.dropped === 0) {
      this.parts.logger.error(
        { sink: this.sink.name, dropped },
        `More than ${QUEUED_MAX} alerts wait for a sink: the oldest are dropped.`,
      );
    }
    this.dropped += 1;
  }

  private async deliverAll(): Promise<void> {
    for (let alert = this.waiting.shift(); alert !== undefined; alert = this.waiting.shift()) await this.deliver(alert);
    this.delivering = undefined;
    if (this.dropped === 0) return;
    this.parts.logger.error({ sink: this.sink.name, dropped: this.dropped }, 'Alerts were dropped before delivery.');
    this.dropped = 0;
  }

  private async deliver(alert: Alert): Promise<void> {
    const { clock, logger } = this.parts;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.sink.deliver(alert);
      } catch (error) {
        const fields = { sink: this.sink.name, attempt, alert, err: error };
        if (attempt === RETRY.maxRetries || this.closing.signal.aborted) {
          return logger.error(fields, 'An alert was not delivered.');
        }
        logger.warn(fields, 'An alert was not delivered; it is tried again.');
        await clock.sleep(getRetryDelay(attempt), this.closing.signal).catch(() => {});
      }
    }
  }
}
