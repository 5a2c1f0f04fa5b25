import fc from 'fast-check';
import { ManualClock } from '../alerts/manual-clock';
import { SocketServer, watchedClient } from '../transport/socket-server';

const RUNS = { numRuns: 100 };

let server: SocketServer;
beforeEach(async () => {
  server = await SocketServer.start();
});
afterEach(() => server.close());

/** Any interval and patience; time passes by hand, sockets are real. */
const settings = (): fc.Arbitrary<{ heartbeatIntervalMs: number; pingTimeoutMs: number }> =>
  fc.record({
    heartbeatIntervalMs: fc.integer({ min: 2, max: 3_600_000 }),
    pingTimeoutMs: fc.integer({ min: 2, max: 3_600_000 }),
  });

describe('Property 12: heartbeat maintenance', () => {
  test('a heartbeat is sent after each interval and not before, and answered ones keep the connection', async () => {
    await fc.assert(
      fc.asyncProperty(settings(), fc.integer({ min: 1, max: 4 }), async (given, beats) => {
        const clock = new ManualClock();
        const { client, watch } = watchedClient({ clock });
        await client.connect(server.endpoint, { ...given, reconnect: false });
        server.pings.length = 0;
        for (let beat = 1; beat <= beats; beat += 1) {
          await clock.pass(given.heartbeatIntervalMs - 1);
          expect(server.pings).toHaveLength(beat - 1);
          await clock.pass(1);
          await watch.until(({ counts }) => counts.answered === beat);
          expect(server.pings).toHaveLength(beat);
          await new Promise(setImmediate); // the beat goes to sleep
        }
        expect(client.isOpen()).toBe(true);
        await client.disconnect();
        await server.until(() => server.peers.length === 0);
      }),
      RUNS,
    );
  });

  test('without an answer within pingTimeoutMs the connection is unhealthy, and lost', async () => {
    await fc.assert(
      fc.asyncProperty(settings(), async (given) => {
        const clock = new ManualClock();
        const { client, watch } = watchedClient({ clock });
        const closed = new Promise<string>((resolve) => client.onClose((_, reason) => resolve(reason)));
        server.answersPings = false;
        server.pings.length = 0;
        await client.connect(server.endpoint, { ...given, reconnect: false });
        await clock.pass(given.heartbeatIntervalMs);
        await server.until(() => server.pings.length === 1);
        await clock.pass(given.pingTimeoutMs - 1);
        expect(watch.status).toBe('CONNECTED');
        await clock.pass(1);
        expect(await closed).toBe(`heartbeat failed: No pong within ${given.pingTimeoutMs} ms.`);
        expect(watch.status).toBe('DISCONNECTED');
        expect(watch.failures).toHaveLength(1);
        await server.until(() => server.peers.length === 0);
      }),
      RUNS,
    );
  });

  test('in real time a connection that falls silent is opened again', async () => {
    const { client, watch } = watchedClient();
    const reconnectStrategy = { initialDelayMs: 1, maxDelayMs: 1, multiplier: 1, maxAttempts: 9, jitterPercent: 0 };
    await client.connect(server.endpoint, { heartbeatIntervalMs: 5, pingTimeoutMs: 20, reconnectStrategy });
    await watch.until(({ counts }) => counts.answered > 2);
    server.answersPings = false;
    await watch.until(({ status }) => status === 'RECONNECTING');
    server.answersPings = true;
    await watch.until(({ status }) => status === 'CONNECTED');
    await client.disconnect();
  });

  test("an exchange's own heartbeat takes the place of the protocol's", async () => {
    const clock = new ManualClock();
    const heartbeat = { ping: 'ping', isPong: (text: string) => text === 'pong' };
    const { client, watch } = watchedClient({ clock, protocol: { heartbeat } });
    await client.connect(server.endpoint, { heartbeatIntervalMs: 20_000, pingTimeoutMs: 5_000, reconnect: false });
    const [{ socket }] = server.peers as [(typeof server.peers)[number]];
    socket.removeAllListeners('message');
    const asked = new Promise<string>((resolve) => socket.once('message', (data) => resolve(String(data))));
    await clock.pass(20_000);
    expect(await asked).toBe('ping');
    socket.send('pong');
    await watch.until(({ counts }) => counts.answered === 1);
    expect(watch.counts.received).toBe(0);
    expect(server.pings).toEqual([]);
    await client.disconnect();
  });
});
