import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { identify, isRunning, type ProcessIdentity } from '../platform/process-identity';

/** What a lock file says about its holder. */
export interface LockHolder {
  owner: ProcessIdentity;
  /** ISO time. */
  lockedAt: string;
  /** The process that clears up after the owner, if it has one. */
  watchdog?: ProcessIdentity;
}

export type LockAttempt =
  { locked: true; takenOverFrom: LockHolder | undefined; release(): void } | { locked: false; holder: LockHolder };

/**
 * Takes the lock at `path` for this process, or says who has it. A lock whose owner has died is taken over.
 * The file appears complete or not at all: it is written aside and linked into place.
 */
export function tryLock(path: string, lockedAt: string, watchdog?: ProcessIdentity): LockAttempt {
  mkdirSync(dirname(path), { recursive: true });
  const mine: LockHolder = { owner: identify(process.pid), lockedAt, ...(watchdog ? { watchdog } : {}) };
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(mine));
  try {
    if (linked(draft, path)) return { locked: true, takenOverFrom: undefined, release: () => release(path, mine) };
    const holder = readHolder(path);
    if (holder && isRunning(holder.owner)) return { locked: false, holder };
    if (!removeStale(path, holder)) return { locked: false, holder: readHolder(path) ?? mine };
    if (!linked(draft, path)) return { locked: false, holder: readHolder(path) ?? mine };
    return { locked: true, takenOverFrom: holder, release: () => release(path, mine) };
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Who holds the lock at `path`, dead or alive. */
export function readHolder(path: string): LockHolder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LockHolder;
  } catch {
    return undefined;
  }
}

function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves the dead holder's file away; false when somebody else was quicker, whose lock is then put back. */
function removeStale(path: string, stale: LockHolder | undefined): boolean {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return false;
  }
  const moved = readHolder(aside);
  const sameHolder = moved?.owner.pid === stale?.owner.pid && moved?.lockedAt === stale?.lockedAt;
  if (!sameHolder) linked(aside, path);
  rmSync(aside, { force: true });
  return sameHolder;
}

function release(path: string, mine: LockHolder): void {
  const holder = readHolder(path);
  if (holder?.owner.pid === mine.owner.pid && holder.lockedAt === mine.lockedAt) rmSync(path, { force: true });
}
