import { join } from 'node:path';
import { progressLine } from '../../src/local/start';
import { startStack, type Stack } from '../../src/local/stack';
import { writeWorkflowBundle } from '../../workers/bundle';
import { testStackOptions } from './options';
import { prepareStack } from './prepare';
import { makeRunDirectory } from './run-directory';
import { TEST_STACK_VARIABLE, type TestStack } from './stack';

/** What the global teardown, which Jest runs in this same process, has to end. */
export interface RunState {
  stack: Stack;
  directory: string;
}

declare global {
  var testRun: RunState | undefined;
}

/** One stack for the whole run, started only when a selected test file needs it. */
export default async function setUp(): Promise<void> {
  const directory = makeRunDirectory();
  const bundlePath = join(directory, 'workflow-bundle.js');
  const bundle = writeWorkflowBundle(bundlePath);
  bundle.catch(() => undefined); // awaited below; a stack that fails is the first thing to say
  const stack = await startStack({ ...testStackOptions(directory), onPart: sayWhatTakesLong });
  try {
    await bundle;
    await prepareStack(stack);
  } catch (error) {
    await stack.stop();
    throw error;
  }
  globalThis.testRun = { stack, directory };
  const { temporalAddress, temporalUiUrl, dynamodbEndpoint, redisUrl, simulator } = stack;
  const shared: TestStack = {
    temporalAddress,
    temporalUiUrl,
    dynamodbEndpoint,
    redisUrl,
    simulator,
    workflowBundlePath: bundlePath,
  };
  process.env['AUDIT_SPOOL_DIRECTORY'] = join(directory, 'audit');
  process.env[TEST_STACK_VARIABLE] = JSON.stringify(shared);
}

function sayWhatTakesLong(progress: Parameters<typeof progressLine>[0]): void {
  if (progress.state === 'preparing' || progress.state === 'died') {
    const line = progressLine(progress);
    if (line) process.stderr.write(`${line}\n`);
  }
}
