import { join } from 'node:path';
import { FREE_PORTS, stackOptions, type StackOptions } from '../../src/local/options';

/** Node's arguments for child processes that run the project's TypeScript. */
export const TYPESCRIPT_ARGUMENTS: readonly string[] = ['--require', join(__dirname, 'typescript-hook.cjs')];

/** Addresses in the environment are for the service: tests start parts of their own, which they may break. */
const ADDRESSES = ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'DYNAMODB_ENDPOINT', 'REDIS_URL', 'SIMULATOR_ADDRESSES'];

/** A stack for tests: free ports, a directory of its own, what is downloaded shared with everybody. */
export function testStackOptions(directory: string): StackOptions {
  const own = Object.entries(process.env).filter(([name]) => !ADDRESSES.includes(name));
  return {
    ...stackOptions(Object.fromEntries(own)),
    directory,
    ports: FREE_PORTS,
    inMemory: ['dynamodb'],
    nodeArguments: TYPESCRIPT_ARGUMENTS,
  };
}
