import type { Clock } from '../../src/platform/clock';

/** Something that is due every so often, counted from when it was done last. */
export class Interval {
  private dueMs: number;

  constructor(
    private readonly clock: Clock,
    private readonly everyMs: number,
  ) {
    this.dueMs = clock.now() + everyMs;
  }

  /** True once in every interval. */
  isDue(): boolean {
    const nowMs = this.clock.now();
    if (nowMs < this.dueMs) return false;
    this.dueMs = nowMs + this.everyMs;
    return true;
  }
}
