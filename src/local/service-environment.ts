import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackAddresses } from './stack';
import { serviceEnvironmentFile } from './state-directory';

/** Readable by its owner only: it holds the key of the stored credentials. */
const PRIVATE = { mode: 0o600 };

/**
 * What the service's processes read from their environment to run on this stack. The key of the stored credentials is
 * made once and kept with the state: without it they could not be read after a restart.
 */
export function serviceEnvironment(stack: StackAddresses & { directory: string }): Record<string, string> {
  return {
    TEMPORAL_ADDRESS: stack.temporalAddress,
    DYNAMODB_ENDPOINT: stack.dynamodbEndpoint,
    REDIS_URL: stack.redisUrl,
    ALLOW_SIMULATED: '1',
    AUDIT_SPOOL_DIRECTORY: join(stack.directory, 'workers', 'audit'),
    CREDENTIALS_KEY: `local:${credentialsKey(join(stack.directory, 'secrets'))}`,
  };
}

/** Leaves the environment for commands beside `npm start`. @returns what removes it again */
export function publishEnvironment(directory: string, environment: Record<string, string>): () => void {
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(serviceEnvironmentFile(directory), lines.join(''), PRIVATE);
  return () => rmSync(serviceEnvironmentFile(directory), { force: true });
}

function credentialsKey(directory: string): string {
  const path = join(directory, 'credentials.key');
  if (!existsSync(path)) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(path, randomBytes(32).toString('base64'), PRIVATE);
  }
  return readFileSync(path, 'utf8');
}
