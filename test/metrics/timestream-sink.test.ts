import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { ExecutionMetrics } from '../../src/metrics/metrics';
import { TimestreamSink } from '../../src/metrics/timestream-sink';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { ManualClock } from '../alerts/manual-clock';
import { checkSignature } from './sigv4';

const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

/** WriteRecords as documented (API_WriteRecords): nothing else, and within its limits. */
const writeRecords = z.strictObject({
  DatabaseName: z.string().min(3).max(256),
  TableName: z.enum(['ExecutionMetrics', 'ConnectionMetrics']),
  Records: z
    .array(
      z.strictObject({
        Dimensions: z.array(z.strictObject({ Name: z.string().min(1).max(60), Value: z.string().min(1) })).max(128),
        MeasureName: z.string().min(1).max(256),
        MeasureValueType: z.literal('MULTI'),
        MeasureValues: z
          .array(
            z.strictObject({ Name: z.string().min(1), Value: z.string().regex(/^-?\d/), Type: z.literal('DOUBLE') }),
          )
          .min(1)
          .max(256),
        Time: z.string().regex(/^\d{19}$/),
        TimeUnit: z.literal('NANOSECONDS'),
      }),
    )
    .min(1)
    .max(100),
});
type WriteRecords = z.infer<typeof writeRecords>;

let server: Server;
let endpoint: string;
let written: WriteRecords[];
let targets: string[];
let answer: (target: string) => { status: number; body: object };
const before = { ...process.env };

beforeAll(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey });
  delete process.env['AWS_SESSION_TOKEN'];
  server = createServer((request, response) => {
    receive(request).then(
      ({ status, body }) =>
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body)),
      (error: unknown) =>
        response.writeHead(400).end(JSON.stringify({ __type: 'ValidationException', message: String(error) })),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  [written, targets] = [[], []];
  answer = () => ({ status: 200, body: { RecordsIngested: { Total: 1 } } });
});
afterAll(async () => {
  process.env = before;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function receive(request: IncomingMessage): Promise<{ status: number; body: object }> {
  const body = await text(request);
  const { method = '', url = '', headers } = request;
  expect(checkSignature({ method, url, headers, body }, KEYS)).toEqual({
    region: 'eu-central-1',
    service: 'timestream',
  });
  const target = String(headers['x-amz-target']);
  targets.push(target);
  const reply = answer(target);
  if (reply.status === 200) written.push(writeRecords.parse(JSON.parse(body)));
  return reply;
}

function newSink(): TimestreamSink {
  return new TimestreamSink({
    database: 'desk',
    region: 'eu-central-1',
    endpoint,
    clock: systemClock,
    logger: silentLogger,
  });
}

const anExecution = (fields: Partial<ExecutionMetrics> = {}): ExecutionMetrics => ({
  tenantId: 'demo',
  exchangeId: 'BINANCE',
  assetId: 'BTC/USDT',
  orderType: 'MARKET',
  latencyMs: 12,
  slippage: '-0.000125',
  commission: '1.5',
  fillRate: '1',
  timestamp: '2026-01-31T12:00:00.000Z',
  ...fields,
});

it('writes the documented request, signed, with the specified dimensions and measures', async () => {
  const sink = newSink();
  sink.execution(anExecution());
  const account = { tenantId: 'demo', exchangeId: 'BINANCE', connectionType: 'REST' } as const;
  const timestamp = '2026-01-31T12:00:00.000Z';
  sink.connections([{ ...account, latencyMs: 12.5, errorRate: 0.25, messagesPerSecond: 3, timestamp }]);
  await sink.close();
  expect(targets).toEqual(['Timestream_20181101.WriteRecords', 'Timestream_20181101.WriteRecords']);
  const [executions, connections] = written;
  expect(executions).toMatchObject({ DatabaseName: 'desk', TableName: 'ExecutionMetrics' });
  const [execution] = executions?.Records ?? [];
  expect(fieldsOf(execution?.Dimensions)).toEqual({
    tenantId: 'demo',
    exchangeId: 'BINANCE',
    assetId: 'BTC/USDT',
    orderType: 'MARKET',
  });
  expect(fieldsOf(execution?.MeasureValues)).toEqual({
    latencyMs: '12',
    slippage: '-0.000125',
    commission: '1.5',
    fillRate: '1',
  });
  expect(execution?.Time.startsWith(String(Date.parse('2026-01-31T12:00:00.000Z')))).toBe(true);
  const [connection] = connections?.Records ?? [];
  expect(fieldsOf(connection?.Dimensions)).toEqual({ tenantId: 'demo', exchangeId: 'BINANCE', connectionType: 'REST' });
  expect(fieldsOf(connection?.MeasureValues)).toEqual({
    ...{ latencyMs: '12.5', errorRate: '0.25', messagesPerSecond: '3' },
  });
});

it('writes at most 100 at once, each at a time of its own', async () => {
  const sink = newSink();
  for (let nth = 0; nth < 250; nth++) sink.execution(anExecution());
  await sink.close();
  expect(written.map(({ Records }) => Records.length)).toEqual([100, 100, 50]);
  expect(new Set(written.flatMap(({ Records }) => Records.map(({ Time }) => Time))).size).toBe(250);
});

it('goes on after records that Timestream rejects', async () => {
  let calls = 0;
  answer = () => {
    calls += 1;
    const rejected = { __type: 'RejectedRecordsException', RejectedRecords: [{ RecordIndex: 0, Reason: 'too old' }] };
    return calls === 1 ? { status: 419, body: rejected } : { status: 200, body: {} };
  };
  const sink = newSink();
  for (let nth = 0; nth < 150; nth++) sink.execution(anExecution());
  await sink.close();
  expect(written.map(({ Records }) => Records.length)).toEqual([50]);
});

it('keeps what Timestream did not answer for, and writes it when it does', async () => {
  const clock = new ManualClock();
  const sink = new TimestreamSink({
    ...{ database: 'desk', region: 'eu-central-1' },
    endpoint,
    clock,
    logger: silentLogger,
  });
  const failed = new Promise<void>((resolve) => {
    answer = () => {
      resolve();
      return { status: 400, body: { __type: 'AccessDeniedException', message: 'not yet' } };
    };
  });
  for (let nth = 0; nth < 150; nth++) sink.execution(anExecution());
  await clock.pass(5_000);
  await failed;
  answer = () => ({ status: 200, body: {} });
  await sink.close();
  expect(written.flatMap(({ Records }) => Records)).toHaveLength(150);
});

it('does not let a batch that can never be written hold up the others', async () => {
  let calls = 0;
  answer = () => {
    calls += 1;
    const refused = { __type: 'ValidationException', message: 'no such dimension' };
    return calls === 1 ? { status: 400, body: refused } : { status: 200, body: {} };
  };
  const sink = newSink();
  for (let nth = 0; nth < 150; nth++) sink.execution(anExecution());
  await sink.close();
  expect(written.map(({ Records }) => Records.length)).toEqual([50]);
});

function fieldsOf(pairs: { Name: string; Value: string }[] = []): Record<string, string> {
  return Object.fromEntries(pairs.map(({ Name, Value }) => [Name, Value]));
}
