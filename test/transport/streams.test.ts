import { redactors } from '../../src/audit/redaction';
import { silentLogger } from '../../src/platform/logger';
import { STALLED_MS_MAX } from '../../src/transport/websocket/intake';
import { WAITING_MAX } from '../../src/transport/websocket/inbox';
import { SUBSCRIPTION_TRIES_MAX } from '../../src/transport/websocket/subscriptions';
import { ManualClock } from '../alerts/manual-clock';
import { channelProtocol, SocketServer, watchedClient } from './socket-server';

const FAST = { initialDelayMs: 1, maxDelayMs: 4, multiplier: 2, maxAttempts: 8, jitterPercent: 20 };

let server: SocketServer;
beforeEach(async () => {
  server = await SocketServer.start();
});
afterEach(() => server.close());

it('a message that can’t be read is logged without secrets, counted and skipped; the next one is heard', async () => {
  const warn = jest.fn();
  const logger = { ...silentLogger, warn };
  const redactor = redactors(['s3cr3t-of-ours'])();
  const observed = watchedClient({ logger });
  const { client, watch } = watchedClient({
    logger,
    observer: { watch: () => observed.watch, redact: (text) => redactor.raw(text) },
  });
  const heard = new Promise((resolve) => client.onMessage(resolve));
  await client.connect(server.endpoint, { reconnect: false });
  server.peers[0]!.socket.send('{"listenKey":"abcdef", "apiKey": "s3cr3t-of-ours", broken');
  server.peers[0]!.socket.send('[1');
  server.peers[0]!.socket.send('7');
  server.peers[0]!.socket.send('{"whole":true}');
  expect(await heard).toEqual({ whole: true });
  const [[{ raw, count }]] = warn.mock.calls as [[{ raw: string; count: number }]];
  expect(raw).toBe('{"listenKey":"[redacted]", "apiKey": "[redacted]", broken');
  expect(count).toBe(1);
  expect(observed.watch.troubles.map(({ trouble }) => trouble)).toEqual(Array(3).fill('UNREADABLE_MESSAGE'));
  expect(watch.troubles).toEqual([]);
  await client.disconnect();
});

it('a gap in numbered messages is told, and the connection opened anew; a repeated one is none', async () => {
  const sequenceOf = (message: unknown): { stream: string; sequence: number } => ({
    stream: 'all',
    sequence: (message as { n: number }).n,
  });
  const { client, watch } = watchedClient({ protocol: { sequenceOf } });
  const heard: unknown[] = [];
  client.onMessage((message) => void heard.push(message));
  await client.connect(server.endpoint, { reconnectStrategy: FAST });
  for (const n of [7, 8, 8, 9, 12]) server.peers[0]!.socket.send(JSON.stringify({ n }));
  await watch.until(({ statuses }) => statuses.filter((status) => status === 'CONNECTED').length === 2);
  expect(heard).toHaveLength(5);
  expect(watch.troubles).toEqual([{ trouble: 'SEQUENCE_GAP', details: { stream: 'all', expected: 10, received: 12 } }]);
  await client.disconnect();
});

it('one channel that is refused keeps no other out, is told after some tries, and is there once it is taken', async () => {
  server.refusedChannels.add('odd');
  const { client, watch } = watchedClient();
  for (const channel of ['one', 'odd', 'two']) await client.subscribe(channel, () => undefined);
  await client.connect(server.endpoint, { reconnectStrategy: FAST });
  expect([...server.peers[0]!.channels].sort()).toEqual(['one', 'two']);
  await watch.until(({ troubles }) => troubles.length === 1);
  expect(watch.troubles).toEqual([
    {
      trouble: 'SUBSCRIPTION_FAILED',
      details: { channel: 'odd', refusals: SUBSCRIPTION_TRIES_MAX, reason: 'refused: odd' },
    },
  ]);
  server.refusedChannels.clear();
  await server.until(() => server.peers[0]!.channels.has('odd'));
  expect(watch.statuses).toEqual(['CONNECTING', 'CONNECTED']);
  await client.disconnect();
});

describe('a consumer that is behind', () => {
  it('makes the other side wait, and hears everything in order once it goes on', async () => {
    const { client, watch } = watchedClient({ protocol: {} });
    const heard: number[] = [];
    let goOn: () => void = () => undefined;
    const blocked = new Promise<void>((resolve) => (goOn = resolve));
    const count = WAITING_MAX * 5;
    const all = new Promise<void>((resolve) => {
      client.onMessage(async (message) => {
        await blocked;
        heard.push((message as { n: number }).n);
        if (heard.length === count) resolve();
      });
    });
    await client.connect(server.endpoint, { reconnect: false });
    const filler = 'x'.repeat(1_000);
    for (let n = 0; n < count; n += 1) server.peers[0]!.socket.send(JSON.stringify({ n, filler }));
    while (watch.counts.received < WAITING_MAX) await new Promise(setImmediate);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(watch.counts.received).toBeLessThan(count);
    goOn();
    await all;
    expect(heard).toEqual(Array.from({ length: count }, (_, n) => n));
    await client.disconnect();
  });

  it('loses the connection when it is behind for too long', async () => {
    const clock = new ManualClock();
    const { client, watch } = watchedClient({ protocol: {}, clock });
    client.onMessage(() => new Promise(() => undefined));
    const closed = new Promise<string>((resolve) => client.onClose((_, reason) => resolve(reason)));
    await client.connect(server.endpoint, { reconnect: false, heartbeatIntervalMs: 3_600_000 });
    for (let n = 0; n <= WAITING_MAX; n += 1) server.peers[0]!.socket.send('{}');
    while (watch.counts.received <= WAITING_MAX) await new Promise(setImmediate);
    await clock.pass(STALLED_MS_MAX);
    expect(await closed).toContain('have waited to be handled');
    expect(watch.troubles).toEqual([{ trouble: 'OVERFLOW', details: { stalledMs: STALLED_MS_MAX } }]);
  });
});

