import { type Command } from 'commander';
import { type CommonFlags, print } from './command-line';
import type { Surroundings } from './surroundings';

export interface LiveFlags extends CommonFlags {
  watch?: true;
}

const REFRESH_MS = 2_000;

export function addWatchFlag(command: Command): Command {
  return command.option('--watch', `again every ${REFRESH_MS / 1_000} s, until Ctrl-C; with --json one line each time`);
}

/** Shows what is read: once, or again and again in the place of the time before. */
export async function showLive<T>(
  flags: LiveFlags,
  surroundings: Surroundings,
  read: () => Promise<T>,
  textOf: (value: T) => string,
): Promise<void> {
  if (!flags.watch) return print(flags, surroundings, await read(), textOf);
  const { clock, stdout, redraw } = surroundings;
  const stop = surroundings.stopSignal();
  while (!stop.aborted) {
    const value = await read();
    if (flags.json) stdout(JSON.stringify(value));
    else if (redraw) redraw(`${textOf(value)}\n\nCtrl-C ends this.`);
    else stdout(textOf(value));
    await clock.sleep(REFRESH_MS, stop).catch(() => {});
  }
}
