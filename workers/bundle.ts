import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** Where `npm run build` leaves the workflows, beside the compiled workers. */
export const WORKFLOW_BUNDLE = join(__dirname, '..', 'workflow-bundle.js');

/**
 * Loaded once for all workflows of a worker, with all that they import, where other modules are loaded anew for each
 * workflow (README.md). They hold no state, and export no zod schema: the SDK freezes what is shared.
 */
const SHARED_MODULES = [
  '../src/domain/order-state',
  '../src/domain/halt',
  '../src/domain/reconciliation',
  '../workflows/order/messages',
].map((name) => require.resolve(name));

/** Bundles the workflows once, so that no worker has to at its start. */
export async function writeWorkflowBundle(path: string): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('../workflows/index'),
    preloadModules: SHARED_MODULES,
    logger: new DefaultLogger('WARN'),
  });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, code);
}

if (require.main === module) {
  writeWorkflowBundle(WORKFLOW_BUNDLE).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
