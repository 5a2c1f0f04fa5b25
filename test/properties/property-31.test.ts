import fc from 'fast-check';
import { LIFT_AFTER_MS, WATCH_INTERVAL_MS } from '../../src/connection-manager/connection-watch';
import { METER_WINDOW_MS } from '../../src/connection-manager/connection-meter';
import { QUALITY_DEFAULTS, SAMPLES_MIN } from '../../src/connection-manager/quality';
import type { AlertInput } from '../../src/alerts/alerts';
import { WatchedAccount } from '../connection-manager/watched-account';
import { testStack } from '../stack/stack';
import { openStores, type Stores } from '../storage/stores';
import { assertInLanes, LANES_TIMEOUT_MS } from './lanes';

let stores: Stores;
beforeAll(async () => {
  stores = await openStores(testStack());
});
afterAll(() => stores.close());

const call = fc.oneof(
  fc.record({ latencyMs: fc.nat(6_000) }),
  fc.constant({ failure: new Error('No reply within 11000 ms.') }),
);
const settings = fc.record({
  maxConnectionLatencyMs: fc.option(fc.integer({ min: 1, max: 5_000 })),
  maxConnectionErrorPercent: fc.option(fc.integer({ min: 1, max: 100 })),
  pauseOnPoorConnection: fc.constantFrom(true as const, null),
});

function causesIn(alerts: readonly AlertInput[]): (string | undefined)[] {
  return alerts.flatMap(({ code, aspect }) => (code === 'CONNECTION_POOR' ? [aspect] : [])).sort();
}

test(
  'Property 31: a connection that is slower or fails more often than wanted raises an alert, and pauses trading where that is wanted',
  async () => {
    await assertInLanes(
      fc.asyncProperty(settings, fc.array(call, { maxLength: 12 }), async (wanted, calls) => {
        const watched = new WatchedAccount(stores);
        await watched.changes.set(watched.account.tenantId, wanted, 'ada');
        await watched.hold();
        for (const each of calls) watched.call(each);
        await watched.look();

        const latencies = calls.flatMap((each) => ('latencyMs' in each ? [each.latencyMs] : []));
        const mean = latencies.reduce((sum, latency) => sum + latency, 0) / Math.max(1, latencies.length);
        const errorPercent = (100 * (calls.length - latencies.length)) / Math.max(1, calls.length);
        const isSlow = mean > (wanted.maxConnectionLatencyMs ?? QUALITY_DEFAULTS.latencyMsMax);
        const isFailing = errorPercent > (wanted.maxConnectionErrorPercent ?? 100 * QUALITY_DEFAULTS.errorRateMax);
        const expected = calls.length < SAMPLES_MIN ? [] : [isFailing && 'REST/ERRORS', isSlow && 'REST/LATENCY'];
        const isPaused = expected.some(Boolean) && wanted.pauseOnPoorConnection === true;
        expect(causesIn(watched.alerts.raised)).toEqual(expected.filter(Boolean));
        expect(watched.codes().filter((code) => code === 'TRADING_PAUSED')).toHaveLength(isPaused ? 1 : 0);
        expect(await watched.halts()).toEqual(isPaused ? ['connection-manager'] : []);
        await watched.close();
      }),
    );
  },
  LANES_TIMEOUT_MS,
);

async function pausedAccount(): Promise<WatchedAccount> {
  const watched = new WatchedAccount(stores);
  await watched.changes.set(watched.account.tenantId, { pauseOnPoorConnection: true }, 'ada');
  await watched.hold();
  for (let i = 0; i < SAMPLES_MIN; i++) watched.call({ failure: new Error('No reply.') });
  await watched.look();
  expect(watched.alerts.raised).toMatchObject([
    { code: 'CONNECTION_POOR', aspect: 'REST/ERRORS', details: { measured: 1, threshold: 0.2 } },
    { code: 'TRADING_PAUSED', exchangeId: 'BINANCE' },
  ]);
  return watched;
}

type Meets = Parameters<WatchedAccount['call']>[0];

