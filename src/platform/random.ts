import { randomUUID } from 'node:crypto';

/** The door to randomness outside of workflows. */
export interface Random {
  /** A fresh UUID, version 4. */
  uuid(): string;
  /** Uniform in [0, 1). For jitter and simulation, never for secrets. */
  fraction(): number;
}

export const systemRandom: Random = { uuid: () => randomUUID(), fraction: () => Math.random() };

/** A reproducible generator (mulberry32) for simulation: the same seed gives the same sequence. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  function fraction(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const hex = (): string => Math.floor(fraction() * 16).toString(16);
  const uuid = (): string => 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, hex);
  return { uuid, fraction };
}
