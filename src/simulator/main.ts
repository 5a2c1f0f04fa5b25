import { parseArgs } from 'node:util';
import { createLogger } from '../platform/logger';
import type { AccountInput } from './accounts-input';
import { DEMO_ACCOUNT } from './demo-account';
import { type RunningSimulator, type SimulatorOptions, startSimulator } from './simulator';

/**
 * Runs the simulated exchanges until SIGTERM or SIGINT. Each setting is an option or an environment variable:
 * --directory / SIMULATOR_DIRECTORY, --binance-port / SIMULATOR_BINANCE_PORT, and so on.
 */
async function main(): Promise<void> {
  const logger = createLogger('simulator', process.env['LOG_LEVEL'] ?? 'info');
  const options = readOptions();
  const simulator = await startSimulator({ ...options, logger });
  const { binance, admin } = simulator;
  process.stdout.write(`${JSON.stringify({ ready: true, binance, admin })}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(simulator));
}

async function stop(simulator: RunningSimulator): Promise<void> {
  await simulator.close();
  process.exit(0);
}

function readOptions(): SimulatorOptions {
  const { values } = parseArgs({
    options: {
      directory: { type: 'string', default: process.env['SIMULATOR_DIRECTORY'] ?? '.cache/simulator' },
      host: { type: 'string', default: process.env['SIMULATOR_HOST'] ?? '127.0.0.1' },
      'binance-port': { type: 'string', default: process.env['SIMULATOR_BINANCE_PORT'] ?? '0' },
      'admin-port': { type: 'string', default: process.env['SIMULATOR_ADMIN_PORT'] ?? '0' },
      seed: { type: 'string', default: process.env['SIMULATOR_SEED'] ?? '1' },
      'market-interval-ms': { type: 'string', default: process.env['SIMULATOR_MARKET_INTERVAL_MS'] ?? '500' },
      accounts: { type: 'string', default: process.env['SIMULATOR_ACCOUNTS'] ?? '' },
      limits: { type: 'string', default: process.env['SIMULATOR_LIMITS'] ?? '' },
    },
  });
  return {
    directory: values.directory,
    host: values.host,
    binance: { port: wholeNumber('binance-port', values['binance-port']) },
    adminPort: wholeNumber('admin-port', values['admin-port']),
    seed: wholeNumber('seed', values.seed),
    marketIntervalMs: wholeNumber('market-interval-ms', values['market-interval-ms']),
    accounts: values.accounts === '' ? [DEMO_ACCOUNT] : (JSON.parse(values.accounts) as AccountInput[]),
    ...(values.limits !== '' && { limits: JSON.parse(values.limits) as NonNullable<SimulatorOptions['limits']> }),
  };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new RangeError(`The option ${name} must be a whole number, got "${text}".`);
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`The simulator could not start: ${message}\n`);
  process.exit(1);
});
