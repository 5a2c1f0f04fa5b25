import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatorAdmin } from '../../src/simulator/admin-client';
import { restPayload, signHmac, webSocketPayload } from '../../src/simulator/binance/authorization';
import { type RunningSimulator, startSimulator } from '../../src/simulator/simulator';

const API_KEY = 'ccxtCompatibilityKey';
const API_SECRET = 'ccxtCompatibilitySecret';

let directory: string;
let simulator: RunningSimulator;
let admin: SimulatorAdmin;
let exchange: CcxtProcess;

interface Reply {
  readonly id: number;
  readonly result?: never;
  readonly errors?: string[];
  readonly message?: string;
  readonly headers?: Record<string, string>;
}

/** ccxt as anyone uses it, only its addresses are other ones. In its own process: Jest can't load its ES modules. */
class CcxtProcess {
  readonly #process: ChildProcess;
  readonly #pending = new Map<number, (reply: Reply) => void>();

  constructor(credentials: { apiKey: string; secret: string }) {
    const input = JSON.stringify({ ...credentials, address: simulator.binance.rest });
    this.#process = fork(join(__dirname, 'ccxt-client.cjs'), [input]);
    this.#process.on('message', (reply: Reply) => this.#pending.get(reply.id)?.(reply));
  }

  async call<Result = Record<string, never>>(method: string, ...args: unknown[]): Promise<Result> {
    const { result, message } = await this.reply(method, ...args);
    if (message !== undefined) throw new Error(`ccxt's ${method} failed: ${message}`);
    return result as Result;
  }

  reply(method: string, ...args: unknown[]): Promise<Reply> {
    const id = this.#pending.size;
    return new Promise((resolve) => {
      this.#pending.set(id, resolve);
      this.#process.send({ id, method, args });
    });
  }

  stop(): void {
    this.#process.disconnect();
  }
}

interface CcxtOrder {
  readonly id: string;
  readonly status: string;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'simulator-ccxt-'));
  const balances = { USDT: '1000000', BTC: '10', ETH: '100' };
  simulator = await startSimulator({
    directory,
    marketIntervalMs: 0,
    accounts: [{ apiKey: API_KEY, apiSecret: API_SECRET, balances }],
  });
  admin = new SimulatorAdmin(simulator.admin);
  exchange = new CcxtProcess({ apiKey: API_KEY, secret: API_SECRET });
});

afterAll(async () => {
  exchange.stop();
  await simulator.close();
  await rm(directory, { recursive: true });
});

test('loadMarkets reads the pairs with their precision and limits', async () => {
  const markets = await exchange.call('loadMarkets');
  const precision = { price: 0.01, amount: 0.00001 };
  expect(markets['BTC/USDT']).toMatchObject({
    id: 'BTCUSDT',
    spot: true,
    active: true,
    precision,
    limits: { cost: { min: 5 } },
  });
});

test('fetchBalance tells free and used', async () => {
  const balance = await exchange.call('fetchBalance');
  expect(balance['ETH']).toEqual({ free: 100, used: 0, total: 100 });
});

test('a limit order is created, found, listed and cancelled, and holds its funds meanwhile', async () => {
  const params = { newClientOrderId: 'resting-1' };
  const order = await exchange.call<CcxtOrder>('createOrder', 'BTC/USDT', 'limit', 'buy', 0.5, 40000, params);
  expect(order).toMatchObject({ status: 'open', clientOrderId: 'resting-1', filled: 0, remaining: 0.5, price: 40000 });
  expect(await exchange.call('fetchOrder', order.id, 'BTC/USDT')).toMatchObject({ status: 'open' });
  expect(await exchange.call('fetchOpenOrders', 'BTC/USDT')).toMatchObject([{ id: order.id }]);
  expect((await exchange.call('fetchBalance'))['USDT']).toMatchObject({ used: 20000 });
  expect(await exchange.call('cancelOrder', order.id, 'BTC/USDT')).toMatchObject({ status: 'canceled' });
  expect(await exchange.call('fetchOpenOrders', 'BTC/USDT')).toEqual([]);
  expect((await exchange.call('fetchBalance'))['USDT']).toMatchObject({ used: 0 });
});

