import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process that can be told from a later one under the same number. */
export interface ProcessIdentity {
  pid: number;
  /** When it was born, in whatever notation the system has; undefined where the system won't say. */
  bornAt: string | undefined;
}

export function identify(pid: number): ProcessIdentity {
  return { pid, bornAt: bornAt(pid) };
}

/** Whether that very process still runs; one that has died and waits to be reaped does not. */
export function isRunning(identity: ProcessIdentity): boolean {
  if (!answersSignals(identity.pid)) return false;
  const now = bornAt(identity.pid);
  return identity.bornAt === undefined || now === identity.bornAt;
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function bornAt(pid: number): string | undefined {
  return process.platform === 'linux' ? bornAtFromProc(pid) : bornAtFromPs(pid);
}

/** proc(5): the command's name is in parentheses and may hold anything; state is field 3, starttime field 22. */
function bornAtFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'reaped soon' : fields[19];
  } catch {
    return undefined;
  }
}

function bornAtFromPs(pid: number): string | undefined {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}
