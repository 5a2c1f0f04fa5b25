import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { identify, type ProcessIdentity } from '../platform/process-identity';

/** How long the watchdog lets the orphans of a crashed run stop by themselves before it kills them: 50 × 0.1 s. */
const ORPHAN_POLLS = 50;

/**
 * Reads `add <pid>` and `remove <pid>` until its input ends, which it does when the owner stops or dies in whatever
 * way; then it stops the process groups that are left, the newest first.
 */
const SCRIPT = `
trap '' INT HUP TERM
groups=''
while read -r verb pid; do
  kept=''
  for group in $groups; do [ "$group" = "$pid" ] || kept="$kept $group"; done
  groups=$kept
  [ "$verb" = add ] && groups="$pid $groups"
done
for group in $groups; do kill -s TERM -- "-$group" 2>/dev/null; done
polls=0
while [ $polls -lt ${ORPHAN_POLLS} ]; do
  alive=''
  for group in $groups; do kill -s 0 -- "-$group" 2>/dev/null && alive="$alive $group"; done
  [ -z "$alive" ] && exit 0
  groups=$alive
  sleep 0.1
  polls=$((polls + 1))
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
`;

/** Waits for a line before it becomes the program: if the owner dies before the watchdog knows of it, it never runs. */
const GATE = 'read -r _ && exec "$@" </dev/null';

/** Where a guarded program's output goes: file descriptors, or a pipe to the caller. */
export interface GuardedSpawn {
  command: string;
  args: readonly string[];
  environment: Record<string, string | undefined>;
  directory: string;
  stdout: number | 'pipe';
  stderr: number | 'pipe';
}

export interface Watchdog {
  readonly identity: ProcessIdentity;
  /** Starts a program in a process group of its own that does not outlive this process, not even after `kill -9`. */
  spawn(program: GuardedSpawn): ChildProcess;
  /** Ends the watchdog; whatever it still guards is stopped. */
  close(): Promise<void>;
}

/** A tiny process beside this one, connected by a pipe: when this one is gone the pipe closes, and it clears up. */
export function startWatchdog(): Watchdog {
  const shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  const pipe = shell.stdin;
  pipe.on('error', () => undefined); // it was killed: the parts still die by stop(), only a crash is unguarded then
  shell.unref();
  (pipe as Writable & { unref?(): void }).unref?.();
  const closed = once(shell, 'exit');
  return {
    identity: identify(shell.pid ?? -1),
    spawn: (program) => spawnGuarded(program, pipe),
    close: async () => {
      shell.ref();
      pipe.end();
      await closed;
    },
  };
}

function spawnGuarded(program: GuardedSpawn, watchdog: Writable): ChildProcess {
  const child = spawn('/bin/sh', ['-c', GATE, 'sh', program.command, ...program.args], {
    stdio: ['pipe', program.stdout, program.stderr],
    cwd: program.directory,
    env: program.environment,
    detached: true,
  });
  child.once('exit', () => watchdog.write(`remove ${child.pid}\n`));
  watchdog.write(`add ${child.pid}\n`, () => child.stdin?.end('go\n'));
  child.stdin?.on('error', () => undefined);
  return child;
}

/** Sends the signal to the program and everything it started. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