test('a market order is filled, and its trades and fees can be read', async () => {
  const order = await exchange.call<CcxtOrder>('createOrder', 'BTC/USDT', 'market', 'sell', 0.01);
  expect(order).toMatchObject({ status: 'closed', filled: 0.01 });
  const trades = await exchange.call<{ cost: number; fee: { cost: number } }[]>('fetchMyTrades', 'BTC/USDT');
  expect(trades).toMatchObject([
    { order: order.id, side: 'sell', amount: 0.01, takerOrMaker: 'taker', fee: { currency: 'USDT' } },
  ]);
  expect(trades[0]?.fee.cost).toBeCloseTo((trades[0]?.cost ?? 0) * 0.001, 8);
});

test('a partial fill from the other side shows in the order', async () => {
  const order = await exchange.call<CcxtOrder>('createOrder', 'ETH/USDT', 'limit', 'buy', 2, 2000);
  await admin.fill({ symbol: 'ETHUSDT', orderId: Number(order.id), quantity: '0.5' });
  const after = await exchange.call('fetchOrder', order.id, 'ETH/USDT');
  expect(after).toMatchObject({ filled: 0.5, remaining: 1.5, status: 'open' });
  await exchange.call('cancelOrder', order.id, 'ETH/USDT');
});

test('deposits and withdrawals are listed, and what is unlisted shows in the balance alone', async () => {
  await admin.deposit(API_KEY, 'EUR', '12.5');
  await admin.deposit(API_KEY, 'EUR', '-2', { fee: '0.25' });
  await admin.deposit(API_KEY, 'EUR', '1', { unlisted: true });
  expect(await exchange.call('fetchDeposits')).toMatchObject([{ currency: 'EUR', amount: 12.5, status: 'ok' }]);
  expect(await exchange.call('fetchWithdrawals')).toMatchObject([
    { currency: 'EUR', amount: 2, status: 'ok', fee: { currency: 'EUR', cost: 0.25 } },
  ]);
  expect((await exchange.call('fetchBalance'))['EUR']).toMatchObject({ total: 11.25 });
  const interval = { startTime: Date.now() - 91 * 86_400_000, endTime: Date.now() };
  const refused = await exchange.reply('sapiGetCapitalDepositHisrec', interval);
  expect(refused.message).toContain('{"code":-4047,"msg":"Time interval must be within 0-90 days"}');
});

test('an order by hand is the customer’s own, with its trade and without a client of ours', async () => {
  const order = {
    accountId: API_KEY,
    symbol: 'ETHUSDT',
    side: 'BUY',
    quantity: '0.5',
    clientOrderId: 'web_1',
  } as const;
  const { orderId } = await admin.placeCustomerOrder(order);
  const trades = await exchange.call<{ order: string; amount: number }[]>('fetchMyTrades', 'ETH/USDT');
  expect(trades.filter((trade) => trade.order === String(orderId)).reduce((sum, { amount }) => sum + amount, 0)).toBe(
    0.5,
  );
});

test('fetchOrderBook and fetchTicker show a market that is not crossed', async () => {
  const book = await exchange.call<Record<'bids' | 'asks', [number, number][]>>('fetchOrderBook', 'BTC/USDT');
  expect(book.bids.length).toBeGreaterThanOrEqual(5);
  expect(book.asks.length).toBeGreaterThanOrEqual(5);
  expect(book.bids[0]![0]).toBeLessThan(book.asks[0]![0]);
  const ticker = await exchange.call('fetchTicker', 'BTC/USDT');
  expect(ticker).toMatchObject({ bid: book.bids[0]![0], ask: book.asks[0]![0], last: 59988 });
});

