import type { Clock } from '../platform/clock';

/** The exchange's clock: the machine's, plus what the admin API sets it off by. */
export class SkewedClock implements Clock {
  offsetMs = 0;

  constructor(readonly base: Clock) {}

  now(): number {
    return this.base.now() + this.offsetMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.base.sleep(ms, signal);
  }
}
