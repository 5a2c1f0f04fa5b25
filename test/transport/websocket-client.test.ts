import type { AddressInfo } from 'node:net';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { createHostGuard } from '../../src/transport/host-guard';
import type { WebSocketClientOptions } from '../../src/transport/websocket/websocket-client';
import { WebSocketClient } from '../../src/transport/websocket/websocket-client';

const guard = createHostGuard({ mode: 'SANDBOX', productionHosts: [], sandboxHosts: [], allowSimulated: true });
let server: WebSocketServer;
let endpoint: string;
let greet: (socket: WebSocket) => void;
let client: WebSocketClient;

beforeEach(async () => {
  greet = () => undefined;
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => greet(socket));
  await new Promise((resolve) => server.once('listening', resolve));
  endpoint = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await client.disconnect();
  for (const socket of server.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

const platform = { guard, clock: systemClock, random: systemRandom, logger: silentLogger, purpose: 'MARKET' } as const;
/** A client whose life is over with its socket. */
const ONCE = { reconnect: false };

function make(options: Partial<WebSocketClientOptions> = {}): WebSocketClient {
  client = new WebSocketClient({ ...platform, ...options });
  return client;
}

const closed = (): Promise<[number, string]> =>
  new Promise((resolve) => client.onClose((code, reason) => resolve([code, reason])));

it('hears messages, the first one too, and says what it can’t read', async () => {
  greet = (socket) => {
    socket.send('{"n":1}');
    socket.send('not JSON');
    socket.send(Buffer.from([1, 2]));
    socket.send('{"n":2}');
  };
  make();
  const heard: unknown[] = [];
  const errors: Error[] = [];
  client.onError((error) => errors.push(error));
  const all = new Promise<void>((resolve) => {
    client.onMessage((message) => {
      heard.push(message);
      if (heard.length === 2) resolve();
    });
  });
  await client.connect(endpoint, ONCE);
  await all;
  expect(heard).toEqual([{ n: 1 }, { n: 2 }]);
  expect(errors).toHaveLength(2);
});

it('matches replies to requests by id', async () => {
  greet = (socket) =>
    socket.on('message', (data) => {
      const { id } = JSON.parse(String(data)) as { id: string };
      setImmediate(() => socket.send(JSON.stringify({ id, result: `for ${id}` })));
    });
  await make().connect(endpoint, ONCE);
  const replies = await Promise.all([client.request({ id: 'a' }), client.request({ id: 'b' })]);
  expect(replies).toEqual([
    { id: 'a', result: 'for a' },
    { id: 'b', result: 'for b' },
  ]);
});

it('a request without a reply fails in time, and at the end of the connection', async () => {
  await make({ replyTimeoutMs: 50 }).connect(endpoint, ONCE);
  await expect(client.request({ id: 'a' })).rejects.toMatchObject({ fault: 'TIMEOUT', sent: 'maybe' });
  await make().connect(endpoint, ONCE);
  const waiting = client.request({ id: 'b' });
  client.abandon('enough');
  await expect(waiting).rejects.toMatchObject({ fault: 'CONNECTION_LOST', sent: 'maybe' });
  await expect(client.send({})).rejects.toMatchObject({ fault: 'NOT_CONNECTED', sent: 'no' });
});

it('ends a connection whose other side no longer answers pings', async () => {
  greet = (socket) => ((socket as unknown as { _autoPong: boolean })._autoPong = false);
  make();
  const end = closed();
  await client.connect(endpoint, { ...ONCE, heartbeatIntervalMs: 20, pingTimeoutMs: 40 });
  expect((await end)[1]).toContain('heartbeat');
  expect(client.isOpen()).toBe(false);
});

it('stays open while pings are answered, and answers the server’s', async () => {
  const pongs = new Promise<void>((resolve) => {
    greet = (socket) => {
      socket.on('pong', () => resolve());
      socket.ping('are you there');
    };
  });
  await make().connect(endpoint, { ...ONCE, heartbeatIntervalMs: 10, pingTimeoutMs: 10_000 });
  await pongs;
  for (let beat = 0; beat < 5; beat += 1) await client.sendHeartbeat();
  expect(client.isOpen()).toBe(true);
});

it('says why it ended: by the other side, cut, or by us', async () => {
  make();
  const byServer = closed();
  await client.connect(endpoint, ONCE);
  for (const socket of server.clients) socket.close(4001, 'maintenance');
  expect(await byServer).toEqual([4001, 'maintenance']);
  make();
  const cut = closed();
  await client.connect(endpoint, ONCE);
  for (const socket of server.clients) socket.terminate();
  expect(await cut).toEqual([1006, 'the connection broke']);
  make();
  const byUs = closed();
  await client.connect(endpoint, ONCE);
  await client.disconnect();
  expect((await byUs)[1]).toBe('closed by us');
});

it('refuses hosts out of bounds, and fails where nobody listens', async () => {
  await expect(make().connect('wss://elsewhere.invalid', ONCE)).rejects.toMatchObject({ fault: 'HOST_REFUSED' });
  await expect(make().connect('ws://127.0.0.1:9', ONCE)).rejects.toMatchObject({ fault: 'NOT_CONNECTED', sent: 'no' });
});
