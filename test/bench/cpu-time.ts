import { readFileSync } from 'node:fs';

/** Processes by what they are to the service. */
export type Pids = Readonly<Record<string, number>>;

const TICK_MS = 10;

/** CPU time that each process has used, ms. Linux only: elsewhere there is none. */
export function cpuTimes(pids: Pids): Record<string, number> {
  if (process.platform !== 'linux') return {};
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuTimeOf(pid)]));
}

function cpuTimeOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // Behind the program's name, which may hold anything: state is field 3, user and system time are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
