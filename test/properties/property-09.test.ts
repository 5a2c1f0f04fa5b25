import fc from 'fast-check';
import type { AuditService } from '../../src/audit/audit-service';
import { mapBounded } from '../../src/connections/bounded-concurrency';
import type { CallOperation, ExchangeAuditLog } from '../../src/domain/audit';
import type { OrderRequest } from '../../src/domain/order-request';
import { ExchangeService } from '../../src/exchange-service/exchange-service';
import { EXCHANGES } from '../../src/exchanges/registry';
import type { ExchangeAdapter } from '../../src/exchanges/adapter';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { LocalCipher } from '../../src/storage/credentials/local-cipher';
import { DynamoExchangeConfigStore } from '../../src/storage/dynamodb/exchange-configs-store';
import { openAuditDesk, type AuditDesk } from '../audit/audit-desk';
import { Wire } from '../audit/wire';
import { unpooled } from '../connection-manager/unpooled';
import { errorHandler } from '../error-handling/error-handler';
import { type BinanceSandbox, startBinanceSandbox } from '../exchanges/binance-sandbox';
import { orderOf, placed, refOf } from '../exchanges/placing';
import { ownRateLimiter } from '../ratelimit/own-limiter';
import { testStack } from '../stack/stack';
import { freshTenant } from '../storage/stores';
import { LANES_TIMEOUT_MS } from './lanes';

const RUNS_AT_ONCE = 25;
const BATCHES = 4;

let sandbox: BinanceSandbox;
let desk: AuditDesk;
let wire: Wire;
beforeAll(async () => {
  sandbox = await startBinanceSandbox();
  desk = openAuditDesk(testStack());
  wire = new Wire();
});
afterAll(async () => {
  wire?.close();
  await Promise.all([sandbox?.close(), desk?.close()]);
});

function exchangesWith(audit: AuditService): ExchangeService {
  return new ExchangeService({
    configs: new DynamoExchangeConfigStore(desk.client, desk.tables),
    cipher: new LocalCipher([{ id: 'test', secret: Buffer.alloc(32, 7) }]),
    exchanges: EXCHANGES,
    errors: errorHandler(),
    audit,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    rateLimiter: ownRateLimiter(systemClock),
    connections: unpooled,
    allowSimulated: true,
  });
}

/** What the documented endpoints are in the audit trail. */
const OPERATIONS: Record<string, readonly CallOperation[]> = {
  'POST /api/v3/order': ['ORDER_SUBMIT'],
  'DELETE /api/v3/order': ['ORDER_CANCEL'],
  'PUT /api/v3/order/amend/keepPriority': ['ORDER_MODIFY'],
  'POST /api/v3/order/cancelReplace': ['ORDER_MODIFY'],
  'GET /api/v3/order': ['ORDER_QUERY'],
  'GET /api/v3/openOrders': ['ORDER_QUERY'],
  'GET /api/v3/myTrades': ['ORDER_QUERY'],
  'GET /api/v3/account': ['BALANCE_QUERY', 'POSITION_QUERY'],
};

type Call = (adapter: ExchangeAdapter, request: OrderRequest) => Promise<unknown>;

/** Every private call of an adapter. Some are refused, by the exchange or for want of an order; all are audited. */
const CALLS: Record<string, Call> = {
  submit: (adapter, request) => adapter.submitOrder(placed(request)),
  cancel: (adapter, request) => adapter.cancelOrder(refOf(request)),
  amend: (adapter, request) => {
    const less = { ...request, quantity: '0.005' };
    return adapter.modifyOrder(refOf(request), { newQuantity: less.quantity }, placed(less, 1));
  },
  replace: (adapter, request) => {
    const dearer = { ...request, price: '21000' };
    return adapter.modifyOrder(refOf(request), { newPrice: dearer.price }, placed(dearer, 1));
  },
  find: (adapter, request) => adapter.findOrder(refOf(request)),
  open: (adapter, { tenantId }) => adapter.listOpenOrders(tenantId),
  executions: (adapter, { tenantId, assetId }) => adapter.listExecutions(tenantId, assetId, Date.now() - 60_000),
  balance: (adapter) => adapter.getBalance(),
  positions: (adapter) => adapter.getPositions(),
  connect: async (adapter) => {
    await adapter.connect();
    await adapter.disconnect();
  },
};

/** A secret that no other text of a run happens to hold; of characters that need escaping in addresses and JSON too. */
const secret = (): fc.Arbitrary<string> =>
  fc
    .string({ unit: fc.constantFrom(...'abcXYZ0189+/=&%"\\ -_'), minLength: 16, maxLength: 64 })
    .map((text) => text.trim().padEnd(16, '~'));
interface Run {
  apiSecret: string;
  calls: string[];
  market: boolean;
  faulty: boolean;
}

const aRun = (): fc.Arbitrary<Run> =>
  fc.record({
    apiSecret: secret(),
    calls: fc
      .array(fc.constantFrom(...Object.keys(CALLS)), { minLength: 1, maxLength: 5 })
      .map((calls) => ['submit', ...calls]),
    market: fc.boolean(),
    faulty: fc.boolean(),
  });

