import fc from 'fast-check';

const LANES = 4;
/** For a whole property, on a machine that has other work too. */
export const LANES_TIMEOUT_MS = 120_000;
/** The specification's minimum of iterations for a property. */
const RUNS_MIN = 100;

/**
 * Checks an asynchronous property in a few lanes side by side, RUNS_MIN times in all: against a server most of a run is
 * waiting. A failure reports its seed and path as always.
 */
export async function assertInLanes<T>(property: fc.IAsyncPropertyWithHooks<T>): Promise<void> {
  const { seed = Math.trunc(performance.timeOrigin) } = fc.readConfigureGlobal() ?? {};
  await Promise.all(
    Array.from({ length: LANES }, (_, lane) => fc.assert(property, { numRuns: RUNS_MIN / LANES, seed: seed + lane })),
  );
}
