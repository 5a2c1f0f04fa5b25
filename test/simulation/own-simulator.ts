import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SimulatorAddresses } from '../../src/local/simulator';
import { startStack } from '../../src/local/stack';
import { testStackOptions } from '../stack/options';

/** Nobody is held up by Binance's limits: those have tests of their own. */
export const RAISED_LIMITS = {
  ordersPer10Seconds: 1_000_000,
  ordersPerDay: 10_000_000,
  requestWeightPerMinute: 10_000_000,
  rawRequestsPer5Minutes: 10_000_000,
  openOrdersPerSymbol: 100_000,
};

/** What the simulator of a test reads from its environment: prices stand still. */
export function simulatorEnvironment(seed: number): Record<string, string> {
  return {
    SIMULATOR_SEED: String(seed),
    SIMULATOR_MARKET_INTERVAL_MS: '0',
    SIMULATOR_LIMITS: JSON.stringify(RAISED_LIMITS),
  };
}

/** Simulated exchanges in a process of the test's own, whose faults trouble nobody else. */
export async function startOwnSimulator(
  seed: number,
): Promise<{ simulator: SimulatorAddresses; stop(): Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'own-simulator-'));
  const options = testStackOptions(directory);
  const stack = await startStack({
    ...options,
    parts: ['simulator'],
    environment: { ...options.environment, ...simulatorEnvironment(seed) },
  });
  return {
    simulator: stack.simulator,
    stop: async () => {
      await stack.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