interface DoneRun {
  tenantId: string;
  orderId: string;
  credentials: { apiKey: string; apiSecret: string };
  logins: number;
}

test(
  'Property 9: every private call leaves one record with request, response, latency and success, and no secret in it',
  async () => {
    const runs = fc.array(aRun(), { minLength: RUNS_AT_ONCE, maxLength: RUNS_AT_ONCE });
    await fc.assert(
      fc.asyncProperty(runs, async (batch) => {
        const audit = desk.open();
        const done = await mapBounded(batch, RUNS_AT_ONCE, (run) => performRun(audit, run));
        await audit.close();
        for (const run of done) await expectRecords(audit, run);
      }),
      { numRuns: BATCHES, endOnFailure: true },
    );
  },
  LANES_TIMEOUT_MS,
);

async function performRun(audit: AuditService, { market, faulty, calls, apiSecret }: Run): Promise<DoneRun> {
  const exchanges = exchangesWith(audit); // with limits of its own: a run must not wait for the others
  const tenantId = freshTenant();
  const credentials = { apiKey: `key-${tenantId}`, apiSecret };
  const balances = { BTC: '10', USDT: '1000000' };
  await sandbox.admin.addAccount({ accountId: tenantId, ...credentials, balances });
  const { restEndpoint, wsEndpoint, wsPublicEndpoint } = sandbox.config;
  const endpoints = { restEndpoint, wsEndpoint, wsPublicEndpoint };
  await exchanges.registerExchange(tenantId, { exchangeId: 'BINANCE', mode: 'SANDBOX', credentials, ...endpoints });
  const adapter = await exchanges.getAdapter(tenantId, 'BINANCE');
  if (faulty) await loseOneReply(credentials.apiKey);
  const limit = orderOf({ tenantId });
  const { price: _, ...unpriced } = limit;
  const request: OrderRequest = market ? { ...unpriced, orderType: 'MARKET', timeInForce: 'IOC' } : limit;
  for (const name of calls) await CALLS[name]?.(adapter, request).catch(() => undefined);
  await exchanges.close();
  const logins = calls.filter((name) => name === 'connect').length;
  return { tenantId, orderId: request.orderId, credentials, logins };
}

async function loseOneReply(apiKey: string): Promise<void> {
  const match = { endpoint: 'POST /api/v3/order', apiKey, times: 1 };
  await sandbox.admin.addFault({ match, effect: { kind: 'lose-reply' } });
}

async function expectRecords(audit: AuditService, { tenantId, orderId, credentials, logins }: DoneRun): Promise<void> {
  const records = await audit.getAuditLogs(tenantId);
  const calls = records.filter(({ operationType }) => operationType !== 'CONFIG_CHANGE');
  expect(records.length - calls.length).toBe(1); // the registration
  expectOneEach(calls, credentials.apiKey, orderId, logins);
  const text = JSON.stringify(records);
  const signatures = wire.of(credentials.apiKey).map(({ signature }) => signature);
  for (const hidden of [...Object.values(credentials), ...signatures].flatMap(formsOf)) {
    expect(text).not.toContain(hidden);
  }
}

function expectOneEach(records: ExchangeAuditLog[], key: string, orderId: string, logins: number): void {
  const sent = wire.of(key);
  const overRest = records.filter(({ operationType }) => operationType !== 'STREAM_LOGIN');
  expect(records.length - overRest.length).toBe(logins);
  expect(overRest.map(wordOf).sort()).toEqual(sent.map(({ method, path }) => `${method} ${path}`).sort());
  for (const record of records) {
    const { operationType, requestPayload, responsePayload, latencyMs, success, timestamp, errorDetails } = record;
    expect(requestPayload).toEqual(expect.any(Object));
    expect(latencyMs).toBeGreaterThanOrEqual(0);
    expect(Date.parse(timestamp)).toBeLessThanOrEqual(Date.now());
    expect(success).toBe(errorDetails === undefined);
    if (operationType === 'STREAM_LOGIN') continue;
    expect(OPERATIONS[wordOf(record)]).toContain(operationType);
    if (operationType.startsWith('ORDER_') && !/openOrders|myTrades/.test(wordOf(record)))
      expect(record.orderId).toBe(orderId);
    const status = (responsePayload as { status?: number } | null)?.status;
    expect(success).toBe(status === 200);
    if (success) expect(responsePayload).toMatchObject({ body: expect.anything() as unknown });
  }
}

function wordOf({ requestPayload }: ExchangeAuditLog): string {
  const { method, url } = requestPayload as { method: string; url: string };
  return `${method} ${new URL(url).pathname}`;
}

/** How a value may stand in a text of JSON. */
function formsOf(value: string): string[] {
  const escaped = JSON.stringify(value).slice(1, -1);
  return [escaped, encodeURIComponent(value), Buffer.from(value).toString('base64')];
}
