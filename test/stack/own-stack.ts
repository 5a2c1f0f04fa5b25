import { join } from 'node:path';
import { progressLine } from '../../src/local/start';
import { startStack } from '../../src/local/stack';
import { writeWorkflowBundle } from '../../workers/bundle';
import { testStackOptions } from './options';
import { prepareStack } from './prepare';
import { makeRunDirectory, removeRunDirectory } from './run-directory';
import type { TestStack } from './stack';

/** A running stack, and what ends it. */
export interface OwnStack {
  stack: TestStack;
  directory: string;
  close(): Promise<void>;
}

/** Starts the parts, makes the tables and bundles the workflows; all that it writes is in one directory. */
export async function startOwnStack(): Promise<OwnStack> {
  const directory = makeRunDirectory();
  const workflowBundlePath = join(directory, 'workflow-bundle.js');
  const bundle = writeWorkflowBundle(workflowBundlePath);
  bundle.catch(() => undefined); // awaited below; a stack that fails is the first thing to say
  const started = await startStack({ ...testStackOptions(directory), onPart: sayWhatTakesLong });
  const close = async (): Promise<void> => {
    await started.stop();
    removeRunDirectory(directory);
  };
  try {
    await bundle;
    await prepareStack(started);
  } catch (error) {
    await started.stop();
    throw error;
  }
  const { temporalAddress, temporalUiUrl, dynamodbEndpoint, redisUrl, simulator } = started;
  const stack = { temporalAddress, temporalUiUrl, dynamodbEndpoint, redisUrl, simulator, workflowBundlePath };
  return { stack, directory, close };
}

function sayWhatTakesLong(progress: Parameters<typeof progressLine>[0]): void {
  if (progress.state === 'preparing' || progress.state === 'died') {
    const line = progressLine(progress);
    if (line) process.stderr.write(`${line}\n`);
  }
}
