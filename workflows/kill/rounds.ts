/** Pauses between rounds that find open orders; the last repeats. */
const ROUND_PAUSES_MS = [1_000, 1_000, 2_000, 5_000, 10_000];

/** After so many rounds a kill gives up, and people are called. */
export const ROUNDS_MAX = 60;

export function pauseAfter(rounds: number): number {
  return ROUND_PAUSES_MS[rounds - 1] ?? ROUND_PAUSES_MS.at(-1) ?? 0;
}