test('a stop order waits, and goes to the market when its price is reached', async () => {
  const params = { stopPrice: 160 };
  const order = await exchange.call<CcxtOrder>('createOrder', 'SOL/USDT', 'market', 'buy', 1, undefined, params);
  expect(await exchange.call('fetchOrder', order.id, 'SOL/USDT')).toMatchObject({ status: 'open' });
  await admin.setPrice('SOLUSDT', '161');
  expect(await exchange.call('fetchOrder', order.id, 'SOL/USDT')).toMatchObject({ status: 'closed' });
});

const OFF_TICK = {
  symbol: 'BTCUSDT',
  side: 'BUY',
  type: 'LIMIT',
  timeInForce: 'GTC',
  quantity: '1',
  price: '60000.001',
};

test.each([
  ['InsufficientFunds', 'more than the account has', 'createOrder', ['BTC/USDT', 'limit', 'sell', 20, 60000]],
  ['InvalidOrder', 'a price off the tick', 'privatePostOrder', [OFF_TICK]],
  ['OrderNotFound', 'an order that is not there', 'fetchOrder', ['1', 'BTC/USDT']],
  ['OrderNotFound', 'the cancel of an order that is not there', 'cancelOrder', ['1', 'BTC/USDT']],
  [
    'OrderImmediatelyFillable',
    'a post-only order that would take',
    'createOrder',
    ['BTC/USDT', 'limit', 'buy', 0.01, 70000, { postOnly: true }],
  ],
  ['BadSymbol', 'an unknown symbol', 'publicGetDepth', [{ symbol: 'NOPE' }]],
])('ccxt recognizes as %s the refusal of %s', async (expected, _case, method, args) => {
  expect((await exchange.reply(method, ...args)).errors).toContain(expected);
});

test.each([
  ['a secret that is not the key’s', { apiKey: API_KEY, secret: 'wrong' }],
  ['a key that nobody has', { apiKey: 'nobodyHasThisKey', secret: API_SECRET }],
])('ccxt recognizes as AuthenticationError the refusal of %s', async (_case, credentials) => {
  const stranger = new CcxtProcess(credentials);
  expect((await stranger.reply('fetchBalance')).errors).toContain('AuthenticationError');
  stranger.stop();
});

test('a clock that is off is refused as ccxt’s InvalidNonce', async () => {
  await admin.setClockOffset(-5000);
  expect((await exchange.reply('fetchBalance')).errors).toContain('InvalidNonce');
  await admin.setClockOffset(0);
});

test('a rate limit is refused as ccxt’s DDoSProtection, with Retry-After', async () => {
  const id = await admin.addFault({
    match: { endpoint: 'GET /api/v3/depth', times: 1 },
    effect: { kind: 'rate-limit', status: 429, retryAfterSeconds: 3 },
  });
  const { errors, headers } = await exchange.reply('fetchOrderBook', 'BTC/USDT');
  expect(errors).toContain('DDoSProtection');
  expect(headers).toMatchObject({ 'Retry-After': '3' });
  await admin.clearFaults(id);
});

describe('signatures', () => {
  const secret = 'NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j';
  const query =
    'symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559';

  test('the example of rest-api.md', () => {
    const expected = 'c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71';
    expect(signHmac(secret, restPayload(`${query}&signature=${expected}`, ''))).toBe(expected);
  });

  test('the example of rest-api.md with a symbol that is not ASCII', () => {
    const encoded = query.replace('LTCBTC', '%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96');
    expect(signHmac(secret, restPayload('', encoded))).toBe(
      'e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3',
    );
  });

  test('the example of web-socket-api.md', () => {
    const params = {
      symbol: 'BTCUSDT',
      side: 'SELL',
      type: 'LIMIT',
      timeInForce: 'GTC',
      quantity: '0.01000000',
      price: '52000.00',
      recvWindow: 100,
      timestamp: 1645423376532,
      apiKey: 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A',
      signature: 'none yet',
    };
    expect(signHmac(secret, webSocketPayload(params))).toBe(
      'aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24',
    );
  });
});
