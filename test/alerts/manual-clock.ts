import type { Clock } from '../../src/platform/clock';

/** Time that passes only when the test says so. */
export class ManualClock implements Clock {
  private sleepers: { untilMs: number; wake: () => void }[] = [];

  constructor(private nowMs = Date.parse('2026-01-31T12:00:00.000Z')) {}

  now(): number {
    return this.nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper = { untilMs: this.nowMs + ms, wake: resolve };
      const aborted = (): void => {
        this.sleepers = this.sleepers.filter((each) => each !== sleeper);
        reject(new Error('aborted'));
      };
      if (signal?.aborted) return aborted();
      signal?.addEventListener('abort', aborted, { once: true });
      this.sleepers.push(sleeper);
    });
  }

  /** How many sleep now. */
  get asleep(): number {
    return this.sleepers.length;
  }

  /** Wakes whoever is due by then, and lets them get on. */
  async pass(ms: number): Promise<void> {
    this.nowMs += ms;
    const due = this.sleepers.filter(({ untilMs }) => untilMs <= this.nowMs);
    this.sleepers = this.sleepers.filter(({ untilMs }) => untilMs > this.nowMs);
    for (const { wake } of due) wake();
    await new Promise(setImmediate);
  }
}
