import { setMaxListeners } from 'node:events';
import type { Clock } from '../platform/clock';

/** Counts calls that have begun and not ended, and waits for them. */
export class CallsUnderWay {
  private readonly abandoning = new AbortController();
  private waiting: (() => void) | undefined;
  private count = 0;

  constructor() {
    setMaxListeners(0, this.abandoning.signal); // one for each call
  }

  get size(): number {
    return this.count;
  }

  /** The call's own end, or `abandoned()` where the call is given up before. */
  async run<T>(call: () => Promise<T>, abandoned: () => T): Promise<T> {
    this.count += 1;
    const { signal } = this.abandoning;
    let giveUp: () => void = () => {};
    const given = new Promise<T>((resolve, reject) => {
      giveUp = () => void new Promise<T>((done) => done(abandoned())).then(resolve, reject);
    });
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await Promise.race([call(), given]);
    } finally {
      signal.removeEventListener('abort', giveUp);
      this.count -= 1;
      if (this.count === 0) this.waiting?.();
    }
  }

  /** Waits until none is under way, `limitMs` at most, then gives up those that are left. @returns how many those were */
  async drain(clock: Clock, limitMs: number): Promise<number> {
    if (this.count > 0) {
      const ended = new AbortController();
      const idle = new Promise<void>((resolve) => (this.waiting = resolve));
      await Promise.race([idle, clock.sleep(limitMs, ended.signal).catch(() => {})]);
      ended.abort();
    }
    const left = this.count;
    this.abandoning.abort(new Error('The connection was shut down.'));
    return left;
  }
}
