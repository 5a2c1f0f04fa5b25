import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { systemClock } from '../../src/platform/clock';
import type { Credentials } from '../../src/domain/exchange';
import { createHostGuard } from '../../src/transport/host-guard';
import type { RESTClient, RESTClientOptions, RESTRequestConfig } from '../../src/transport/rest/rest-client';
import { createRESTClient } from '../../src/transport/rest/rest-client';
import { KeptWatch } from './socket-server';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let baseUrl: string;
let answer: Answer;
let requests: number;
const clients: RESTClient[] = [];
const guard = createHostGuard({ mode: 'SANDBOX', productionHosts: [], sandboxHosts: [], allowSimulated: true });

beforeAll(async () => {
  server = createServer((request, response) => {
    requests += 1;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  requests = 0;
  answer = (_, response) => response.end('{}');
});
afterEach(async () => {
  server.closeAllConnections();
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

function client(options: Partial<RESTClientOptions> = {}): RESTClient {
  const made = createRESTClient({ baseUrl, guard, clock: systemClock, ...options });
  clients.push(made);
  return made;
}

/** Never silent for long, and never done. */
const drip: Answer = (request, response) => {
  const timer = setInterval(() => response.write(' '), 20);
  request.socket.once('close', () => clearInterval(timer));
};

const GET: RESTRequestConfig = { method: 'GET', endpoint: '/thing' };

async function read(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

it('brings data, status, headers and latency of any reply', async () => {
  answer = (_, response) => response.writeHead(429, { 'Retry-After': '7' }).end('{"code":-1003}');
  expect(await client().request(GET)).toEqual({
    data: { code: -1003 },
    status: 429,
    headers: expect.objectContaining({ 'retry-after': '7' }) as unknown,
    latencyMs: expect.any(Number) as unknown,
  });
});

it('sends exactly the bytes that were signed', async () => {
  const seen = new Promise<string>((resolve) => {
    answer = (request, response) => {
      void read(request).then((body) =>
        resolve(`${request.method} ${request.url} ${request.headers['x-key']} ${body}`),
      );
      response.end('{}');
    };
  });
  await client().request({
    ...GET,
    sign: ({ endpoint }) => ({
      method: 'POST',
      url: `${baseUrl}${endpoint}?b=2&a=%2B1`,
      headers: { 'X-Key': 'k' },
      body: 'c=3&signature=abc',
    }),
  });
  expect(await seen).toBe('POST /thing?b=2&a=%2B1 k c=3&signature=abc');
});

it.each<[string, Partial<RESTClientOptions>, Answer]>([
  ['TIMEOUT', { headersTimeoutMs: 200 }, () => undefined],
  ['TIMEOUT', { bodyTimeoutMs: 200 }, (_, response) => response.write('{')],
  ['TIMEOUT', { callTimeoutMs: 100 }, () => undefined],
  ['TIMEOUT', { callTimeoutMs: 100, bodyTimeoutMs: 60 }, drip],
  ['CONNECTION_LOST', {}, (request) => request.socket.destroy()],
  ['CONNECTION_LOST', {}, (request, response) => response.write('{', () => request.socket.destroy())],
  ['TOO_LARGE', { responseBytesMax: 100 }, (_, response) => response.end('x'.repeat(1000))],
  ['UNREADABLE', {}, (_, response) => response.end('<html>')],
])('%s after the request was written may have been processed, and is not repeated', async (fault, options, reply) => {
  answer = reply;
  await expect(client(options).request(GET)).rejects.toMatchObject({ fault, sent: 'maybe' });
  expect(requests).toBe(1);
});

it('an unreadable reply still tells its status', async () => {
  answer = (_, response) => response.writeHead(403).end('<html>');
  await expect(client().request(GET)).rejects.toMatchObject({ reply: { status: 403 } });
});

it('a request past its sendBy is not sent, nor signed', async () => {
  const sign = jest.fn();
  await expect(client().request({ ...GET, sign, sendBy: Date.now() - 1 })).rejects.toMatchObject({
    fault: 'SEND_BY_PASSED',
    sent: 'no',
  });
  expect(sign).not.toHaveBeenCalled();
  expect(requests).toBe(0);
});

it('a request whose sendBy passes while the connection is made is not sent', async () => {
  let now = 1_000;
  const clock = { ...systemClock, now: () => (now += 400) };
  await expect(client({ clock }).request({ ...GET, sendBy: 1_500 })).rejects.toMatchObject({
    fault: 'SEND_BY_PASSED',
    sent: 'no',
  });
  expect(requests).toBe(0);
});

it('a refused connection and a refused host prove that nothing was sent', async () => {
  await expect(client({ baseUrl: 'http://127.0.0.1:9' }).request(GET)).rejects.toMatchObject({
    fault: 'NOT_CONNECTED',
    sent: 'no',
  });
  await expect(client({ baseUrl: 'http://unknown-host.invalid' }).request(GET)).rejects.toMatchObject({
    fault: 'HOST_REFUSED',
    sent: 'no',
  });
});

it('a call that takes too long before it is written never is', async () => {
  const taken: Socket[] = [];
  const slow = createNetServer((socket) => taken.push(socket)); // it speaks no TLS
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
  const address = `https://127.0.0.1:${(slow.address() as AddressInfo).port}`;
  const call = client({ baseUrl: address, callTimeoutMs: 100 }).request(GET);
  await expect(call).rejects.toMatchObject({ fault: 'TIMEOUT', sent: 'no' });
  for (const socket of taken) socket.destroy();
  await new Promise((resolve) => slow.close(resolve));
});

it('signs by the exchange’s signer with the account’s credentials, when the call is sent', async () => {
  const signer = jest.fn(({ endpoint }: RESTRequestConfig, { apiKey }: Credentials) => ({
    ...{ method: 'GET', url: `${baseUrl}${endpoint}`, headers: { 'X-Key': apiKey } },
  }));
  const own = client({ signer });
  const signed = own.signRequest(GET, { apiKey: 'k', apiSecret: 's' });
  expect(signer).not.toHaveBeenCalled();
  const seen = new Promise((resolve) => {
    answer = (request, response) => {
      resolve(request.headers['x-key']);
      response.end('{}');
    };
  });
  await own.request(signed);
  expect(await seen).toBe('k');
  expect(() => client().signRequest(GET, { apiKey: 'k', apiSecret: 's' })).toThrow('no signer');
});

it('keeps connections alive, and tells its watch of calls, answers and failures', async () => {
  const watch = new KeptWatch();
  const own = client({ observer: { watch: () => watch } });
  const ports = new Set<number | undefined>();
  answer = (request, response) => {
    ports.add(request.socket.remotePort);
    response.writeHead(requests === 2 ? 503 : 200).end('{}');
  };
  for (let call = 0; call < 10; call += 1) await own.request(GET);
  expect(ports.size).toBeLessThanOrEqual(2); // undici takes a second one where the first is about to be free
  expect(watch.counts).toEqual({ sent: 10, received: 10, answered: 9 });
  expect(watch.failures).toEqual(['GET /thing was answered with status 503.']);
  expect(watch.status).toBe('CONNECTED');
});

it('a redirect is not followed', async () => {
  answer = (_, response) => response.writeHead(302, { location: 'https://elsewhere.invalid/' }).end('{}');
  expect((await client().request(GET)).status).toBe(302);
});

it('a cancel goes out when all other calls hang', async () => {
  let hanging: ServerResponse | undefined;
  const arrived = new Promise<void>((resolve) => {
    answer = (request, response) => {
      if (request.method === 'DELETE') return response.end('{}');
      hanging = response;
      resolve();
      return response;
    };
  });
  const limited = client({ inFlightMax: 2, inFlightReserved: 1 });
  const first = limited.request(GET);
  await arrived;
  await expect(limited.request(GET)).rejects.toMatchObject({ fault: 'BUSY', sent: 'no' });
  expect(await limited.request({ ...GET, method: 'DELETE', critical: true })).toMatchObject({ status: 200 });
  hanging?.end('{}');
  await first;
});

it('more calls than the limit are refused rather than queued', async () => {
  const pending: ServerResponse[] = [];
  const arrived = new Promise<void>((resolve) => {
    answer = (_, response) => {
      pending.push(response);
      if (pending.length === 2) resolve();
    };
  });
  const limited = client({ inFlightMax: 2, inFlightReserved: 0 });
  const first = [limited.request(GET), limited.request(GET)];
  await arrived;
  await expect(limited.request(GET)).rejects.toMatchObject({ fault: 'BUSY', sent: 'no' });
  for (const response of pending) response.end('{}');
  await Promise.all(first);
});

it('says what failed without the query, which carries signatures', async () => {
  answer = (request) => request.socket.destroy();
  const sign = (): { method: string; url: string; headers: Record<string, string> } => ({
    method: 'GET',
    url: `${baseUrl}/thing?signature=secret`,
    headers: {},
  });
  const error: unknown = await client()
    .request({ ...GET, sign })
    .catch((reason: unknown) => reason);
  expect(String(error)).toContain('/thing');
  expect(JSON.stringify([String(error), error])).not.toContain('secret');
});
