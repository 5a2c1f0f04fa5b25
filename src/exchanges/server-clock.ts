import type { Clock } from '../platform/clock';

/** What was measured so long ago is measured again: clocks drift. */
export const MEASURED_AGE_MS_MAX = 30 * 60_000;
/** Exchanges refuse requests from further ahead than this (Binance: timestamp security). */
export const SKEW_MS_MAX = 1_000;

interface Measurement {
  offsetMs: number;
  /** How far off the offset may be: half of the time that the answer took. */
  uncertaintyMs: number;
  atMs: number;
}

/** An exchange's time as we reckon it: ours and the difference that was measured best. */
export class ServerClock {
  private measured: Measurement | undefined;

  constructor(
    private readonly clock: Clock,
    /** Told when a measurement shows the clocks further apart than SKEW_MS_MAX. */
    private readonly onSkew: (skew: { offsetMs: number; uncertaintyMs: number }) => void = () => undefined,
  ) {}

  /** The exchange's clock minus ours, ms. */
  get offsetMs(): number {
    return this.measured?.offsetMs ?? 0;
  }

  now(): number {
    return this.clock.now() + this.offsetMs;
  }

  /** Takes a statement of the exchange's time that was asked for at `askedAtMs` and has just come. */
  learn(serverTimeMs: number, askedAtMs: number): void {
    const atMs = this.clock.now();
    const offsetMs = Math.round(serverTimeMs - (askedAtMs + atMs) / 2);
    const fresh = { offsetMs, uncertaintyMs: Math.abs(atMs - askedAtMs) / 2, atMs };
    if (this.measured === undefined || this.isOutdone(this.measured, fresh)) this.measured = fresh;
    const { uncertaintyMs } = this.measured;
    if (Math.abs(this.offsetMs) - uncertaintyMs > SKEW_MS_MAX) this.onSkew({ offsetMs: this.offsetMs, uncertaintyMs });
  }

  /** Whether it was measured, and that was too long ago. */
  isStale(): boolean {
    return this.measured !== undefined && this.clock.now() - this.measured.atMs > MEASURED_AGE_MS_MAX;
  }

  /** A more exact measurement outdoes another, one that contradicts it too, and any outdoes one that is too old. */
  private isOutdone(known: Measurement, fresh: Measurement): boolean {
    const isContradicted = Math.abs(fresh.offsetMs - known.offsetMs) > fresh.uncertaintyMs + known.uncertaintyMs + 1;
    return isContradicted || fresh.uncertaintyMs <= known.uncertaintyMs || this.isStale();
  }
}
