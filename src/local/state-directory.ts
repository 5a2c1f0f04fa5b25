import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isoTime } from '../platform/clock';
import { LocalStackError } from './local-stack-error';
import { tryLock, type LockHolder } from './lock-file';
import { PART_NAMES, PORT_VARIABLES, type StackOptions } from './options';
import { isRunning, type ProcessIdentity } from '../platform/process-identity';

/** The watchdog of a crashed run gives its parts 5 s, then kills them. */
const ORPHANS_LIMIT_MS = 15_000;
const ORPHANS_POLL_MS = 100;

/** The file that says where a running stack serves (StackAddresses). */
export function addressFile(directory: string): string {
  return join(directory, 'stack.json');
}

/** Where a running `npm start` leaves what the CLI needs to reach it. */
export function serviceEnvironmentFile(directory: string): string {
  return join(directory, 'service.env');
}

/**
 * Makes this process the only one that uses the state directory; that of a crashed process is taken over as soon as
 * its parts have ended. @returns what gives the directory back
 * @throws LocalStackError that names the process that has it
 */
export async function lockState(options: StackOptions, watchdog?: ProcessIdentity): Promise<() => void> {
  const { clock, directory } = options;
  mkdirSync(directory, { recursive: true });
  const attempt = tryLock(join(directory, 'stack.lock'), isoTime(clock.now()), watchdog);
  if (!attempt.locked) throw alreadyRunning(directory, attempt.holder);
  try {
    await awaitOrphans(options, attempt.takenOverFrom);
    return attempt.release;
  } catch (error) {
    attempt.release();
    throw error;
  }
}

/** Removes what stacks have left in the directory, and nothing else that may be there. */
export function removeState(directory: string): void {
  for (const name of [...PART_NAMES, 'workers', 'secrets', 'logs'])
    rmSync(join(directory, name), { recursive: true, force: true });
  rmSync(addressFile(directory), { force: true });
  rmSync(serviceEnvironmentFile(directory), { force: true });
}

function alreadyRunning(directory: string, holder: LockHolder): LocalStackError {
  const { pid } = holder.owner;
  return new LocalStackError(
    `A stack runs already in ${directory}: pid ${pid}, since ${holder.lockedAt}. Stop it (Ctrl-C there, or kill ${pid}); a second one beside it needs its own EXCHANGE_INTEGRATION_DIRECTORY and ${Object.values(PORT_VARIABLES).join(', ')}.`,
  );
}

async function awaitOrphans(options: StackOptions, crashed: LockHolder | undefined): Promise<void> {
  const { clock, signal } = options;
  const giveUpAtMs = clock.now() + ORPHANS_LIMIT_MS;
  while (crashed?.watchdog && isRunning(crashed.watchdog)) {
    if (clock.now() > giveUpAtMs) {
      throw new LocalStackError(
        `The parts of a stack that crashed (pid ${crashed.owner.pid}) have not stopped within ${ORPHANS_LIMIT_MS / 1000} s: end pid ${crashed.watchdog.pid} and what it watches over.`,
      );
    }
    await clock.sleep(ORPHANS_POLL_MS, signal);
  }
}
