import type { Connection } from '../../src/domain/connection';
import type { ExecutionMetrics } from '../../src/metrics/metrics';
import { serveMetrics } from '../../src/metrics/metrics-server';
import { showProcess } from '../../src/metrics/process-gauges';
import { PrometheusSink } from '../../src/metrics/prometheus-sink';
import { silentLogger } from '../../src/platform/logger';
import type { RouteServer } from '../../src/platform/route-server';
import type { RateLimitState } from '../../src/ratelimit/rate-limiter';

let sink: PrometheusSink;
let server: RouteServer | undefined;
beforeEach(async () => {
  sink = new PrometheusSink();
  server = await serveMetrics(sink.registry, { host: '127.0.0.1', port: 0 }, silentLogger);
});
afterEach(async () => {
  await server?.close();
  await sink.close();
});

const read = async (path = '/metrics'): Promise<{ status: number; text: string }> => {
  const response = await fetch(`http://${server?.address}${path}`);
  return { status: response.status, text: await response.text() };
};
const anExecution = (fields: Partial<ExecutionMetrics> = {}): ExecutionMetrics => ({
  tenantId: 'demo',
  exchangeId: 'BINANCE',
  assetId: 'BTC/USDT',
  orderType: 'LIMIT',
  latencyMs: 30,
  slippage: '0.0003',
  commission: '2.5',
  fillRate: '0.5',
  timestamp: '2026-01-31T12:00:00.000Z',
  ...fields,
});
const LABELS = 'tenantId="demo",exchangeId="BINANCE",assetId="BTC/USDT",orderType="LIMIT"';

it('serves each measure of an execution under its dimensions', async () => {
  sink.execution(anExecution());
  sink.execution(anExecution({ latencyMs: 2_000, commission: '0.5' }));
  const { status, text } = await read();
  expect(status).toBe(200);
  for (const line of [
    `exchange_integration_execution_latency_seconds_bucket{le="0.05",${LABELS}} 1`,
    `exchange_integration_execution_latency_seconds_count{${LABELS}} 2`,
    `exchange_integration_execution_slippage_ratio_bucket{le="0.00025",${LABELS}} 0`,
    `exchange_integration_execution_slippage_ratio_bucket{le="0.0005",${LABELS}} 2`,
    `exchange_integration_execution_fill_ratio_bucket{le="0.5",${LABELS}} 2`,
    `exchange_integration_execution_commission_total{${LABELS}} 3`,
  ]) {
    expect(text).toContain(`${line}\n`);
  }
  expect(text).toContain('process_cpu_seconds_total');
});

it('leaves out what is not known, and serves connections as the last interval told them', async () => {
  const { latencyMs: _1, slippage: _2, commission: _3, ...bare } = anExecution();
  sink.execution(bare);
  const connection = { tenantId: 'demo', exchangeId: 'KRAKEN', connectionType: 'WEBSOCKET' } as const;
  const gone = { ...connection, tenantId: 'gone' };
  sink.connections([
    { ...connection, latencyMs: 20, errorRate: 0.5, messagesPerSecond: 4, timestamp: '' },
    { ...gone, latencyMs: 20, errorRate: 0.5, messagesPerSecond: 4, timestamp: '' },
  ]);
  sink.connections([{ ...connection, latencyMs: 30, errorRate: 0, messagesPerSecond: 7, timestamp: '' }]);
  const { text } = await read();
  expect(text).not.toContain('execution_latency_seconds_count{');
  expect(text).toContain(`exchange_integration_execution_fill_ratio_count{${LABELS}} 1\n`);
  const labels = 'tenantId="demo",exchangeId="KRAKEN",connectionType="WEBSOCKET"';
  expect(text).toContain(`exchange_integration_connection_latency_seconds{${labels}} 0.03\n`);
  expect(text).toContain(`exchange_integration_connection_error_ratio{${labels}} 0\n`);
  expect(text).toContain(`exchange_integration_connection_messages_per_second{${labels}} 7\n`);
  expect(text).not.toContain('tenantId="gone"');
  sink.connections([{ ...connection, errorRate: 0, messagesPerSecond: 0, timestamp: '' }]);
  expect((await read()).text).not.toContain(`connection_latency_seconds{${labels}}`);
});

it('has a bounded number of series, however many instruments are traded', async () => {
  for (let nth = 0; nth < 700; nth++) sink.execution(anExecution({ assetId: `A${nth}/USDT` }));
  const { text } = await read();
  const counts = text.split('\n').filter((line) => line.startsWith('exchange_integration_execution_fill_ratio_count{'));
  expect(counts).toHaveLength(501);
  expect(counts.at(-1)).toMatch(/assetId="other".*} 200$/);
});

