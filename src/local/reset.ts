import type { StackOptions } from './options';
import { lockState, removeState } from './state-directory';

/**
 * Empties the state directory: orders, positions, workflows, and the books of the simulated exchanges. What is
 * downloaded stays, and so does everything in parts that run elsewhere.
 * @throws LocalStackError while a stack runs in it
 */
export async function reset(options: StackOptions): Promise<void> {
  const unlock = await lockState(options);
  try {
    removeState(options.directory);
  } finally {
    unlock();
  }
}
