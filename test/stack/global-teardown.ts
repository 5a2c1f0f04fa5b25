import { removeRunDirectory } from './run-directory';
import './global-setup';

export default async function tearDown(): Promise<void> {
  const run = globalThis.testRun;
  if (!run) return;
  await run.stack.stop();
  removeRunDirectory(run.directory);
}
