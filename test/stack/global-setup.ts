import { join } from 'node:path';
import { type OwnStack, startOwnStack } from './own-stack';
import { TEST_STACK_VARIABLE } from './stack';

declare global {
  /** What the global teardown, which Jest runs in this same process, has to end. */
  var testRun: OwnStack | undefined;
}

/** One stack for the whole run, started only when a selected test file needs it. */
export default async function setUp(): Promise<void> {
  const run = await startOwnStack();
  globalThis.testRun = run;
  process.env['AUDIT_SPOOL_DIRECTORY'] = join(run.directory, 'audit');
  process.env[TEST_STACK_VARIABLE] = JSON.stringify(run.stack);
}