it('a connection that is opened while the consumer is behind has to wait, too', async () => {
  const clock = new ManualClock();
  const { client, watch } = watchedClient({ protocol: {}, clock });
  const heard: number[] = [];
  let goOn: () => void = () => undefined;
  const blocked = new Promise<void>((resolve) => (goOn = resolve));
  const [count, filler] = [WAITING_MAX * 5, 'x'.repeat(1_000)];
  const all = new Promise<void>((resolve) => {
    client.onMessage(async (message) => {
      await blocked;
      const { n } = message as { n?: number };
      if (n !== undefined) heard.push(n);
      if (heard.length === count) resolve();
    });
  });
  await client.connect(server.endpoint, { reconnectStrategy: FAST, heartbeatIntervalMs: 3_600_000 });
  for (let n = 0; n <= WAITING_MAX; n += 1) server.peers[0]!.socket.send('{}');
  while (watch.counts.received <= WAITING_MAX) await new Promise(setImmediate);
  await clock.pass(STALLED_MS_MAX);
  await watch.until(({ status }) => status === 'RECONNECTING');
  await clock.pass(FAST.maxDelayMs);
  await watch.until(({ status }) => status === 'CONNECTED');
  const before = watch.counts.received;
  for (let n = 0; n < count; n += 1) server.peers.at(-1)!.socket.send(JSON.stringify({ n, filler }));
  while (watch.counts.received === before) await new Promise(setImmediate);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(watch.counts.received - before).toBeLessThan(WAITING_MAX);
  goOn();
  await all;
  expect(heard).toEqual(Array.from({ length: count }, (_, n) => n));
  await client.disconnect();
});

describe('a connection that is about to end', () => {
  it('is replaced before: the new one is there with all subscriptions when the old one goes, and nothing is lost', async () => {
    const isEndNotice = (message: unknown): boolean => (message as { bye?: true }).bye === true;
    const { client, watch } = watchedClient({ protocol: { ...channelProtocol, isEndNotice } });
    const [heard, lost] = [new Set<unknown>(), jest.fn()];
    client.onClose(lost);
    await client.subscribe('prices', (message) => void heard.add((message as { value: unknown }).value));
    await client.connect(server.endpoint);
    const [old] = server.peers;
    const all = new Set<number>();
    const publishing = setInterval(() => {
      all.add(all.size);
      server.publish('prices', all.size - 1);
    }, 1);
    old!.socket.send('{"bye":true}');
    await server.until(() => server.peers.length === 2);
    await server.until(() => server.peers.length === 1);
    clearInterval(publishing);
    expect(server.peers).not.toContain(old);
    while (heard.size < all.size) await new Promise(setImmediate);
    expect(watch.statuses).toEqual(['CONNECTING', 'CONNECTED']);
    expect(lost).not.toHaveBeenCalled();
    await client.disconnect();
  });

  it('is replaced by its age, and again when the first replacement fails', async () => {
    const clock = new ManualClock();
    const { client, watch } = watchedClient({ clock, lifetimeMs: 82_800_000 });
    await client.connect(server.endpoint, { heartbeatIntervalMs: 1e9 });
    server.refusing = 1;
    await clock.pass(82_800_000);
    await server.until(() => server.attempts === 2);
    while (watch.failures.length === 0) await new Promise(setImmediate);
    await clock.pass(60_000);
    await server.until(() => server.attempts === 3);
    await server.until(() => server.peers.length === 1);
    expect(watch.statuses).toEqual(['CONNECTING', 'CONNECTED']);
    await client.disconnect();
  });
});

it('does not send to an other side that does not read', async () => {
  const { client } = watchedClient({ protocol: {} });
  await client.connect(server.endpoint, { reconnect: false });
  server.peers[0]!.socket.pause();
  const filler = 'x'.repeat(512 * 1024);
  const sends = Array.from({ length: 40 }, () => client.send({ filler }));
  const ends = await Promise.allSettled(sends.slice(-1));
  expect(ends[0]).toMatchObject({ status: 'rejected', reason: { fault: 'BUSY', sent: 'no' } });
  server.peers[0]!.socket.terminate();
  await Promise.allSettled(sends);
});
