import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/platform/clock';
import { SimulatorAdmin } from '../../src/simulator/admin-client';
import { type RunningSimulator, startSimulator } from '../../src/simulator/simulator';
import { Listener, SignedClient, encode } from './signed-client';

const BALANCES = { USDT: '100000', BTC: '10', ETH: '100' };

/** Rate limits count by the minute of the clock: a test that counts sets it to a minute's beginning. */
let shiftMs = 0;
const now = (): number => Date.now() + shiftMs;
function startMinute(): void {
  shiftMs += 60_000 - (now() % 60_000);
}

let directory: string;
let simulator: RunningSimulator;
let admin: SimulatorAdmin;
let client: SignedClient;
let accounts = 0;

async function newClient(): Promise<SignedClient> {
  accounts += 1;
  const account = { apiKey: `accountKey${accounts}`, apiSecret: `accountSecret${accounts}`, balances: BALANCES };
  await admin.addAccount(account);
  return new SignedClient(simulator.binance.rest, account.apiKey, account.apiSecret, now);
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'simulator-binance-'));
  simulator = await startSimulator({
    directory,
    marketIntervalMs: 0,
    clock: { now, sleep: systemClock.sleep },
    limits: { ordersPer10Seconds: 1000 },
  });
  admin = new SimulatorAdmin(simulator.admin);
});

beforeEach(async () => {
  await admin.setPrice('BTCUSDT', '60000');
  client = await newClient();
});

afterAll(async () => {
  await simulator.close();
  await rm(directory, { recursive: true });
});

test('a directory takes one simulator at a time', async () => {
  await expect(startSimulator({ directory })).rejects.toThrow(/Another simulator runs on/);
});

test('only loopback addresses are bound', async () => {
  await expect(startSimulator({ directory, host: '0.0.0.0' })).rejects.toThrow(/loopback/);
});