/** Looks as often as the service does while the exchange does what is told by the time that has passed, ms. */
async function lookFor(watched: WatchedAccount, durationMs: number, meets: (atMs: number) => Meets[]): Promise<void> {
  for (let atMs = 0; atMs < durationMs; atMs += WATCH_INTERVAL_MS) {
    await watched.clock.pass(WATCH_INTERVAL_MS);
    for (const each of meets(atMs)) watched.call(each);
    await watched.look();
  }
}

/** Until all that was met before is forgotten and the connection has been good for long enough. */
async function lookUntilGood(watched: WatchedAccount): Promise<void> {
  await lookFor(watched, METER_WINDOW_MS + LIFT_AFTER_MS + WATCH_INTERVAL_MS, () => [{ latencyMs: 20 }]);
}

test('a pause is lifted once the connections are good again, and nothing that a person has halted is', async () => {
  const watched = await pausedAccount();
  const { tenantId, exchangeId } = watched.account;
  const haltedAt = new Date().toISOString();
  const halt = { haltId: 'by-hand', tenantId, scope: { exchangeId }, reason: 'news', haltedBy: 'ada', haltedAt };
  await watched.changes.halt(halt);
  await watched.clock.pass(WATCH_INTERVAL_MS);
  await watched.look();
  expect(await watched.halts()).toEqual(['connection-manager', 'ada']);
  await lookUntilGood(watched);
  expect(await watched.halts()).toEqual(['ada']);
  expect(watched.alerts.raised).toContainEqual(expect.objectContaining({ code: 'TRADING_RESUMED' }));
  await watched.close();
});

/** A probe waits for its reply for 11 s, and looks come every 5 s. */
const HUNG_PROBE_EVERY_MS = 15_000;
const LONG_MS = 5 * METER_WINDOW_MS;

test('a pause stays while the exchange hangs: the few probes that nobody answers make no poor connection', async () => {
  const watched = await pausedAccount();
  await lookFor(watched, LONG_MS, (atMs) =>
    atMs % HUNG_PROBE_EVERY_MS === 0 ? [{ failure: new Error('No reply within 11000 ms.') }] : [],
  );
  expect(await watched.halts()).toEqual(['connection-manager']);
  expect(watched.codes().filter((code) => code === 'TRADING_PAUSED')).toHaveLength(1);
  await lookUntilGood(watched);
  expect(await watched.halts()).toEqual([]);
  await watched.close();
});

test('a pause stays while the exchange answers one call and fails the next, and while it is not heard at all', async () => {
  const watched = await pausedAccount();
  await lookFor(watched, LONG_MS, (atMs) => {
    if (atMs % (2 * HUNG_PROBE_EVERY_MS) === 0) return [{ failure: new Error('HTTP 503.') }];
    return atMs % HUNG_PROBE_EVERY_MS === 0 ? [{ latencyMs: 20 }] : [];
  });
  expect(await watched.halts()).toEqual(['connection-manager']);
  watched.call({ latencyMs: 20 });
  await lookFor(watched, LONG_MS, () => []);
  expect(await watched.halts()).toEqual(['connection-manager']);
  await watched.close();
});

test('a pause stays as long as any process has a poor connection to the exchange', async () => {
  const watched = await pausedAccount();
  const { clock, account } = watched;
  const other = new WatchedAccount(stores, clock, account.tenantId);
  await other.hold();
  for (let i = 0; i < SAMPLES_MIN; i++) other.call({ latencyMs: 30_000 });
  for (let atMs = 0; atMs < LONG_MS; atMs += WATCH_INTERVAL_MS) {
    other.call({ latencyMs: 30_000 });
    await other.look();
    await lookFor(watched, WATCH_INTERVAL_MS, () => [{ latencyMs: 20 }]);
  }
  expect(await watched.halts()).toEqual(['connection-manager']);
  await Promise.all([watched.close(), other.close()]);
});

test('with four-eyes release a person lifts the pause', async () => {
  const watched = await pausedAccount();
  await watched.changes.set(watched.account.tenantId, { fourEyesRelease: true }, 'ada');
  await lookUntilGood(watched);
  expect(await watched.halts()).toEqual(['connection-manager']);
  await watched.close();
});
