import type { ReconnectionStrategy } from '../domain/connection';
import { DEFAULT_RECONNECTION } from '../domain/connection';
import type { Clock } from '../platform/clock';
import type { Random } from '../platform/random';

/** A connection that was open for so long makes up for the failures before it. */
export const STABLE_AFTER_MS = 30_000;

/** What follows a failure. */
export interface Setback {
  /** Failures in a row, this one included. */
  failures: number;
  /** How long to wait before the next attempt; maxDelayMs once the attempts are used up. */
  delayMs: number;
  /** maxAttempts are used up. */
  isExhausted: boolean;
}

/**
 * The pace of one connection's attempts, whoever makes them: growing pauses, and what counts as a success. A connection
 * that is lost as soon as it is open is no success, or it would be opened again and again without a pause.
 */
export class Reconnection {
  private failures = 0;
  private openSinceMs: number | undefined;

  constructor(
    private readonly parts: { clock: Clock; random: Random },
    private readonly strategy: ReconnectionStrategy = DEFAULT_RECONNECTION,
    private readonly stableAfterMs = STABLE_AFTER_MS,
  ) {}

  /** The attempt worked. */
  opened(): void {
    this.openSinceMs = this.parts.clock.now();
  }

  /** The attempt failed, or what it opened is lost. */
  failed(): Setback {
    const { clock, random } = this.parts;
    const wasStable = this.openSinceMs !== undefined && clock.now() - this.openSinceMs >= this.stableAfterMs;
    this.openSinceMs = undefined;
    this.failures = wasStable ? 1 : this.failures + 1;
    const { failures, strategy } = this;
    const isExhausted = failures >= strategy.maxAttempts;
    return { failures, isExhausted, delayMs: reconnectDelayMs(isExhausted ? Infinity : failures, random, strategy) };
  }
}

/** The pause (ms) before the attempt that follows `failures` failures in a row: 1, 2, 4 … s, jittered, never above the maximum. */
export function reconnectDelayMs(
  failures: number,
  random: Random,
  { initialDelayMs, maxDelayMs, multiplier, jitterPercent }: ReconnectionStrategy = DEFAULT_RECONNECTION,
): number {
  const exactMs = initialDelayMs * multiplier ** Math.max(failures - 1, 0);
  const delayMs = failures === Infinity ? maxDelayMs : Math.min(exactMs, maxDelayMs);
  const jitter = ((random.fraction() * 2 - 1) * jitterPercent) / 100;
  return Math.min(Math.round(delayMs * (1 + jitter)), maxDelayMs);
}
