import { stackOptions } from '../../src/local/options';
import { startWatchdog } from '../../src/local/watchdog';
import type { Workshop } from '../../src/local/workshop';

/** Does something where tools that tests need are got once: in the project's cache, as the stack's parts are. */
export async function inWorkshop<T>(title: string, work: (workshop: Workshop) => Promise<T>): Promise<T> {
  const { environment, cacheDirectory, clock } = stackOptions(process.env);
  const watchdog = startWatchdog();
  const report = (detail: string): void => void process.stderr.write(`  ${title}  ${detail}\n`);
  try {
    return await work({ environment, cacheDirectory, watchdog, clock, signal: new AbortController().signal, report });
  } finally {
    await watchdog.close();
  }
}
