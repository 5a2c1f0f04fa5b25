import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as Ccxt from 'ccxt';
import { WebSocket } from 'ws';
import { clientOrderIdOf, orderIdOf } from '../../src/domain/ids';
import { exchangeModule } from '../../src/exchanges/registry';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { ownRateLimiter } from '../ratelimit/own-limiter';
import type { BinanceSandbox } from '../exchanges/binance-sandbox';
import { startBinanceSandbox } from '../exchanges/binance-sandbox';
import { percentiles, ratio, round } from './percentiles';

export interface StreamFigures {
  /** Messages a second of processor time, of the median block; `all`: as many of orders as of prices. */
  perSecond: { messages: Kind | 'all'; ours: number; ccxt: number; parseAlone: number }[];
  /** Ours to ccxt's, over all. */
  speedRatio: number;
}

type Kind = 'orders' | 'prices';

const KINDS: readonly Kind[] = ['orders', 'prices'];
const MESSAGES = 2_000;
const WARM_UP_BLOCKS = 3;
const FIXTURES = join(__dirname, '../../src/exchanges/binance/fixtures');

/** Takes the bytes of one message, as they come from a socket. */
type Feed = (bytes: Buffer) => void;

interface Contender {
  feeds: Record<Kind, Feed>;
  /** Normalized events so far. */
  events(): number;
  close(): Promise<unknown>;
}

/**
 * From a message's bytes to normalized events, ours beside ccxt's own handler and beside JSON.parse alone, by turns. In
 * processor time: whatever else runs on the machine does not count.
 */
export async function measureStream(rounds: number): Promise<StreamFigures> {
  const sandbox = await startBinanceSandbox();
  const contenders = { ours: await openOurs(sandbox), ccxt: openCcxt(), parseAlone: openParser() };
  const messages = { orders: orderMessages(), prices: priceMessages() };
  const names = Object.keys(contenders) as (keyof typeof contenders)[];
  const costs = new Map<string, number[]>();
  for (let block = -WARM_UP_BLOCKS; block < rounds; block += 1) {
    for (const kind of KINDS) {
      for (const name of names) {
        const costUs = measureBlock(contenders[name], kind, messages[kind]);
        if (block >= 0) costs.set(`${name}/${kind}`, [...(costs.get(`${name}/${kind}`) ?? []), costUs]);
      }
    }
  }
  for (const contender of Object.values(contenders)) await contender.close();
  await sandbox.close();
  const costOf = (name: string, kind: Kind): number => percentiles(costs.get(`${name}/${kind}`) ?? []).p50;
  const both = (name: string): number => (costOf(name, 'orders') + costOf(name, 'prices')) / 2;
  const row = (kind: Kind | 'all', cost: (name: string) => number): StreamFigures['perSecond'][number] => {
    const perSecond = (name: string): number => Math.round((MESSAGES * 1_000_000) / cost(name));
    return { messages: kind, ours: perSecond('ours'), ccxt: perSecond('ccxt'), parseAlone: perSecond('parseAlone') };
  };
  return {
    perSecond: [...KINDS.map((kind) => row(kind, (name) => costOf(name, kind))), row('all', both)],
    speedRatio: ratio(both('ccxt'), both('ours')),
  };
}

/** @returns µs of processor time */
function measureBlock({ feeds, events }: Contender, kind: Kind, messages: readonly Buffer[]): number {
  const eventsBefore = events();
  const before = process.cpuUsage();
  for (const bytes of messages) feeds[kind](bytes);
  const { user, system } = process.cpuUsage(before);
  if (events() - eventsBefore < MESSAGES) throw new Error(`Of ${MESSAGES} messages of ${kind} some became no event.`);
  return round(user + system);
}

