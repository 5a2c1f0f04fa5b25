import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** An HTTP call that came to the line. */
export interface LineCall {
  /** As "DELETE /api/v3/order". */
  name: string;
  /** When it was passed on, ms since the epoch; absent while the line is silent, and for ever if its sender gave up. */
  passedAtMs?: number;
}

/** A connection to a real part of the stack that a test can break. */
export interface Line {
  port: number;
  /** Oldest first: in the order in which they are passed on. */
  calls: readonly LineCall[];
  /** How many connections are open to it. */
  readonly connections: number;
  /** Nothing passes, and nobody is told. Once it is mended all does that its senders have not given up. */
  fallSilent(): void;
  /** All connections end, and new ones at once. */
  cut(): void;
  mend(): void;
  close(): void;
}

const REQUEST = /^(?<method>GET|POST|PUT|DELETE) (?<path>[^ ?]+)/;

export async function openLine({ hostname, port }: URL): Promise<Line> {
  const sockets = new Set<Socket>();
  const calls: LineCall[] = [];
  const held: (() => void)[] = [];
  let state: 'open' | 'silent' | 'cut' = 'open';
  const server = createServer((near) => {
    if (state === 'cut') return void near.destroy();
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => {
        const call = from === near ? callIn(bytes) : undefined;
        if (call !== undefined) calls.push(call);
        const pass = (): void => {
          if (to.destroyed) return;
          if (call !== undefined) call.passedAtMs = Date.now();
          to.write(bytes);
        };
        if (state === 'silent') held.push(pass);
        else pass();
      });
      from.on('error', () => to.destroy()).on('close', () => sockets.delete(from) && to.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    state = 'cut';
    held.length = 0;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    calls,
    get connections() {
      return sockets.size / 2;
    },
    fallSilent: () => void (state = 'silent'),
    cut,
    mend: () => {
      state = 'open';
      for (const pass of held.splice(0)) pass();
    },
    close: () => {
      cut();
      server.close();
    },
  };
}

/** Clients write a call's first line with the first bytes of it. */
function callIn(bytes: Buffer): LineCall | undefined {
  const { method, path } = REQUEST.exec(bytes.toString('latin1'))?.groups ?? {};
  return method === undefined ? undefined : { name: `${method} ${path}` };
}
