import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A connection to a real part of the stack that a test can break. */
export interface Line {
  port: number;
  /** Nothing passes any more, and nobody is told. */
  fallSilent(): void;
  /** All connections end, and new ones at once. */
  cut(): void;
  mend(): void;
  close(): void;
}

export async function openLine({ hostname, port }: URL): Promise<Line> {
  const sockets = new Set<Socket>();
  let state: 'open' | 'silent' | 'cut' = 'open';
  const server = createServer((near) => {
    if (state === 'cut') return void near.destroy();
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => void (state === 'silent' || to.write(bytes)));
      from.on('error', () => to.destroy()).on('close', () => sockets.delete(from) && to.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    state = 'cut';
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    fallSilent: () => void (state = 'silent'),
    cut,
    mend: () => void (state = 'open'),
    close: () => {
      cut();
      server.close();
    },
  };
}
