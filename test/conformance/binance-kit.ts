import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import { Decimal, formatDecimal } from '../../src/domain/decimal';
import type { Credentials } from '../../src/domain/exchange';
import { clientOrderIdOf, orderIdOf } from '../../src/domain/ids';
import { eventsOfReport, orderOfReport } from '../../src/exchanges/binance/translate';
import { eventOf, readExecutionReport } from '../../src/exchanges/binance/stream-messages';
import { CREDENTIALS, startBinanceSandbox, TENANT, UNLIMITED } from '../exchanges/binance-sandbox';
import { decimalString } from '../properties/generators';
import type { ExchangeKit, RawOrder, StreamMessage } from './exchange-kit';

const ASSET = 'BTC/USDT';
const SYMBOL = 'BTCUSDT';
/** Rules whose verdict depends on the order and exchangeInfo alone; the others need the market or the account. */
const FIXED_RULES = /^Filter failure: (PRICE_FILTER|LOT_SIZE|MARKET_LOT_SIZE|NOTIONAL)$/;

const RECEIVED_AT_MS = Date.parse('2026-01-02T03:04:05.678Z');
const wireAmount = (value: string): string => new Decimal(value).toFixed(8);

export const binanceKit: ExchangeKit = {
  start: async () => {
    const sandbox = await startBinanceSandbox();
    await sandbox.admin.deposit(CREDENTIALS.apiKey, 'EUR', '1.5');
    await sandbox.admin.deposit(CREDENTIALS.apiKey, 'EUR', '-1', { fee: '0.1' });
    const byHand = {
      accountId: CREDENTIALS.apiKey,
      symbol: 'ETHUSDT',
      side: 'BUY',
      quantity: '1',
      price: '1',
    } as const;
    await sandbox.admin.placeCustomerOrder({ ...byHand, clientOrderId: 'web_1' });
    return {
      adapter: sandbox.createAdapter(),
      openAccount: async (credentials) => {
        await sandbox.admin.addAccount({ ...credentials, balances: { BTC: '100', USDT: '1000000' } });
      },
      adapterFor: ({ authMethod, ...options }) =>
        sandbox.createAdapter({ ...options, config: { authMethod, rateLimits: UNLIMITED } }),
      assetId: ASSET,
      price: { min: '30000', max: '59000' },
      fill: async ({ clientOrderId }, quantity) => {
        await sandbox.admin.fill({ symbol: SYMBOL, clientOrderId, quantity });
      },
      refusalByRule: (order) => refusalByRule(sandbox.simulator.binance.rest, order),
      close: () => sandbox.close(),
    };
  },
  isAuthenticated: (sent, _, credentials) =>
    'url' in sent ? isSignedCall(sent, credentials) : isSignedMessage(sent.message, credentials),
  streamMessage: () => fc.oneof(tradeMessage(), stateMessage(), cancelMessage()),
  readMessage: (message, assetId) => {
    const report = readExecutionReport(eventOf(message));
    const ours = orderOfReport(report);
    if (ours === undefined) throw new Error('not an order of ours');
    return eventsOfReport({ tenantId: TENANT, ...ours, assetId }, report, RECEIVED_AT_MS);
  },
};

/** HMAC SHA-256 over query and body as they are sent, as hex; the key in a header (rest-api.md, SIGNED). */
function isSignedCall(
  { url, headers, body = '' }: { url: string; headers: Record<string, string>; body?: string },
  { apiKey, apiSecret }: Credentials,
): boolean {
  const query = new URL(url).search.slice(1);
  const [payload = '', signature] = (query + body).split('&signature=');
  const key = Object.entries(headers).find(([name]) => name.toLowerCase() === 'x-mbx-apikey')?.[1];
  return key === apiKey && hmac(payload, apiSecret) === signature && payload.includes('timestamp=');
}

