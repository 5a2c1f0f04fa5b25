import type { Clock } from '../../platform/clock';

/** Binance's time as we reckon it: ours and the difference that was last measured. */
export class ServerClock {
  offsetMs = 0;

  constructor(private readonly clock: Clock) {}

  now(): number {
    return this.clock.now() + this.offsetMs;
  }

  /** Takes a statement of Binance's time that was asked for at `askedAtMs` and has just come. */
  learn(serverTimeMs: number, askedAtMs: number): void {
    const answeredAtMs = this.clock.now();
    this.offsetMs = Math.round(serverTimeMs - (askedAtMs + answeredAtMs) / 2);
  }
}
