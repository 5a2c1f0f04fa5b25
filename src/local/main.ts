import { ServiceError } from '../domain/errors';
import { readProcessEnvironment } from '../platform/process-environment';
import { LocalStackError } from './local-stack-error';
import { stackOptions } from './options';
import { reset } from './reset';
import { startService } from './service';
import { startSupervised } from './start';

const NPM_POLL_MS = 500;

/** `npm start`: the stack, until Ctrl-C. `npm run reset`: an empty state. */
async function main(): Promise<void> {
  const options = stackOptions(readProcessEnvironment());
  if (process.argv[2] === 'reset') {
    await reset(options);
    return print(`Empty: ${options.directory}`);
  }
  const stopped = stopAsked();
  try {
    await serve({ ...options, nodeArguments: process.execArgv, signal: stopped });
  } catch (error) {
    if (!stopped.aborted) throw error;
  }
}

async function serve(options: ReturnType<typeof stackOptions> & { signal: AbortSignal }): Promise<void> {
  const { stack, failed } = await startSupervised(options, print);
  let withdraw = (): void => undefined;
  try {
    withdraw = await startService(stack, options, print);
    print(`Serving. State and logs are in ${stack.directory}; Ctrl-C stops everything.`);
    await Promise.race([failed, aborted(options.signal)]);
  } finally {
    withdraw();
    await stack.stop();
  }
}

/** Aborts on the usual signals; repeats change nothing, since npm passes on a Ctrl-C that the terminal sent as well. */
function stopAsked(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  if (process.env['npm_lifecycle_event'] === 'start') stopWithNpm(stop);
  return controller.signal;
}

/** An npm that was killed takes nothing with it by itself. */
function stopWithNpm(stop: () => void): void {
  const npm = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== npm) stop();
  }, NPM_POLL_MS);
  timer.unref();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().catch((error: unknown) => {
  console.error(error instanceof LocalStackError || error instanceof ServiceError ? error.message : error);
  process.exitCode = 1;
});