/** The same over the parameters in alphabetical order (web-socket-api.md, SIGNED). */
function isSignedMessage(message: unknown, { apiKey, apiSecret }: Credentials): boolean {
  const { params } = message as { params: Record<string, string | number> };
  const { signature, ...signed } = params;
  const payload = Object.keys(signed)
    .sort()
    .map((name) => `${name}=${signed[name]}`)
    .join('&');
  return signed['apiKey'] === apiKey && hmac(payload, apiSecret) === signature;
}

function hmac(payload: string, secret: string): string {
  return createHmac('sha256', secret).update(payload).digest('hex');
}

/** POST /api/v3/order/test judges an order by all filters without placing it; signed here without our adapter. */
async function refusalByRule(
  rest: string,
  { side, orderType, quantity, price }: RawOrder,
): Promise<string | undefined> {
  const query = new URLSearchParams({
    symbol: SYMBOL,
    side,
    type: orderType,
    quantity,
    ...(price !== undefined && { price, timeInForce: 'GTC' }),
    timestamp: String(Date.now()),
  }).toString();
  const signature = hmac(query, CREDENTIALS.apiSecret);
  const headers = { 'x-mbx-apikey': CREDENTIALS.apiKey };
  const response = await fetch(`${rest}/api/v3/order/test?${query}&signature=${signature}`, {
    method: 'POST',
    headers,
  });
  const { code, msg = '' } = (await response.json()) as { code?: number; msg?: string };
  if (code === -1111) return msg;
  return FIXED_RULES.test(msg) ? msg : undefined;
}

interface Drawn {
  key: string;
  generation: number;
  side: 'BUY' | 'SELL';
  lots: { filledBefore: string; filledNow: string; rest: string };
  price: string;
  orderId: number;
  atMs: number;
}

const drawn = (): fc.Arbitrary<Drawn> =>
  fc.record({
    key: fc.uuid(),
    generation: fc.integer({ min: 0, max: 255 }),
    side: fc.constantFrom('BUY' as const, 'SELL' as const),
    lots: fc.record({
      filledBefore: decimalString({ min: '0', max: '100', scale: 8 }),
      filledNow: decimalString({ min: '0.00000001', max: '100', scale: 8 }),
      rest: decimalString({ min: '0', max: '100', scale: 8 }),
    }),
    price: decimalString({ min: '0.00000001', max: '200000', scale: 8 }),
    orderId: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    atMs: fc.integer({ min: Date.parse('2020-01-01'), max: Date.parse('2040-01-01') }),
  });

/** The documented executionReport (user-data-stream.md) with the fields that a case changes. */
function report(draw: Drawn, changes: Record<string, unknown>): Record<string, unknown> {
  const { lots, price, side, atMs, orderId } = draw;
  const total = new Decimal(lots.filledBefore).plus(lots.filledNow).plus(lots.rest);
  const event = {
    e: 'executionReport',
    E: atMs + 1,
    s: SYMBOL,
    c: ownId(draw),
    S: side,
    o: 'LIMIT',
    f: 'GTC',
    q: total.toFixed(8),
    p: wireAmount(price),
    P: '0.00000000',
    F: '0.00000000',
    g: -1,
    C: '',
    x: 'NEW',
    X: 'NEW',
    r: 'NONE',
    i: orderId,
    l: '0.00000000',
    z: wireAmount(lots.filledBefore),
    L: '0.00000000',
    n: '0',
    N: null,
    T: atMs,
    t: -1,
    I: 8641984,
    w: true,
    m: false,
    M: false,
    O: atMs,
    Z: '0.00000000',
    Y: '0.00000000',
    Q: '0.00000000',
    W: atMs,
    V: 'NONE',
    ...changes,
  };
  return { subscriptionId: 0, event };
}

const orderIdOfDraw = ({ key }: Drawn): string => orderIdOf(TENANT, key);
const ownId = (draw: Drawn): string => clientOrderIdOf(orderIdOfDraw(draw), draw.generation);
const identity = (draw: Drawn): { orderId: string; tenantId: string; exchangeOrderId: string; timestamp: string } => ({
  orderId: orderIdOfDraw(draw),
  tenantId: TENANT,
  exchangeOrderId: String(draw.orderId),
  timestamp: new Date(draw.atMs).toISOString(),
});

