import { serveHealth } from '../../src/health/health-server';
import { type Logger, silentLogger } from '../../src/platform/logger';

const sources = { workers: () => [], dependencies: () => Promise.resolve([]) };

test('a worker without HEALTH_ADDRESS says at its start that nobody can ask for its health, and what to set', async () => {
  const warnings: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (_, message) => warnings.push(message) };
  expect(await serveHealth(sources, undefined, logger)).toBeUndefined();
  expect(warnings).toEqual([expect.stringMatching(/HEALTH_ADDRESS is not set.*\/live and \/ready.*host:port/)]);
});
