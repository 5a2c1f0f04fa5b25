import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { systemClock } from '../../src/platform/clock';
import { createHostGuard } from '../../src/transport/host-guard';
import { createRESTClient } from '../../src/transport/rest/rest-client';
import { watchedClient } from './socket-server';

/** Made for this test with openssl, valid for a hundred years, trusted by nobody. */
const CERTIFICATES = join(__dirname, 'certificates');
const guard = createHostGuard({
  mode: 'PRODUCTION',
  productionHosts: ['localhost'],
  sandboxHosts: [],
  allowSimulated: false,
});

let server: Server;
let sockets: WebSocketServer;
let port: number;
let requests = 0;

beforeAll(async () => {
  const [key, cert] = ['self-signed.key.pem', 'self-signed.pem'].map((name) => readFileSync(join(CERTIFICATES, name)));
  server = createServer({ key, cert }, (_, response) => {
    requests += 1;
    response.end('{}');
  });
  sockets = new WebSocketServer({ server });
  sockets.on('connection', () => (requests += 1));
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  sockets.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

it.each(['1', '0'])('a self-signed server is refused, also with NODE_TLS_REJECT_UNAUTHORIZED=%s', async (setting) => {
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = setting;
  const refused = { fault: 'NOT_CONNECTED', sent: 'no', message: expect.stringContaining('self-signed') as unknown };
  const rest = createRESTClient({ baseUrl: `https://localhost:${port}`, guard, clock: systemClock });
  await expect(rest.request({ method: 'GET', endpoint: '/time' })).rejects.toMatchObject(refused);
  await rest.close();
  const { client } = watchedClient({ guard });
  await expect(client.connect(`wss://localhost:${port}/`, { reconnect: false })).rejects.toMatchObject(refused);
  expect(requests).toBe(0);
  if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
});
