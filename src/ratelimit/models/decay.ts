import type { DecayLimit } from '../budget';

/** A count that falls with time. */
export interface DecayState {
  level: number;
  atMs: number;
}

export function levelAt({ level, atMs }: DecayState, { perSecond }: DecayLimit, nowMs: number): number {
  return Math.max(0, level - (perSecond * Math.max(0, nowMs - atMs)) / 1_000);
}

/** Ms until the count has fallen by `amount`. */
export function waitUntilFallen({ perSecond }: DecayLimit, amount: number): number {
  return Math.max(1, Math.ceil((amount / perSecond) * 1_000));
}
