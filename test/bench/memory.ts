import { readFileSync } from 'node:fs';
import type { Pids } from './cpu-time';

const KIB_A_MIB = 1_024;

/** Memory that each process has resident, MiB. Linux only: elsewhere there is none. */
export function residentMiB(pids: Pids): Record<string, number> {
  if (process.platform !== 'linux') return {};
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, residentMiBOf(pid)]));
}

function residentMiBOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return Math.round(Number(kib) / KIB_A_MIB);
}
