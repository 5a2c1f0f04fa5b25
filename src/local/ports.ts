import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import type { Random } from '../platform/random';
import { LocalStackError } from './local-stack-error';

/** Below the ranges from which Linux and macOS draw the ports of outgoing connections. */
const FIRST_FREE_PORT = 20_000;
const LAST_FREE_PORT = 32_000;
const FREE_PORT_ATTEMPTS = 50;

/** A port a part listens on, and the variable that changes it. */
export interface PortNeed {
  port: number;
  variable: string;
}

/** @throws LocalStackError that names the port, the part, who holds it if that can be seen, and how to change it. */
export async function requireFreePort(title: string, need: PortNeed): Promise<void> {
  if (await isFree(need.port)) return;
  const holder = portHolder(need.port);
  throw new LocalStackError(
    `Port ${need.port} for ${title} is in use${holder ? ` by pid ${holder}` : ''}: stop what listens there, or set ${need.variable} to another port.`,
  );
}

/** A port nobody listens on. */
export async function freePort(random: Random): Promise<number> {
  for (let attempt = 0; attempt < FREE_PORT_ATTEMPTS; attempt++) {
    const port = FIRST_FREE_PORT + Math.floor(random.fraction() * (LAST_FREE_PORT - FIRST_FREE_PORT));
    if (await isFree(port)) return port;
  }
  throw new LocalStackError(
    `No free port between ${FIRST_FREE_PORT} and ${LAST_FREE_PORT} in ${FREE_PORT_ATTEMPTS} tries: name the ports instead.`,
  );
}

/** Both the loopback address and all addresses: a listener on either would be in the way. */
async function isFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port));
}

function canListen(port: number, host?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, ...(host ? { host } : {}) }, () => server.close(() => resolve(true)));
  });
}

/** The pid that listens on the port, where one of the usual programs can tell. */
function portHolder(port: number): string | undefined {
  const lsof = output('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t']).split('\n')[0];
  return lsof || /pid=(\d+)/.exec(output('ss', ['-ltnpH', `sport = :${port}`]))?.[1];
}

function output(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