describe('signatures and time', () => {
  test.each([
    ['no key', 401, -2014, () => new SignedClient(simulator.binance.rest, '', 'x', now).order()],
    [
      'a key nobody has',
      401,
      -2015,
      () => new SignedClient(simulator.binance.rest, 'nobodyHasThisKey', 'x', now).order(),
    ],
    [
      'a wrong signature',
      400,
      -1022,
      () => new SignedClient(simulator.binance.rest, client.apiKey, 'wrong', now).order(),
    ],
    [
      'a parameter changed after signing',
      400,
      -1022,
      () => {
        const query = encode({ symbol: 'BTCUSDT', timestamp: now() });
        return client.send('GET', '/openOrders', `${query.replace('BTC', 'ETH')}&signature=${client.sign(query)}`);
      },
    ],
    ['no timestamp', 400, -1102, () => client.send('GET', '/account', `signature=${client.sign('')}`)],
    ['no signature', 400, -1102, () => client.send('GET', '/account', `timestamp=${now()}`)],
    ['a timestamp older than recvWindow', 400, -1021, () => client.order({ timestamp: now() - 6000 })],
    ['a timestamp over a second ahead', 400, -1021, () => client.order({ timestamp: now() + 1500 })],
    ['a recvWindow above a minute', 400, -1102, () => client.order({ recvWindow: 60001 })],
  ])('%s is refused with status %i and code %i', async (_case, status, code, call) => {
    expect(await call()).toMatchObject({ status, body: { code } });
  });

  test('a wider recvWindow makes an old timestamp good, and microseconds are understood', async () => {
    expect((await client.order({ timestamp: now() - 6000, recvWindow: 7000 })).status).toBe(200);
    expect((await client.order({ timestamp: `${now()}000` })).status).toBe(200);
  });

  test('parameters may be in the body, or in both, and upper-case signatures count', async () => {
    const query = encode({ symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC' });
    const body = encode({ quantity: '0.01', price: '50000', timestamp: now() });
    const signature = client.sign(query + body).toUpperCase();
    expect((await client.send('POST', '/order', query, `${body}&signature=${signature}`)).body).toMatchObject({
      status: 'NEW',
    });
  });
});

describe('orders that are refused', () => {
  test.each([
    ['a price off the tick', { price: '50000.001' }, -1013, 'Filter failure: PRICE_FILTER'],
    ['a quantity off the step', { quantity: '0.000015' }, -1013, 'Filter failure: LOT_SIZE'],
    ['a value too low', { quantity: '0.00005' }, -1013, 'Filter failure: NOTIONAL'],
    ['a price too far from the last', { price: '400000' }, -1013, 'Filter failure: PERCENT_PRICE_BY_SIDE'],
    ['too much precision', { quantity: '0.000000001' }, -1111, "Parameter 'quantity' has too much precision."],
    ['an unknown symbol', { symbol: 'NOPEUSDT' }, -1121, 'Invalid symbol.'],
    ['an unknown side', { side: 'HOLD' }, -1117, 'Invalid side.'],
    ['an unknown type', { type: 'GTD' }, -1116, 'Invalid orderType.'],
    ['an unknown time in force', { timeInForce: 'GTD' }, -1115, 'Invalid timeInForce.'],
    [
      'a price that is no number',
      { price: '1e5' },
      -1100,
      "Illegal characters found in parameter 'price'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'.",
    ],
    [
      'an id with a slash',
      { newClientOrderId: 'a/b' },
      -1100,
      "Illegal characters found in parameter 'newClientOrderId'; legal range is '^[a-zA-Z0-9-_]{1,36}$'.",
    ],
    [
      'a MARKET order with a price',
      { type: 'MARKET', timeInForce: '', price: '1' },
      -1105,
      "Parameter 'timeInForce' was empty.",
    ],
    [
      'a parameter that nobody knows',
      { leverage: 3 },
      -1104,
      "Not all sent parameters were read; read '8' parameter(s) but was sent '9'.",
    ],
    ['more than the balance', { quantity: '3' }, -2010, 'Account has insufficient balance for requested action.'],
    [
      'a stop that is reached already',
      { type: 'STOP_LOSS_LIMIT', stopPrice: '55000' },
      -2010,
      'Order would trigger immediately.',
    ],
    [
      'a self-trade prevention mode that is not allowed',
      { selfTradePreventionMode: 'TRANSFER' },
      -1013,
      'This symbol does not allow the specified self-trade prevention mode.',
    ],
  ])('%s', async (_case, params, code, msg) => {
    expect(await client.order(params)).toMatchObject({ status: 400, body: { code, msg } });
    expect((await client.call('GET', '/allOrders', { symbol: 'BTCUSDT' })).body).toEqual([]);
  });

  test('a LIMIT_MAKER that would take', async () => {
    const params = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT_MAKER', quantity: '0.01', price: '61000' };
    const { body } = await client.call('POST', '/order', params);
    expect(body).toEqual({ code: -2010, msg: 'Order would immediately match and take.' });
  });

  test('LIMIT without a price', async () => {
    const params = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', quantity: '1', timeInForce: 'GTC' };
    expect((await client.call('POST', '/order', params)).body).toMatchObject({ code: -1102 });
  });
});

describe('client order ids', () => {
  test('are unique among open orders only: after a fill the same id makes a second order', async () => {
    const first = await client.order({ newClientOrderId: 'same' });
    expect((await client.order({ newClientOrderId: 'same' })).body).toEqual({
      code: -2010,
      msg: 'Duplicate order sent.',
    });
    await admin.fill({ symbol: 'BTCUSDT', orderId: first.body['orderId'] as number });
    const second = await client.order({ newClientOrderId: 'same' });
    expect(second.status).toBe(200);
    expect(second.body['orderId']).not.toBe(first.body['orderId']);
    const found = await client.call('GET', '/order', { symbol: 'BTCUSDT', origClientOrderId: 'same' });
    expect(found.body['orderId']).toBe(second.body['orderId']);
  });

  test('of another account, or an unknown one, find nothing', async () => {
    const { body } = await client.order({ newClientOrderId: 'mine' });
    const other = await newClient();
    const query = { symbol: 'BTCUSDT', orderId: body['orderId'] as number };
    expect((await other.call('GET', '/order', query)).body).toEqual({ code: -2013, msg: 'Order does not exist.' });
    expect((await other.call('DELETE', '/order', query)).body).toEqual({ code: -2011, msg: 'Unknown order sent.' });
  });
});

describe('replies', () => {
  test('LIMIT gives FULL by default, STOP_LOSS_LIMIT gives ACK, newOrderRespType decides otherwise', async () => {
    const full = await client.order({ price: '70000' });
    expect(full.body).toMatchObject({
      status: 'FILLED',
      executedQty: '0.01000000',
      fills: [{ commissionAsset: 'BTC', commission: '0.00001000' }],
    });
    const ack = await client.order({ type: 'STOP_LOSS_LIMIT', stopPrice: '65000', price: '66000' });
    expect(Object.keys(ack.body).sort()).toEqual(['clientOrderId', 'orderId', 'orderListId', 'symbol', 'transactTime']);
    const result = await client.order({ newOrderRespType: 'RESULT' });
    expect(result.body).toMatchObject({ status: 'NEW', cummulativeQuoteQty: '0.00000000' });
    expect(result.body).not.toHaveProperty('fills');
  });

  test('carry used weight and order counts; fills take orders off the count', async () => {
    startMinute();
    const resting = await client.order();
    expect(resting.headers.get('x-mbx-order-count-10s')).toBe('1');
    expect((await client.order({ price: '70000' })).headers.get('x-mbx-order-count-10s')).toBe('1');
    const [one, two] = [await client.call('GET', '/account'), await client.call('GET', '/account')];
    const used = [one, two].map(({ headers }) => Number(headers.get('x-mbx-used-weight-1m')));
    expect(used[1]! - used[0]!).toBe(20);
    const counts = (await client.call('GET', '/rateLimit/order')).body as unknown as {
      interval: string;
      count: number;
    }[];
    expect(counts.map(({ interval, count }) => [interval, count])).toEqual([
      ['SECOND', 1],
      ['DAY', 1],
    ]);
  });

  test('IOC and FOK orders that can’t be filled expire, with the documented reason', async () => {
    const ioc = await client.order({ timeInForce: 'IOC' });
    expect(ioc.body).toMatchObject({ status: 'EXPIRED', expiryReason: 'UNFILLED_IOC_QUANTITY_EXPIRED' });
    const fok = await client.order({ timeInForce: 'FOK' });
    expect(fok.body).toMatchObject({ status: 'EXPIRED', expiryReason: 'UNFILLED_FOK_ORDER_EXPIRED' });
  });

  test('a market order by quote quantity spends no more than that', async () => {
    const { body } = await client.call('POST', '/order', {
      symbol: 'BTCUSDT',
      side: 'BUY',
      type: 'MARKET',
      quoteOrderQty: '1000',
    });
    expect(body).toMatchObject({ status: 'FILLED', origQuoteOrderQty: '1000.00000000' });
    expect(Number(body['cummulativeQuoteQty'])).toBeLessThanOrEqual(1000);
    expect(Number(body['cummulativeQuoteQty'])).toBeGreaterThan(999);
  });

  test('cancel names both ids, and a second cancel finds nothing', async () => {
    await client.order({ newClientOrderId: 'victim' });
    const params = { symbol: 'BTCUSDT', origClientOrderId: 'victim', newClientOrderId: 'killer' };
    const cancelled = await client.call('DELETE', '/order', params);
    expect(cancelled.body).toMatchObject({ origClientOrderId: 'victim', clientOrderId: 'killer', status: 'CANCELED' });
    expect((await client.call('DELETE', '/order', params)).body).toMatchObject({ code: -2011 });
    const restricted = await client.order();
    const only = {
      symbol: 'BTCUSDT',
      orderId: restricted.body['orderId'] as number,
      cancelRestrictions: 'ONLY_PARTIALLY_FILLED',
    };
    expect((await client.call('DELETE', '/order', only)).body).toMatchObject({
      code: -2011,
      msg: 'Order was not canceled due to cancel restrictions.',
    });
  });

  test('amend lowers the quantity and keeps the place in the queue', async () => {
    const first = await client.order({ quantity: '0.02', price: '59990' });
    const other = await newClient();
    const second = await other.order({ price: '59990' });
    const orderId = first.body['orderId'] as number;
    const amended = await client.call('PUT', '/order/amend/keepPriority', {
      symbol: 'BTCUSDT',
      orderId,
      newQty: '0.01',
    });
    expect(amended.body).toMatchObject({ amendedOrder: { qty: '0.01000000', orderId, status: 'NEW' } });
    await admin.placeCounterOrder({ symbol: 'BTCUSDT', side: 'SELL', price: '59990', quantity: '0.02' });
    const { trades } = await admin.state();
    expect(trades.slice(-2).map(({ maker }) => maker.orderId)).toEqual([orderId, second.body['orderId']]);
    const third = await client.order({ price: '40000' });
    const more = { symbol: 'BTCUSDT', orderId: third.body['orderId'] as number, newQty: '1' };
    expect((await client.call('PUT', '/order/amend/keepPriority', more)).body).toMatchObject({
      code: -2038,
      msg: 'Order amend (quantity increase) is not supported.',
    });
  });

  test('cancelReplace reports each half: 200, 409 with -2021, 400 with -2022', async () => {
    const shape = {
      symbol: 'BTCUSDT',
      side: 'BUY',
      type: 'LIMIT',
      timeInForce: 'GTC',
      quantity: '0.01',
      price: '45000',
    };
    const replace = (params: Record<string, string | number>): ReturnType<SignedClient['call']> =>
      client.call('POST', '/order/cancelReplace', { ...shape, cancelReplaceMode: 'STOP_ON_FAILURE', ...params });
    const { body } = await client.order();
    const both = await replace({ cancelOrderId: body['orderId'] as number });
    expect(both).toMatchObject({ status: 200, body: { cancelResult: 'SUCCESS', newOrderResult: 'SUCCESS' } });
    const stopped = await replace({ cancelOrderId: 1 });
    expect(stopped).toMatchObject({ status: 400, body: { code: -2022, data: { newOrderResult: 'NOT_ATTEMPTED' } } });
    const half = await replace({ cancelOrderId: 1, cancelReplaceMode: 'ALLOW_FAILURE' });
    expect(half).toMatchObject({
      status: 409,
      body: { code: -2021, data: { cancelResult: 'FAILURE', newOrderResult: 'SUCCESS' } },
    });
  });

  test('myTrades pages by fromId and refuses more than 24 hours and combinations that don’t exist', async () => {
    for (let count = 0; count < 3; count += 1) await client.order({ price: '70000' });
    const all = (await client.call('GET', '/myTrades', { symbol: 'BTCUSDT' })).body as unknown as { id: number }[];
    expect(all).toHaveLength(3);
    const page = await client.call('GET', '/myTrades', { symbol: 'BTCUSDT', fromId: all[1]!.id, limit: 1 });
    expect(page.body).toMatchObject([{ id: all[1]!.id }]);
    const day = { symbol: 'BTCUSDT', startTime: now() - 90_000_000, endTime: now() };
    expect((await client.call('GET', '/myTrades', day)).body).toMatchObject({ code: -1127 });
    const combination = { symbol: 'BTCUSDT', orderId: 1, startTime: now() };
    expect((await client.call('GET', '/myTrades', combination)).body).toMatchObject({ code: -1128 });
  });
});

describe('self trades', () => {
  test('happen with mode NONE, and give both orders the same trade id', async () => {
    await client.order({ price: '59995' });
    await client.order({ side: 'SELL', price: '59995' });
    const trades = (await client.call('GET', '/myTrades', { symbol: 'BTCUSDT' })).body as unknown as {
      id: number;
      isMaker: boolean;
    }[];
    expect(trades.map(({ isMaker }) => isMaker)).toEqual([true, false]);
    expect(trades[0]!.id).toBe(trades[1]!.id);
  });

  test.each([
    ['EXPIRE_TAKER', 'NEW', 'EXPIRED_IN_MATCH'],
    ['EXPIRE_MAKER', 'EXPIRED_IN_MATCH', 'NEW'],
    ['EXPIRE_BOTH', 'EXPIRED_IN_MATCH', 'EXPIRED_IN_MATCH'],
    ['DECREMENT', 'EXPIRED_IN_MATCH', 'NEW'],
  ])('with mode %s the maker ends %s and the taker %s', async (mode, makerStatus, takerStatus) => {
    const maker = await client.order({ price: '59995' });
    const taker = await client.order({ side: 'SELL', price: '59995', quantity: '0.03', selfTradePreventionMode: mode });
    const status = async (orderId: unknown): Promise<unknown> =>
      (await client.call('GET', '/order', { symbol: 'BTCUSDT', orderId: orderId as number })).body['status'];
    expect([await status(maker.body['orderId']), await status(taker.body['orderId'])]).toEqual([
      makerStatus,
      takerStatus,
    ]);
    expect((await client.call('GET', '/myTrades', { symbol: 'BTCUSDT' })).body).toEqual([]);
    await client.call('DELETE', '/openOrders', { symbol: 'BTCUSDT' });
  });
});

test('a trailing stop follows the price down and triggers on the way up (trailing-stop-faq.md, scenario A)', async () => {
  const params = { symbol: 'BTCUSDT', side: 'BUY', type: 'STOP_LOSS', quantity: '0.01', trailingDelta: 500 };
  const { body } = await client.call('POST', '/order', params);
  const status = async (): Promise<unknown> =>
    (await client.call('GET', '/order', { symbol: 'BTCUSDT', orderId: body['orderId'] as number })).body['status'];
  await admin.setPrice('BTCUSDT', '55000');
  await admin.setPrice('BTCUSDT', '57700');
  expect(await status()).toBe('NEW');
  await admin.setPrice('BTCUSDT', '57750');
  expect(await status()).toBe('FILLED');
});

describe('rate limits', () => {
  beforeEach(startMinute);
  afterEach(() => admin.setLimits({ requestWeightPerMinute: 6000, ordersPer10Seconds: 1000, violationsUntilBan: 10 }));

  test('too much weight gives 429 with Retry-After, and going on a ban with 418', async () => {
    await admin.setLimits({ requestWeightPerMinute: 10, violationsUntilBan: 2 });
    const answers = [];
    for (let count = 0; count < 4; count += 1) answers.push(await client.call('GET', '/account'));
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 418, 418]);
    expect(answers[0]!.body).toMatchObject({ code: -1003 });
    expect(Number(answers[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(answers[2]!.headers.get('retry-after'))).toBe(120);
  });

  test('too many unfilled orders give 429 with -1015', async () => {
    await admin.setLimits({ ordersPer10Seconds: 2 });
    const orders = [await client.order(), await client.order(), await client.order()];
    expect(orders[2]).toMatchObject({
      status: 429,
      body: { code: -1015, msg: 'Too many new orders; current limit is 2 orders per 10 SECOND.' },
    });
  });
});

describe('the user data stream', () => {
  test('tells an order’s life in the documented fields', async () => {
    const stream = await Listener.user(simulator.binance.wsApi, client);
    await client.order({ newClientOrderId: 'told', price: '50000' });
    await admin.fill({ symbol: 'BTCUSDT', clientOrderId: 'told', quantity: '0.004' });
    await client.call('DELETE', '/order', { symbol: 'BTCUSDT', origClientOrderId: 'told', newClientOrderId: 'end' });
    const [created, filled, cancelled] = await stream.waitForEvents('executionReport', 3);
    expect(created).toMatchObject({
      s: 'BTCUSDT',
      c: 'told',
      S: 'BUY',
      o: 'LIMIT',
      f: 'GTC',
      q: '0.01000000',
      p: '50000.00000000',
      x: 'NEW',
      X: 'NEW',
      r: 'NONE',
      t: -1,
      n: '0',
      N: null,
      w: true,
      g: -1,
      C: '',
    });
    expect(filled).toMatchObject({
      x: 'TRADE',
      X: 'PARTIALLY_FILLED',
      l: '0.00400000',
      z: '0.00400000',
      L: '50000.00000000',
      Y: '200.00000000',
      Z: '200.00000000',
      n: '0.00000400',
      N: 'BTC',
      m: true,
    });
    expect(cancelled).toMatchObject({ x: 'CANCELED', X: 'CANCELED', c: 'end', C: 'told', z: '0.00400000', w: false });
    expect(stream.events('outboundAccountPosition').at(-1)).toMatchObject({
      B: [{ a: 'USDT', f: '99800.00000000', l: '0.00000000' }],
    });
    stream.socket.close();
  });

  test('tells of a fill that is reported after the cancel: it counts, and the order stays cancelled', async () => {
    const stream = await Listener.user(simulator.binance.wsApi, client);
    await client.order({ newClientOrderId: 'late', price: '50000' });
    await expect(admin.fill({ symbol: 'BTCUSDT', clientOrderId: 'late', late: true })).rejects.toThrow(/refused/);
    await client.call('DELETE', '/order', { symbol: 'BTCUSDT', origClientOrderId: 'late' });
    await admin.fill({ symbol: 'BTCUSDT', clientOrderId: 'late', quantity: '0.004', late: true });
    const [, , filled] = await stream.waitForEvents('executionReport', 3);
    expect(filled).toMatchObject({ x: 'TRADE', X: 'CANCELED', c: 'late', l: '0.00400000', z: '0.00400000' });
    const { body } = await client.call('GET', '/order', { symbol: 'BTCUSDT', origClientOrderId: 'late' });
    expect(body).toMatchObject({ status: 'CANCELED', executedQty: '0.00400000' });
    stream.socket.close();
  });

  test('shows deposits, no other account’s events, and one subscription a connection', async () => {
    const stream = await Listener.user(simulator.binance.wsApi, client);
    await (await newClient()).order();
    await admin.deposit(client.apiKey, 'EUR', '12.5');
    expect(await stream.waitForEvents('balanceUpdate', 1)).toMatchObject([{ a: 'EUR', d: '12.50000000' }]);
    expect(stream.events('executionReport')).toEqual([]);
    const params = { apiKey: client.apiKey, timestamp: now() };
    const signature = client.sign(`apiKey=${params.apiKey}&timestamp=${params.timestamp}`);
    stream.send({ id: 2, method: 'userDataStream.subscribe.signature', params: { ...params, signature } });
    expect(await stream.find(({ id }) => id === 2)).toMatchObject({ status: 400, error: { code: -2035 } });
    stream.send({ id: 3, method: 'userDataStream.subscribe.signature', params: { ...params, signature: 'bad' } });
    expect(await stream.find(({ id }) => id === 3)).toMatchObject({ status: 400, error: { code: -1022 } });
    stream.send({ id: 4, method: 'userDataStream.unsubscribe' });
    await stream.waitForEvents('eventStreamTerminated', 1);
    stream.send({ id: 5, method: 'session.logon', params: {} });
    expect(await stream.find(({ id }) => id === 5)).toMatchObject({ error: { code: -1020 } });
    stream.socket.close();
  });

  test('announces a shutdown and can be cut', async () => {
    const stream = await Listener.user(simulator.binance.wsApi, client);
    await admin.announceShutdown();
    await stream.waitForEvents('serverShutdown', 1);
    expect(await admin.dropStreams(client.apiKey)).toBe(1);
    await stream.closed;
  });

  test('faults drop, repeat and swap events, and count it', async () => {
    const stream = await Listener.user(simulator.binance.wsApi, client);
    const match = { event: 'executionReport', apiKey: client.apiKey, times: 1 };
    await admin.addFault({ match, effect: { kind: 'drop-event' } });
    await client.order({ newClientOrderId: 'dropped' });
    await admin.addFault({ match, effect: { kind: 'repeat-event' } });
    await client.order({ newClientOrderId: 'repeated' });
    await admin.addFault({ match, effect: { kind: 'reorder-events' } });
    await client.order({ newClientOrderId: 'late' });
    await client.order({ newClientOrderId: 'early' });
    const reports = await stream.waitForEvents('executionReport', 4);
    expect(reports.map((event) => event['c'])).toEqual(['repeated', 'repeated', 'early', 'late']);
    expect((await admin.faults()).map(({ hits }) => hits)).toEqual([1, 1, 1]);
    await admin.clearFaults();
    stream.socket.close();
  });
});

describe('public streams', () => {
  test('trade, bookTicker, and a depth diff that fits the snapshot', async () => {
    const stream = await Listener.open(`${simulator.binance.ws}/stream?streams=btcusdt@trade/btcusdt@bookTicker`);
    stream.send({ method: 'SUBSCRIBE', params: ['btcusdt@depth@100ms', 'btcusdt@depth5@100ms'], id: 7 });
    await stream.find(({ id }) => id === 7);
    const snapshot = await (await fetch(`${simulator.binance.rest}/api/v3/depth?symbol=BTCUSDT`)).json();
    await admin.setPrice('BTCUSDT', '60600');
    const data = async (name: string): Promise<Record<string, unknown>> =>
      (await stream.find((message) => message['stream'] === name))['data'] as Record<string, unknown>;
    expect(await data('btcusdt@trade')).toMatchObject({ e: 'trade', s: 'BTCUSDT', p: '60600.00000000' });
    expect(await data('btcusdt@bookTicker')).toMatchObject({ s: 'BTCUSDT', b: '60587.88000000' });
    expect(await data('btcusdt@depth@100ms')).toMatchObject({
      e: 'depthUpdate',
      U: (snapshot as { lastUpdateId: number }).lastUpdateId + 1,
    });
    expect((await data('btcusdt@depth5@100ms'))['bids']).toHaveLength(5);
    stream.socket.close();
  });

  test('more than 5 messages a second end the connection', async () => {
    const stream = await Listener.open(`${simulator.binance.ws}/ws/btcusdt@trade`);
    for (let id = 0; id < 6; id += 1) stream.send({ method: 'LIST_SUBSCRIPTIONS', id });
    await stream.closed;
  });
});

test('garbage on any socket or path is refused, and the simulator lives on', async () => {
  for (const path of ['/ws-api/v3', '/ws', '/ws/%zz', '/stream?streams=%zz']) {
    const stream = await Listener.open(`${simulator.binance.ws}${path}`);
    for (const text of ['', 'null', '[]', '{"method":5}', '{"method":"ping","params":null}']) stream.socket.send(text);
    await stream.find(() => stream.messages.length === 5);
    stream.socket.close();
  }
  expect((await fetch(`${simulator.binance.rest}/api/v3/nothing`)).status).toBe(404);
  expect((await fetch(`${simulator.binance.rest}/api/v3/depth?symbol=%ff&limit=x`)).status).toBe(400);
  await expect(admin.fill({ symbol: 'BTCUSDT', orderId: 1 })).rejects.toThrow(/There is no order 1 of BTCUSDT/);
});

describe('faults of requests', () => {
  const endpoint = 'POST /api/v3/order';
  const orders = async (): Promise<number> =>
    ((await client.call('GET', '/allOrders', { symbol: 'BTCUSDT' })).body as unknown as unknown[]).length;
  afterEach(() => admin.clearFaults());

  test('lose-reply: the order is there, its reply is not', async () => {
    await admin.addFault({ match: { endpoint, times: 1 }, effect: { kind: 'lose-reply' } });
    await expect(client.order()).rejects.toThrow();
    expect(await orders()).toBe(1);
  });

  test('hang-after-accept and hang-before: no answer, the order is there or not', async () => {
    const hang = async (kind: 'hang-after-accept' | 'hang-before'): Promise<void> => {
      const id = await admin.addFault({ match: { endpoint, times: 1 }, effect: { kind } });
      const query = encode({
        symbol: 'BTCUSDT',
        side: 'BUY',
        type: 'LIMIT',
        timeInForce: 'GTC',
        quantity: '0.01',
        price: '50000',
        timestamp: now(),
      });
      const url = `${simulator.binance.rest}/api/v3/order?${query}&signature=${client.sign(query)}`;
      const request = fetch(url, {
        method: 'POST',
        headers: { 'X-MBX-APIKEY': client.apiKey },
        signal: AbortSignal.timeout(200),
      });
      await expect(request).rejects.toThrow(/timeout/);
      await admin.clearFaults(id);
    };
    await hang('hang-before');
    expect(await orders()).toBe(0);
    await hang('hang-after-accept');
    expect(await orders()).toBe(1);
  });

  test('status-before and status-after: the same 503, one order', async () => {
    await admin.addFault({ match: { endpoint, times: 1 }, effect: { kind: 'status-before', status: 503 } });
    expect((await client.order()).status).toBe(503);
    expect(await orders()).toBe(0);
    await admin.addFault({ match: { endpoint, times: 1 }, effect: { kind: 'status-after', status: 503 } });
    expect(await client.order()).toMatchObject({ status: 503, body: { code: -1007 } });
    expect(await orders()).toBe(1);
  });

  test('a request that is held up longer than its recvWindow is refused, not executed late', async () => {
    await admin.addFault({ match: { endpoint, times: 1 }, effect: { kind: 'delay', ms: 150 } });
    expect((await client.order({ recvWindow: 100 })).body).toMatchObject({ code: -1021 });
  });

  test('skip and times choose which requests are hit', async () => {
    await admin.addFault({ match: { endpoint, skip: 1, times: 1 }, effect: { kind: 'status-before', status: 500 } });
    const statuses = [await client.order(), await client.order(), await client.order()].map(({ status }) => status);
    expect(statuses).toEqual([200, 500, 200]);
    expect(await admin.faults()).toMatchObject([{ seen: 3, hits: 1 }]);
  });
});
