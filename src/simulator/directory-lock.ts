import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import { type Server, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Keeps a second simulator off a directory: two would write one journal. A socket, not a file with a process id,
 * because the system lets go of it however the holder dies.
 * @returns how to let go
 * @throws Error when another simulator runs on the directory
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  mkdirSync(directory, { recursive: true });
  const name = createHash('sha256').update(realpathSync(directory)).digest('hex').slice(0, 16);
  const path = join(tmpdir(), `exchange-simulator-${name}.sock`);
  let server = await listen(path);
  if (server === undefined && !(await answers(path))) {
    rmSync(path, { force: true });
    server = await listen(path);
  }
  if (server === undefined) {
    throw new Error(`Another simulator runs on ${directory}: stop it, or give this one a directory of its own.`);
  }
  const held = server;
  return () => new Promise((resolve) => held.close(() => resolve()));
}

function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('listening', () => resolve(server));
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(path);
    server.unref();
  });
}

/** Whether someone is behind the socket; one that was left by a killed process refuses. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
