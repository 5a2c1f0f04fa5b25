import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { Connection } from '../../src/domain/connection';
import { ConnectionTally, together } from '../../src/metrics/connection-tally';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { createHostGuard } from '../../src/transport/host-guard';
import { createRESTClient } from '../../src/transport/rest/rest-client';
import { WebSocketClient } from '../../src/transport/websocket/websocket-client';
import { unobserved } from '../audit/silent-audit';
import { KeptMetrics } from './kept-metrics';

const guard = createHostGuard({ mode: 'SANDBOX', productionHosts: [], sandboxHosts: [], allowSimulated: true });
const account = { tenantId: 'demo', exchangeId: 'BINANCE' } as const;
const NEVER_MS = 3_600_000;

let server: Server;
let sockets: WebSocketServer;
let status: number;
let host: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    if (status === 0) request.socket.destroy();
    else response.writeHead(status).end('{}');
  });
  sockets = new WebSocketServer({ server });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  sockets.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

it('tells calls, their mean latency, and as errors only silence and 5xx', async () => {
  const sink = new KeptMetrics();
  const tally = new ConnectionTally(sink, systemClock, NEVER_MS);
  const observer = together([unobserved, tally.observe(account)]);
  const rest = createRESTClient({ baseUrl: `http://${host}`, guard, clock: systemClock, observer });
  const sign = (): { method: string; url: string; headers: Record<string, string> } => ({
    method: 'GET',
    url: `http://${host}/order`,
    headers: {},
  });
  for (status of [200, 400, 503, 0]) {
    const call = { method: 'GET', endpoint: '/order', sign, label: { operation: 'ORDER_QUERY' } } as const;
    await rest.request(call).catch(() => undefined);
  }
  await rest.close();
  await tally.close();
  expect(sink.connected).toMatchObject([{ ...account, connectionType: 'REST', errorRate: 0.5 }]);
  const [{ latencyMs, messagesPerSecond } = {}] = sink.connected;
  expect(latencyMs).toBeGreaterThanOrEqual(0);
  expect(messagesPerSecond).toBeGreaterThan(0);
});

it('tells what a socket hears, how long its pings take, and that it broke', async () => {
  const sink = new KeptMetrics();
  const tally = new ConnectionTally(sink, systemClock, NEVER_MS);
  const client = new WebSocketClient({
    ...{ guard, clock: systemClock, random: systemRandom, logger: silentLogger, purpose: 'ACCOUNT' },
    observer: tally.observe(account),
  });
  sockets.once('connection', (socket) => {
    for (const message of ['{"a":1}', '{"a":2}', 'not JSON']) socket.send(message);
  });
  const heard = new Promise<void>((resolve) => client.onError(() => resolve()));
  const closed = new Promise<void>((resolve) => client.onClose(() => resolve()));
  await client.connect(`ws://${host}/`, { reconnect: false });
  await heard;
  await client.sendHeartbeat();
  for (const socket of sockets.clients) socket.terminate();
  await closed;
  await tally.close();
  expect(sink.connected).toMatchObject([{ ...account, connectionType: 'WEBSOCKET', errorRate: 2 / 5 }]);
  expect(sink.connected[0]?.latencyMs).toBeGreaterThanOrEqual(0);
});

const aConnection = (fields: Partial<Connection>, errorRate = 0): Connection => ({
  ...account,
  ...{ connectionId: 'c-1', type: 'WEBSOCKET', status: 'CONNECTED', endpoint: 'ws://x', reconnectAttempts: 0 },
  lastActivityAt: '2026-01-31T12:00:00.000Z',
  metrics: {
    ...{ uptimeMs: 0, latencyMs: 0, latencyP95Ms: 0, messagesReceived: 0, messagesSent: 0, reconnectionCount: 0 },
    errorRate,
  },
  ...fields,
});

it('tells of connections that do nothing, with the worst error rate of their last minute', async () => {
  const sink = new KeptMetrics();
  const tally = new ConnectionTally(sink, systemClock, NEVER_MS);
  tally.observe({ tenantId: 'idle', exchangeId: 'BINANCE' });
  tally.lookAt(() => [aConnection({}, 0.25), aConnection({ connectionId: 'c-2' }, 1), aConnection({ type: 'REST' })]);
  await tally.close();
  const nothing = { ...account, messagesPerSecond: 0 };
  expect(sink.connected.map(({ timestamp: _, ...metrics }) => metrics)).toEqual([
    { ...nothing, connectionType: 'WEBSOCKET', errorRate: 1 },
    { ...nothing, connectionType: 'REST', errorRate: 0 },
  ]);
});

it('takes the error rate of the interval itself where something was answered in it', async () => {
  const sink = new KeptMetrics();
  const tally = new ConnectionTally(sink, systemClock, NEVER_MS);
  const watch = tally.observe(account).watch?.({ type: 'WEBSOCKET', purpose: 'ACCOUNT', endpoint: 'ws://x' });
  watch?.received();
  tally.lookAt(() => [aConnection({}, 1)]);
  await tally.close();
  expect(sink.connected).toMatchObject([{ connectionType: 'WEBSOCKET', errorRate: 0 }]);
});
