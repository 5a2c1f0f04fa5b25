import type { ExecutionUpdate, OrderUpdate } from '../domain/order';

/** One thing that the exchange's private stream said. */
export type StreamEvent = { kind: 'execution'; execution: ExecutionUpdate } | { kind: 'update'; update: OrderUpdate };

/**
 * Stream events in the order they arrived, up to a limit. Over the limit it refuses everything for good: what is lost
 * then is read again by the backfill of the next session, since the cursor did not move.
 */
export class EventBuffer {
  private events: StreamEvent[] = [];
  private wake: (() => void) | undefined;
  private refusing = false;

  constructor(private readonly limit: number) {}

  get size(): number {
    return this.events.length;
  }

  /** False when the buffer is over its limit, now or before. */
  push(event: StreamEvent): boolean {
    if (this.events.length >= this.limit) this.refusing = true;
    if (this.refusing) return false;
    this.events.push(event);
    this.wake?.();
    return true;
  }

  /** The oldest events, at most `max`. */
  take(max: number): StreamEvent[] {
    return this.events.splice(0, max);
  }

  /** Resolves when there is an event, or when the signal aborts. One caller at a time. */
  async arrival(signal: AbortSignal): Promise<void> {
    if (this.events.length > 0 || signal.aborted) return;
    let aborted: () => void = () => {};
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      aborted = resolve;
      signal.addEventListener('abort', aborted, { once: true });
    });
    signal.removeEventListener('abort', aborted);
    this.wake = undefined;
  }
}
