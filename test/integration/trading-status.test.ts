import type { ConnectionHealthReport, ReportedConnection } from '../../src/domain/connection';
import type { TradingStatus } from '../../src/health/trading-status';
import { freePort } from '../../src/local/ports';
import { systemRandom } from '../../src/platform/random';
import type { TestAccount } from '../stack/account';
import { type CliResult, runHere } from '../cli/run-cli';
import { eventually } from '../stack/eventually';
import { freshNamespace } from '../stack/namespace';
import { startService, type TestService } from '../stack/service';
import { testStack } from '../stack/stack';
import { serviceEnvironment } from '../stack/worker-process';

let service: TestService;
let account: TestAccount;
let namespace: string;
let healthAddress: string;
beforeAll(async () => {
  const stack = testStack();
  namespace = await freshNamespace(stack.temporalAddress, 'status');
  healthAddress = `127.0.0.1:${await freePort(systemRandom)}`;
  service = await startService(stack, { namespace, environment: { HEALTH_ADDRESS: healthAddress } });
  account = await service.openAccount();
}, 60_000);
afterAll(() => service?.stop(), 60_000);

function run(command: string, more: Record<string, string> = {}, stopAfter?: () => boolean): Promise<CliResult> {
  const environment = {
    ...serviceEnvironment(testStack()),
    TEMPORAL_NAMESPACE: namespace,
    EXCHANGE_INTEGRATION_TENANT: account.tenantId,
    ...more,
  };
  return runHere(command.split(' '), { environment, ...(stopAfter && { stopAfter }) });
}

async function connections(
  more: Record<string, string> = {},
): Promise<ConnectionHealthReport & { connections: ReportedConnection[] }> {
  const [first] = (await run('connections --json', more)).json() as [
    ConnectionHealthReport & { connections: ReportedConnection[] },
  ];
  return first;
}

async function status(more: Record<string, string> = {}): Promise<TradingStatus & { exitCode: number | null }> {
  const result = await run('status --json', more);
  return { ...(result.json() as TradingStatus), exitCode: result.exitCode };
}

test('a service whose workers poll and whose stream is live can trade; connections shows who holds what', async () => {
  const ready = await eventually(async () => {
    const told = await status();
    expect(told.reasons.concat(told.exchanges.flatMap(({ reasons }) => reasons))).toEqual([]);
    return told;
  });
  expect(ready).toMatchObject({ exitCode: 0, canTrade: true, exchanges: [{ exchangeId: 'BINANCE', canTrade: true }] });
  const stream = { type: 'WEBSOCKET', status: 'CONNECTED', process: expect.stringContaining('@') as string };
  expect(await connections()).toMatchObject({ exchangeId: 'BINANCE', overallHealth: 'HEALTHY', recommendations: [] });
  expect((await connections()).connections).toContainEqual(expect.objectContaining(stream));
  expect((await run('connections')).stdout).toContain('CONNECTED');
  expect((await run('limits --watch', {}, () => true)).stdout).toContain('ORDERS');
});

test('connections names what ails a connection of any process, and what to do about it', async () => {
  const { connectionStates, rateLimiter } = service.services;
  const { tenantId, exchangeId } = await service.openAccount();
  const tenant = { EXCHANGE_INTEGRATION_TENANT: tenantId };
  const [known] = await eventually(async () => {
    const listed = (await connections(tenant)).connections;
    expect(listed.map(({ type, status: is }) => [type, is])).toContainEqual(['WEBSOCKET', 'CONNECTED']);
    return listed;
  });
  const hung: ReportedConnection = {
    ...known!,
    ...{ connectionId: 'hung', type: 'REST', status: 'RECONNECTING', process: '7@elsewhere' },
    metrics: { ...known!.metrics, lastError: 'No reply within 11000 ms.' },
    shortfalls: [{ cause: 'ERRORS', measured: 1, threshold: 0.2 }],
  };
  await connectionStates.report([hung]);
  await rateLimiter.handleRateLimitResponse({ tenantId, exchangeId }, 60_000, { scope: 'ACCOUNT' });
  const told = await connections(tenant);
  expect(told.overallHealth).toBe('UNHEALTHY');
  expect(told.recommendations).toEqual([
    expect.stringMatching(/^The exchange refuses our calls until .*: send less/),
    expect.stringMatching(/^The REST connection of 7@elsewhere .* is RECONNECTING .*No reply within 11000 ms\./),
    expect.stringMatching(
      /^The REST connection of 7@elsewhere .* fails in 100 % of calls and messages, more than 20 %/,
    ),
  ]);
  const { stdout } = await run('connections', tenant);
  for (const recommendation of told.recommendations.slice(1)) expect(stdout).toContain(recommendation);
  await connectionStates.forget([hung]);
});

test('status says what keeps it from trading: the registration, a halt, a part that does not answer', async () => {
  const { tenantId, exchangeId } = account;
  await service.services.exchanges.setExchangeStatus(tenantId, exchangeId, 'MAINTENANCE', 'moving house');
  const halt = {
    haltId: 'h-1',
    tenantId,
    scope: {},
    reason: 'news',
    haltedBy: 'ada',
    haltedAt: '2026-01-31T12:00:00Z',
  };
  await service.services.safeguardChanges.halt(halt);
  const stopped = await status();
  expect(stopped).toMatchObject({ exitCode: 1, canTrade: false });
  expect(stopped.exchanges[0]?.reasons).toEqual([
    expect.stringContaining('The registration is MAINTENANCE: moving house'),
    expect.stringContaining('by ada: news'),
  ]);
  const alone = await status({ TEMPORAL_ADDRESS: '127.0.0.1:1' });
  expect(alone).toMatchObject({ exitCode: 1, reasons: [expect.stringContaining('Temporal: ')] });
  const elsewhere = await status({ TEMPORAL_NAMESPACE: 'default', REDIS_URL: 'redis://127.0.0.1:1' });
  expect(elsewhere.dependencies).toContainEqual(expect.objectContaining({ name: 'Redis', ok: false }));
  await service.services.safeguardChanges.release(tenantId, 'h-1', { releasedBy: 'bob', reason: 'over' });
  await service.services.exchanges.setExchangeStatus(tenantId, exchangeId, 'ACTIVE');
});

test('a worker says that it lives and is ready, with its queues and the parts below as JSON', async () => {
  const live = await fetch(`http://${healthAddress}/live`);
  expect([live.status, await live.json()]).toMatchObject([200, { live: true, reasons: [] }]);
  const ready = await fetch(`http://${healthAddress}/ready`);
  const workers = expect.arrayContaining([{ taskQueue: 'connections', state: 'RUNNING' }]) as object;
  const body = { ready: true, reasons: [], workers, dependencies: [{ name: 'Temporal', ok: true }, {}, {}] };
  expect([ready.status, await ready.json()]).toMatchObject([200, body]);
  expect((await fetch(`http://${healthAddress}/metrics`)).status).toBe(404);
});
