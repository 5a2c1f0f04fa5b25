import type { StackAddresses } from '../../src/local/stack';

/** What the run's one stack offers to tests; plain data. Isolate by tenant, and by task queue where a worker is yours. */
export interface TestStack extends StackAddresses {
  /** The workflows, bundled once for the run: `Worker.create({ workflowBundle: { codePath } })`. */
  workflowBundlePath: string;
}

/** The variable through which the global setup hands the stack to the test processes. */
export const TEST_STACK_VARIABLE = 'TEST_STACK';

/**
 * The stack this test run has started.
 * @throws Error in a test file that doesn't import this module by itself: that import is what starts the stack
 */
export function testStack(): TestStack {
  const text = process.env[TEST_STACK_VARIABLE];
  if (!text)
    throw new Error(
      `No stack was started: import test/stack/stack in the test file itself (test/jest.config.cjs looks for it).`,
    );
  return JSON.parse(text) as TestStack;
}
