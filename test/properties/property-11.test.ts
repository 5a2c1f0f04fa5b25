import fc from 'fast-check';
import { Reconnection, reconnectDelayMs } from '../../src/connections/reconnection';
import type { ReconnectionStrategy } from '../../src/domain/connection';
import { DEFAULT_RECONNECTION } from '../../src/domain/connection';
import { seededRandom } from '../../src/platform/random';
import { SocketServer, watchedClient } from '../transport/socket-server';

const COMPUTED = { numRuns: 300 };
const ON_SOCKETS = { numRuns: 100 };
/** Pauses of a thousandth: what is waited for here is events. */
const FAST: ReconnectionStrategy = { ...DEFAULT_RECONNECTION, initialDelayMs: 1, maxDelayMs: 4 };

let server: SocketServer;
beforeEach(async () => {
  server = await SocketServer.start();
});
afterEach(() => server.close());

const strategy = (): fc.Arbitrary<ReconnectionStrategy> =>
  fc.record({
    initialDelayMs: fc.integer({ min: 1, max: 10_000 }),
    maxDelayMs: fc.integer({ min: 10_000, max: 3_600_000 }),
    multiplier: fc.double({ min: 1, max: 10, noNaN: true }),
    maxAttempts: fc.integer({ min: 1, max: 50 }),
    jitterPercent: fc.integer({ min: 0, max: 100 }),
  });

const channelSets = (): fc.Arbitrary<string[]> =>
  fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { minLength: 1, maxLength: 8 });

describe('Property 11: connection recovery with exponential backoff', () => {
  test('the pause before an attempt is initialDelay × multiplier^failures, jittered, never above the maximum', () => {
    fc.assert(
      fc.property(strategy(), fc.integer(), fc.integer({ min: 1, max: 2_000 }), (given, seed, failures) => {
        const { initialDelayMs, multiplier, maxDelayMs, jitterPercent } = given;
        const exact = Math.min(initialDelayMs * multiplier ** (failures - 1), maxDelayMs);
        const delay = reconnectDelayMs(failures, seededRandom(seed), given);
        expect(delay).toBeGreaterThanOrEqual(Math.floor(exact * (1 - jitterPercent / 100)));
        expect(delay).toBeLessThanOrEqual(Math.min(Math.ceil(exact * (1 + jitterPercent / 100)), maxDelayMs));
      }),
      COMPUTED,
    );
    const steady = { ...DEFAULT_RECONNECTION, jitterPercent: 0 };
    const seconds = [1, 2, 3, 4, 5, 6, 7, 8].map(
      (failures) => reconnectDelayMs(failures, seededRandom(1), steady) / 1_000,
    );
    expect(seconds).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  test('failures in a row are counted, also those of connections that did not last; one that lasted begins anew', () => {
    const attempt = fc.record({ opens: fc.boolean(), lastsMs: fc.integer({ min: 0, max: 60_000 }) });
    fc.assert(
      fc.property(strategy(), fc.integer(), fc.array(attempt, { maxLength: 60 }), (given, seed, attempts) => {
        let nowMs = 0;
        const clock = { now: () => nowMs, sleep: () => Promise.resolve() };
        const pace = new Reconnection({ clock, random: seededRandom(seed) }, given, 30_000);
        let expected = 0;
        for (const { opens, lastsMs } of attempts) {
          if (opens) pace.opened();
          nowMs += lastsMs;
          expected = opens && lastsMs >= 30_000 ? 1 : expected + 1;
          const { failures, isExhausted, delayMs } = pace.failed();
          expect({ failures, isExhausted }).toEqual({ failures: expected, isExhausted: expected >= given.maxAttempts });
          expect(delayMs).toBeLessThanOrEqual(given.maxDelayMs);
          if (isExhausted) {
            expect(delayMs).toBeGreaterThanOrEqual(Math.floor(given.maxDelayMs * (1 - given.jitterPercent / 100)));
          }
        }
      }),
      COMPUTED,
    );
  });

  test('however often the connection drops and is refused, all subscriptions are there again, and no others', async () => {
    const drop = fc.record({ refused: fc.nat({ max: 3 }), more: channelSets(), fewer: fc.nat({ max: 3 }) });
    await fc.assert(
      fc.asyncProperty(channelSets(), fc.array(drop, { minLength: 1, maxLength: 3 }), async (first, drops) => {
        const { client, watch } = watchedClient();
        const heard: unknown[] = [];
        const handles = new Map<string, string>();
        const listen = async (channel: string): Promise<void> => {
          if (handles.has(channel)) return;
          const { id } = await client.subscribe(channel, (message) => void heard.push(message));
          handles.set(channel, id);
        };
        await Promise.all(first.map(listen));
        await client.connect(server.endpoint, { reconnectStrategy: FAST });
        for (const [index, { refused, more, fewer }] of drops.entries()) {
          server.refusing = refused;
          const attempts = server.attempts;
          server.cut();
          for (const channel of [...handles.keys()].slice(0, fewer)) {
            await client.unsubscribe({ id: handles.get(channel)! });
            handles.delete(channel);
          }
          await Promise.all(more.map(listen));
          await watch.until(({ statuses }) => statuses.filter((status) => status === 'CONNECTED').length === index + 2);
          await server.until(
            () => String([...(server.peers[0]?.channels ?? [])].sort()) === String([...handles.keys()].sort()),
          );
          expect(server.attempts).toBe(attempts + refused + 1);
        }
        heard.length = 0;
        for (const channel of handles.keys()) server.publish(channel, 'again');
        while (heard.length < handles.size) await new Promise(setImmediate);
        expect(heard).toEqual([...handles.keys()].map((channel) => ({ channel, value: 'again' })));
        await client.disconnect();
        await server.until(() => server.peers.length === 0);
      }),
      ON_SOCKETS,
    );
  });

  test('after maxAttempts the connection is in ERROR, once it is told, and it is probed until it is back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.nat({ max: 4 }), async (maxAttempts, probes) => {
        const { client, watch } = watchedClient();
        await client.subscribe('prices', () => undefined);
        await client.connect(server.endpoint, { reconnectStrategy: { ...FAST, maxAttempts } });
        server.refusing = maxAttempts + probes;
        server.cut();
        await watch.until(({ statuses }) => statuses.includes('ERROR') && statuses.at(-1) === 'CONNECTED');
        expect(server.refusing).toBe(0);
        expect(watch.troubles).toEqual([
          { trouble: 'LOST', details: expect.objectContaining({ failures: maxAttempts }) as unknown },
        ]);
        expect([...server.peers[0]!.channels]).toEqual(['prices']);
        await client.disconnect();
        expect(client.status).toBe('DISCONNECTED');
        await server.until(() => server.peers.length === 0);
      }),
      { numRuns: 20 },
    );
  });

  test('a connection that was closed by us stays closed, whatever it was doing', async () => {
    const { client, watch } = watchedClient();
    await client.connect(server.endpoint, {
      reconnectStrategy: { ...FAST, maxDelayMs: 60_000, initialDelayMs: 60_000 },
    });
    server.cut();
    await watch.until(({ status }) => status === 'RECONNECTING');
    await client.disconnect();
    expect(watch.status).toBe('DISCONNECTED');
    expect(server.attempts).toBe(1);
  });
});
