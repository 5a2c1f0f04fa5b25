import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const RUNS = join(__dirname, '..', '..', '.cache', 'test', 'runs');

/** This run's directory; what runs that were killed have left behind goes. */
export function makeRunDirectory(): string {
  mkdirSync(RUNS, { recursive: true });
  for (const pid of readdirSync(RUNS)) if (!isAlive(Number(pid))) removeRunDirectory(join(RUNS, pid));
  const directory = join(RUNS, String(process.pid));
  mkdirSync(directory, { recursive: true });
  return directory;
}

export function removeRunDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