it('answers nothing else, and does without an address that is taken', async () => {
  expect((await read('/')).status).toBe(404);
  const [host = '', port = ''] = server?.address.split(':') ?? [];
  expect(await serveMetrics(sink.registry, { host, port: Number(port) }, silentLogger)).toBeUndefined();
});

it('shows, at each scrape, the connections that the process has now and how its rate limiter does', async () => {
  const metrics = {
    ...{ uptimeMs: 61_000, latencyMs: 20, latencyP95Ms: 45, errorRate: 0, messagesReceived: 7, messagesSent: 1 },
    reconnectionCount: 2,
  };
  const connection: Connection = {
    ...{ connectionId: 'c-1', tenantId: 'demo', exchangeId: 'BINANCE', type: 'WEBSOCKET', status: 'CONNECTED' },
    ...{ endpoint: 'ws://x', lastActivityAt: '2026-01-31T12:00:00Z', reconnectAttempts: 0, metrics },
  };
  let connections = [connection];
  const counts = { granted: 5, denied: 1, waited: 2, waitedMs: 1_500, bans: 0, waiting: 3, alone: false };
  showProcess(sink.registry, {
    connections: () => connections,
    rateLimits: () => [{ exchangeId: 'BINANCE', counts }],
    limitStates: () => Promise.resolve([]),
  });
  const labels = '{tenantId="demo",exchangeId="BINANCE",connectionType="WEBSOCKET",connectionId="c-1"}';
  const { text } = await read();
  expect(text).toContain(`exchange_integration_connection_up${labels} 1`);
  expect(text).toContain(`exchange_integration_connection_latency_p95_seconds${labels} 0.045`);
  expect(text).toContain(`exchange_integration_connection_reconnections${labels} 2`);
  expect(text).toContain('exchange_integration_ratelimit_waited_seconds{exchangeId="BINANCE"} 1.5');
  connections = [];
  expect((await read()).text).not.toContain('connectionId="c-1"');
});

it('shows, at each scrape, how far each limit of the accounts is used, and until when a ban lasts', async () => {
  const orders: RateLimitState = {
    ...{ exchangeId: 'BINANCE', tenantId: 'demo', scope: 'ACCOUNT', category: 'ORDERS', windowMs: 10_000 },
    ...{ limit: 50, used: 20, remaining: 30, reservedForCritical: 5, queued: 2, resetsAt: '2026-01-31T12:00:10Z' },
  };
  const weight: RateLimitState = { ...orders, scope: 'IP', category: 'WEIGHT', windowMs: 60_000 };
  const banned = { ...weight, tenantId: 'other', remaining: 0, bannedUntil: '2026-01-31T12:00:00.500Z' };
  const perInstrument: RateLimitState[] = [7, 3, 9].map((remaining, nth) => {
    const { windowMs: _, ...decaying } = orders;
    return { ...decaying, exchangeId: 'KRAKEN', scope: 'INSTRUMENT', assetId: `A${nth}/USD`, remaining };
  });
  let states: RateLimitState[] = [orders, weight, banned, ...perInstrument];
  let reads = 0;
  showProcess(sink.registry, {
    connections: () => [],
    rateLimits: () => [],
    limitStates: () => Promise.resolve(states).finally(() => (reads += 1)),
  });
  const { text } = await read();
  const ofOrders = '{exchangeId="BINANCE",tenantId="demo",scope="ACCOUNT",category="ORDERS",window="10s"}';
  const ofWeight = '{exchangeId="BINANCE",tenantId="",scope="IP",category="WEIGHT",window="60s"}';
  for (const line of [
    `limit${ofOrders} 50`,
    `used${ofOrders} 20`,
    `remaining${ofOrders} 30`,
    `reserved${ofOrders} 5`,
    `queued${ofOrders} 2`,
    `banned_until_timestamp_seconds${ofOrders} 0`,
    `remaining${ofWeight} 0`,
    `banned_until_timestamp_seconds${ofWeight} ${Date.parse('2026-01-31T12:00:00.500Z') / 1_000}`,
    'remaining{exchangeId="KRAKEN",tenantId="demo",scope="INSTRUMENT",category="ORDERS",window="decaying"} 3',
  ])
    expect(text).toContain(`exchange_integration_ratelimit_${line}\n`);
  expect(text.match(/ratelimit_remaining\{/g)).toHaveLength(3);
  expect(reads).toBe(1);
  states = [];
  expect((await read()).text).not.toContain('tenantId="demo"');
});
