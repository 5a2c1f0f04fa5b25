import fc from 'fast-check';
import { METER_WINDOW_MS } from '../../src/connection-manager/connection-meter';
import type { ConnectionManager } from '../../src/connection-manager/connection-manager';
import type { ExchangeAdapter } from '../../src/exchanges/adapter';
import type { ConnectionWatch } from '../../src/transport/connection-observer';
import { TransportError } from '../../src/transport/transport-error';
import { ManualClock } from '../alerts/manual-clock';
import { managerOf } from '../connection-manager/own-pool';
import { ScriptedAdapter } from '../connection-manager/scripted-adapter';
import { type BinanceSandbox, startBinanceSandbox, TENANT } from '../exchanges/binance-sandbox';
import { eventually } from '../stack/eventually';

const RUNS = 300;
let sandbox: BinanceSandbox;
beforeAll(async () => {
  sandbox = await startBinanceSandbox();
});
afterAll(() => sandbox.close());

/** What a stream meets. `lost`: it breaks, stays away for `ms`, fails to open `failures` times, and opens. */
type Happening =
  | { kind: 'heard' | 'unreadable' }
  | { kind: 'ping' | 'request'; latencyMs: number }
  | { kind: 'time'; ms: number }
  | { kind: 'lost'; ms: number; failures: number };

const latencyMs = fc.nat(3_000);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ kind: fc.constantFrom('heard', 'unreadable') }),
  fc.record({ kind: fc.constantFrom('ping', 'request'), latencyMs }),
  fc.record({ kind: fc.constant('time' as const), ms: fc.nat(METER_WINDOW_MS / 2) }),
  fc.record({ kind: fc.constant('lost' as const), ms: fc.nat(30_000), failures: fc.nat(3) }),
);

/** The same happenings, counted by hand. */
class Expectation {
  private readonly samples: { atMs: number; latencyMs?: number; failed: boolean }[] = [];
  uptimeMs = 0;
  messagesReceived = 0;
  messagesSent = 0;
  reconnectionCount = 0;

  sample(atMs: number, answer: { latencyMs?: number; failed?: boolean }): void {
    this.samples.push({ atMs, failed: false, ...answer });
  }

  at(nowMs: number): object {
    const recent = this.samples.filter(({ atMs }) => nowMs - atMs < METER_WINDOW_MS);
    const latencies = recent.flatMap((sample) => sample.latencyMs ?? []).sort((a, b) => a - b);
    const { uptimeMs, messagesReceived, messagesSent, reconnectionCount } = this;
    const sum = latencies.reduce((total, latency) => total + latency, 0);
    const failures = recent.filter(({ failed }) => failed).length;
    return {
      ...{ uptimeMs, messagesReceived, messagesSent, reconnectionCount },
      latencyMs: latencies.length === 0 ? 0 : sum / latencies.length,
      latencyP95Ms: latencies.find((_, index) => (index + 1) / latencies.length >= 0.95) ?? 0,
      errorRate: recent.length === 0 ? 0 : failures / recent.length,
    };
  }
}

class Stream {
  readonly clock = new ManualClock();
  readonly expected = new Expectation();
  private readonly manager: ConnectionManager;
  private readonly adapters: ScriptedAdapter[] = [];
  private watch: ConnectionWatch | undefined;
  private adapter: ExchangeAdapter | undefined;

  constructor() {
    const { clock } = this;
    this.manager = managerOf(sandbox, { clock });
  }

  async open(connectFailure?: Error): Promise<void> {
    const scripted = new ScriptedAdapter();
    this.adapters.push(scripted);
    scripted.connectFailure = connectFailure;
    this.adapter = this.manager.keep(sandbox.config, (observer) => {
      this.watch = observer.watch({ type: 'WEBSOCKET', purpose: 'ACCOUNT', endpoint: 'ws://x' });
      return scripted.asAdapter();
    });
    await this.adapter.connect();
  }

  async meet(happens: Happening): Promise<void> {
    const { clock, expected, watch } = this;
    const nowMs = clock.now();
    switch (happens.kind) {
      case 'heard':
        watch?.received();
        expected.messagesReceived += 1;
        return expected.sample(nowMs, {});
      case 'unreadable':
        watch?.failed(new Error('not JSON'));
        return expected.sample(nowMs, { failed: true });
      case 'ping':
        watch?.answered(happens.latencyMs);
        return expected.sample(nowMs, { latencyMs: happens.latencyMs });
      case 'request':
        watch?.sent();
        watch?.answered(happens.latencyMs);
        expected.messagesSent += 1;
        return expected.sample(nowMs, { latencyMs: happens.latencyMs });
      case 'time':
        expected.uptimeMs += happens.ms;
        return await clock.pass(happens.ms);
      case 'lost':
        return await this.breakAndReturn(happens.ms, happens.failures);
    }
  }

  /** As a holder does it: each attempt has an adapter of its own. */
  private async breakAndReturn(ms: number, failures: number): Promise<void> {
    this.adapters.at(-1)?.lose();
    await this.adapter?.disconnect();
    await this.clock.pass(ms);
    for (let failure = 0; failure < failures; failure++) {
      const refused = new TransportError('NOT_CONNECTED', 'no', 'refused');
      await expect(this.open(refused)).rejects.toThrow('refused');
      this.watch?.failed(refused);
      this.expected.sample(this.clock.now(), { failed: true });
      await this.adapter?.disconnect();
    }
    await this.open();
    this.expected.reconnectionCount += 1;
  }

  async check(): Promise<void> {
    const { connections } = await this.manager.getConnectionPool(TENANT, 'BINANCE');
    const streams = connections.filter(({ type }) => type === 'WEBSOCKET');
    expect(streams).toHaveLength(1);
    const metrics = await this.manager.getConnectionMetrics(streams[0]?.connectionId ?? '');
    expect(metrics).toMatchObject(this.expected.at(this.clock.now()));
  }
}

test('Property 30: uptime, latency, error rate, messages and reconnections are those of what the connection met', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 30 }), async (happenings) => {
      const stream = new Stream();
      await stream.open();
      for (const happens of happenings) {
        await stream.meet(happens);
        await stream.check();
      }
    }),
    { numRuns: RUNS },
  );
});

test('a real stream and real calls are measured as they are used', async () => {
  const manager = managerOf(sandbox);
  const { connectionId } = await manager.createConnection(TENANT, 'BINANCE', 'WEBSOCKET');
  const rest = await manager.getConnection(TENANT, 'BINANCE', 'REST');
  const stream = await manager.getConnectionMetrics(connectionId);
  expect(stream).toMatchObject({ messagesSent: 1, errorRate: 0, reconnectionCount: 0 });
  expect(stream.latencyMs).toBeGreaterThan(0);
  expect(await manager.getConnectionMetrics(rest.connectionId)).toMatchObject({ messagesSent: 2, errorRate: 0 });
  await sandbox.admin.dropStreams();
  const lost = await eventually(async () => {
    const report = await manager.monitorHealth(TENANT, 'BINANCE');
    expect(report.overallHealth).toBe('DEGRADED');
    return report;
  });
  expect(lost.recommendations).toEqual([expect.stringContaining('is RECONNECTING')]);
  await manager.gracefulShutdown(TENANT);
  await expect(manager.getConnectionMetrics(connectionId)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});