/** The service's own streams, opened at the simulated exchange; bytes come in where ws hands them over. */
async function openOurs({ config, createAdapter }: BinanceSandbox): Promise<Contender> {
  const { wsEndpoint = '', wsPublicEndpoint = '' } = config;
  const adapter = createAdapter();
  const market = exchangeModule('BINANCE').createMarketStream({
    ...{ mode: 'SANDBOX', endpoints: config, allowSimulated: true },
    ...{ clock: systemClock, random: systemRandom, logger: silentLogger, rateLimiter: ownRateLimiter(systemClock) },
  });
  let events = 0;
  const sockets = await openedSockets(async () => {
    await adapter.connect();
    market.subscribe('BTC/USDT');
    await market.open(() => (events += 1));
  });
  await adapter.subscribeToOrderUpdates(() => (events += 1));
  const feedOf = (endpoint: string): Feed => {
    const socket = sockets.find(({ url }) => url === endpoint);
    if (socket === undefined) throw new Error(`There is no socket to ${endpoint}.`);
    return (bytes) => void socket.emit('message', bytes, false);
  };
  return {
    feeds: { orders: feedOf(wsEndpoint), prices: feedOf(wsPublicEndpoint) },
    events: () => events,
    close: () => Promise.all([adapter.disconnect(), market.close()]),
  };
}

/** The sockets that are opened meanwhile; nothing in the service gives them away. */
async function openedSockets(open: () => Promise<void>): Promise<WebSocket[]> {
  const sockets: WebSocket[] = [];
  const emit = Reflect.get(WebSocket.prototype, 'emit') as (...values: unknown[]) => boolean;
  WebSocket.prototype.emit = function (this: WebSocket, ...values: unknown[]): boolean {
    if (values[0] === 'open') sockets.push(this);
    return Reflect.apply(emit, this, values);
  };
  try {
    await open();
  } finally {
    WebSocket.prototype.emit = emit;
  }
  return sockets;
}

function openCcxt(): Contender {
  const { pro } = require('ccxt') as typeof Ccxt;
  const exchange = new pro.binance({ newUpdates: true });
  exchange.setMarkets([
    {
      ...{ id: 'BTCUSDT', symbol: 'BTC/USDT', base: 'BTC', quote: 'USDT', baseId: 'BTC', quoteId: 'USDT' },
      ...{ type: 'spot', spot: true, active: true, precision: { amount: 1e-8, price: 1e-8 }, limits: {}, info: {} },
    },
  ]);
  const client = exchange.client('wss://stream.binance.com:9443/ws');
  let events = 0;
  const resolve = client.resolve.bind(client);
  client.resolve = (result: unknown, hash: string) => {
    events += 1;
    return resolve(result, hash) as unknown;
  };
  const feed: Feed = (bytes) => client.onMessage({ data: bytes.toString('utf8') });
  return { feeds: { orders: feed, prices: feed }, events: () => events, close: () => Promise.resolve() };
}

function openParser(): Contender {
  let parsed = 0;
  const feed: Feed = (bytes) => {
    if (JSON.parse(bytes.toString('utf8')) !== undefined) parsed += 1;
  };
  return { feeds: { orders: feed, prices: feed }, events: () => parsed, close: () => Promise.resolve() };
}

/** The documented report with what changes from order to order: new, filled in part, and cancelled by turns. */
function orderMessages(): Buffer[] {
  const { event, ...wrap } = fixture('ws_executionReport.new.json') as { event: object };
  return Array.from({ length: MESSAGES }, (_, index) => {
    const c = clientOrderIdOf(orderIdOf('bench', `order-${index}`), 0);
    const atMs = Date.now() + index;
    const trade = { x: 'TRADE', X: 'PARTIALLY_FILLED', l: '0.10000000', z: '0.30000000', L: '0.10264410', t: index };
    const kinds = [
      { c },
      { c, ...trade, n: '0.00001000', N: 'BNB' },
      { c: `cancel-${index}`, C: c, x: 'CANCELED', X: 'CANCELED', z: '0.25000000' },
    ];
    const changes = { s: 'BTCUSDT', i: 4_293_153 + index, E: atMs, T: atMs, ...kinds[index % kinds.length] };
    return Buffer.from(JSON.stringify({ ...wrap, event: { ...event, ...changes } }));
  });
}

function priceMessages(): Buffer[] {
  const { data } = fixture('ws_bookTicker.json') as { data: object };
  return Array.from({ length: MESSAGES }, (_, index) => {
    const changes = { s: 'BTCUSDT', u: 400_900_217 + index, b: (25 + index / 1_000).toFixed(8) };
    return Buffer.from(JSON.stringify({ stream: 'btcusdt@bookTicker', data: { ...data, ...changes } }));
  });
}

function fixture(name: string): unknown {
  return JSON.parse(readFileSync(join(FIXTURES, name), 'utf8'));
}