function tradeMessage(): fc.Arbitrary<StreamMessage> {
  const fee = fc.record({
    tradeId: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    commission: fc.option(decimalString({ min: '0', max: '10', scale: 8 })),
    commissionAsset: fc.constantFrom('BTC', 'USDT', 'BNB'),
    isMaker: fc.boolean(),
  });
  return fc.tuple(drawn(), fee).map(([draw, { tradeId, commission, commissionAsset, isMaker }]) => {
    const { lots, price, side } = draw;
    const filled = new Decimal(lots.filledBefore).plus(lots.filledNow);
    const isDone = lots.rest === '0';
    const quoteQuantity = new Decimal(lots.filledNow).times(price).toDecimalPlaces(8, Decimal.ROUND_DOWN);
    const message = report(draw, {
      x: 'TRADE',
      X: isDone ? 'FILLED' : 'PARTIALLY_FILLED',
      l: wireAmount(lots.filledNow),
      L: wireAmount(price),
      Y: quoteQuantity.toFixed(8),
      z: filled.toFixed(8),
      t: tradeId,
      m: isMaker,
      n: commission === null ? '0' : wireAmount(commission),
      N: commission === null ? null : commissionAsset,
    });
    return {
      message,
      assetId: ASSET,
      expected: {
        ...identity(draw),
        status: isDone ? 'FILLED' : 'PARTIALLY_FILLED',
        filledQuantity: formatDecimal(filled),
        remainingQuantity: lots.rest,
        lastFilledPrice: price,
        lastFilledQuantity: lots.filledNow,
      },
      execution: {
        ...identity(draw),
        executionId: String(tradeId),
        side,
        quantity: lots.filledNow,
        price,
        quoteQuantity: formatDecimal(quoteQuantity),
        commission: commission ?? '0',
        commissionAsset: commission === null ? 'USDT' : commissionAsset,
        liquidity: isMaker ? 'MAKER' : 'TAKER',
        receivedAt: new Date(RECEIVED_AT_MS).toISOString(),
      },
    };
  });
}

function stateMessage(): fc.Arbitrary<StreamMessage> {
  const state = fc.constantFrom(
    { x: 'NEW', X: 'NEW', status: 'OPEN' as const },
    { x: 'NEW', X: 'PENDING_NEW', status: 'PENDING' as const },
    { x: 'EXPIRED', X: 'EXPIRED', eR: 'UNFILLED_IOC_QUANTITY_EXPIRED', status: 'EXPIRED' as const },
    { x: 'TRADE_PREVENTION', X: 'EXPIRED_IN_MATCH', v: 3, A: '3.0', B: '3.0', status: 'EXPIRED' as const },
    { x: 'REJECTED', X: 'REJECTED', r: 'INSUFFICIENT_BALANCES', status: 'REJECTED' as const },
  );
  return fc.tuple(drawn(), state).map(([draw, { status, ...changes }]) => {
    const reason = 'eR' in changes ? changes.eR : 'r' in changes ? changes.r : undefined;
    return {
      message: report(draw, changes),
      assetId: ASSET,
      expected: {
        ...identity(draw),
        status,
        filledQuantity: draw.lots.filledBefore,
        ...(reason !== undefined && { reason }),
      },
    };
  });
}

/** On a cancel and an amendment our id stands in C, and c is another. */
function cancelMessage(): fc.Arbitrary<StreamMessage> {
  const kind = fc.constantFrom(
    { x: 'CANCELED', X: 'CANCELED', status: 'CANCELLED' as const },
    { x: 'REPLACED', X: 'NEW', status: 'OPEN' as const },
  );
  return fc.tuple(drawn(), kind, fc.stringMatching(/^[a-zA-Z0-9]{22}$/)).map(([draw, { status, ...changes }, c]) => ({
    message: report(draw, { ...changes, c, C: ownId(draw) }),
    assetId: ASSET,
    expected: { ...identity(draw), status, filledQuantity: draw.lots.filledBefore },
  }));
}
