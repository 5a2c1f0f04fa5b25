import { LocalStackError } from './local-stack-error';
import { PART_TITLES, type PartName, type PartProgress, type StackOptions } from './options';
import { startStack, type Stack } from './stack';

/** How often one part may die and be started again before the stack gives up. */
const RESTARTS_PER_PART = 3;
const TITLE_WIDTH = Math.max(...Object.values(PART_TITLES).map((title) => title.length)) + 2;

/** A stack whose parts are started again when they die. */
export interface SupervisedStack {
  stack: Stack;
  /** Rejects with a LocalStackError when a part can't be kept running; never resolves. */
  failed: Promise<never>;
}

/**
 * Brings the stack up with a line for each part, and keeps its parts running.
 * @throws LocalStackError in one line when it doesn't come up
 */
export async function startSupervised(options: StackOptions, print: (line: string) => void): Promise<SupervisedStack> {
  const deaths = new Map<PartName, number>();
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => (fail = reject));
  failed.catch(() => undefined); // whoever waits for it sees it; nobody may
  let stack: Stack | undefined;
  async function revive(part: PartName): Promise<void> {
    const count = (deaths.get(part) ?? 0) + 1;
    deaths.set(part, count);
    if (count > RESTARTS_PER_PART)
      throw new LocalStackError(`${PART_TITLES[part]} died ${count} times: see its log in ${options.directory}/logs.`);
    await stack?.parts[part]?.start();
  }
  stack = await startStack({
    ...options,
    onPart: (progress) => {
      const line = progressLine(progress);
      if (line) print(line);
      if (progress.state === 'died') revive(progress.part).catch(fail);
    },
  });
  return { stack, failed };
}

/** One line for a person; undefined for what isn't worth one. */
export function progressLine({ part, state, detail, elapsedMs }: PartProgress): string | undefined {
  const title = PART_TITLES[part].padEnd(TITLE_WIDTH);
  const seconds = `${(elapsedMs / 1000).toFixed(1)} s`;
  switch (state) {
    case 'ready':
      return `  ${title}ready in ${seconds}  ${detail}`;
    case 'stopped':
      return `  ${title}stopped in ${seconds}`;
    case 'died':
      return `  ${title}died, starting it again (${detail})`;
    case 'preparing':
      return detail ? `  ${title}${detail}` : undefined;
    case 'starting':
    case 'stopping':
      return undefined;
  }
}
