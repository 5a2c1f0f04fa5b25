/** What two clocks that are kept in step, ours of several machines and an exchange's, may differ by. */
export const CLOCK_DIFFERENCE_MAX_MS = 1_000;
