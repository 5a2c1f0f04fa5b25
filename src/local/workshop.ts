import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../platform/clock';
import { isoTime } from '../platform/clock';
import { LocalStackError } from './local-stack-error';
import { tryLock } from './lock-file';
import { lastLogLines } from './log-tail';
import type { Environment } from './programs';
import { signalGroup, type Watchdog } from './watchdog';

/** For one download or build; also how long another process that is at it is waited for. */
const BUILD_LIMIT_MS = 900_000;
const LOCK_POLL_MS = 500;

/** Where parts that don't come with the machine are downloaded or built, once. */
export interface Workshop {
  cacheDirectory: string;
  environment: Environment;
  watchdog: Watchdog;
  clock: Clock;
  signal: AbortSignal;
  /** Says what takes so long. */
  report(detail: string): void;
}

/** Something that is made once and kept. */
export interface CacheItem {
  /** Its folder in the cache; carries the version, since what is there is never made again. */
  name: string;
  /** What is being done, for people. */
  doing: string;
  /** Fills an empty directory. */
  make(directory: string): Promise<void>;
}

/**
 * The item's directory: there already, or made now. Only one process makes it, and it appears complete or not at all.
 * @throws LocalStackError when it can't be made or another process takes too long over it.
 */
export async function cached(workshop: Workshop, item: CacheItem): Promise<string> {
  const finished = join(workshop.cacheDirectory, item.name);
  if (existsSync(finished)) return finished;
  const release = await lockItem(workshop, item);
  try {
    if (existsSync(finished)) return finished;
    workshop.report(item.doing);
    const partial = `${finished}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    await item.make(partial);
    renameSync(partial, finished);
    return finished;
  } finally {
    release();
  }
}

async function lockItem(workshop: Workshop, item: CacheItem): Promise<() => void> {
  const { clock } = workshop;
  const path = join(workshop.cacheDirectory, `${item.name}.lock`);
  const giveUpAtMs = clock.now() + BUILD_LIMIT_MS;
  for (let told = false; ; told = true) {
    const attempt = tryLock(path, isoTime(clock.now()));
    if (attempt.locked) return attempt.release;
    const other = attempt.holder.owner.pid;
    if (!told) workshop.report(`${item.doing} (pid ${other} is at it)`);
    if (clock.now() > giveUpAtMs) {
      throw new LocalStackError(
        `Waited ${BUILD_LIMIT_MS / 60_000} minutes for pid ${other}, which is ${item.doing}: end it, or remove ${path}.`,
      );
    }
    await clock.sleep(LOCK_POLL_MS, workshop.signal);
  }
}

/**
 * Runs a build tool to its end; its output goes to a log beside the item.
 * @throws LocalStackError with the end of that log.
 */
export async function runTool(
  workshop: Workshop,
  tool: { command: string; args: readonly string[]; directory: string; environment?: Environment },
): Promise<void> {
  const log = `${tool.directory}.log`;
  const output = openSync(log, 'w');
  const environment = { ...workshop.environment, ...tool.environment };
  const child = workshop.watchdog.spawn({ ...tool, environment, stdout: output, stderr: output });
  closeSync(output);
  const limit = AbortSignal.any([workshop.signal, AbortSignal.timeout(BUILD_LIMIT_MS)]);
  const kill = (): void => signalGroup(child, 'SIGKILL');
  limit.addEventListener('abort', kill, { once: true });
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    workshop.signal.throwIfAborted();
    if (code === 0) return;
    const ending =
      code === null ? `was stopped after ${BUILD_LIMIT_MS / 60_000} minutes` : `failed with exit code ${code}`;
    throw new LocalStackError(`${tool.command} ${ending}: ${lastLogLines(log)} (all of it: ${log})`);
  } finally {
    limit.removeEventListener('abort', kill);
  }
}
