import type { WebSocket } from 'ws';
import type { ExchangeEvent } from '../exchange/events';
import type { Faults } from '../faults';
import { DepthFeed } from './depth-feed';
import type { BinanceServices } from './endpoint';
import { renderDepth } from './market-endpoints';
import { amount } from './render-order';
import { StreamSocket } from './stream-socket';

const STREAMS_MAX = 1024;
const SECOND_MS = 1000;
/** `<symbol>@trade`, `@bookTicker`, `@depth`, `@depth5`, …, `@depth@100ms`. */
const STREAM_NAME = /^(?<symbol>[^@]+)@(?<channel>trade|bookTicker|depth(?<levels>5|10|20)?)(?<fast>@100ms)?$/;

interface Client {
  readonly socket: StreamSocket;
  readonly streams: Set<string>;
  isCombined: boolean;
  messages: number;
  secondAtMs: number;
}

interface Control {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
}

/** The market data streams under /ws and /stream. */
export class PublicStreams {
  readonly #services: BinanceServices;
  readonly #faults: Faults;
  readonly #clients = new Set<Client>();
  readonly #feeds = new Map<string, DepthFeed>();
  readonly #shownUpdateId = new Map<string, number>();
  readonly #timers: NodeJS.Timeout[];

  constructor(services: BinanceServices, faults: Faults) {
    this.#services = services;
    this.#faults = faults;
    services.exchange.subscribe((event) => this.#publish(event));
    this.#timers = [
      setInterval(() => this.#flushDepth(true), 100),
      setInterval(() => this.#flushDepth(false), SECOND_MS),
    ];
  }

  /** Takes a connection to /ws, /ws/<stream> or /stream?streams=<stream>/<stream>. */
  connect(socket: WebSocket, path: string, query: string): void {
    const isCombined = path === '/stream';
    const named = isCombined
      ? (new URLSearchParams(query).get('streams') ?? '')
      : path.replace(/^\/ws\/?/, '').replaceAll('%40', '@');
    const streams = new Set(named.split('/').filter((name) => name !== ''));
    const client: Client = {
      socket: new StreamSocket(socket, this.#faults),
      streams,
      isCombined,
      messages: 0,
      secondAtMs: 0,
    };
    this.#clients.add(client);
    this.#openFeeds(streams);
    socket.on('close', () => this.#clients.delete(client));
    for (const frame of ['ping', 'pong'] as const) socket.on(frame, () => this.#countMessage(client));
    socket.on('message', (data) => {
      if (this.#countMessage(client)) client.socket.reply(this.#control(client, String(data)));
    });
  }

  /** Cuts all connections. @returns how many */
  cut(): number {
    const count = this.#clients.size;
    for (const { socket } of this.#clients) socket.cut();
    return count;
  }

  announceShutdown(): void {
    const event = { e: 'serverShutdown', E: this.#services.clock.now() };
    for (const { socket, isCombined } of this.#clients) {
      socket.reply(isCombined ? { stream: '!serverShutdown', data: event } : event);
    }
  }

  stop(): void {
    this.#timers.forEach((timer) => clearInterval(timer));
  }

  #publish(event: ExchangeEvent): void {
    if (event.kind === 'trade') {
      const { trade } = event;
      this.#send(`${trade.symbol.toLowerCase()}@trade`, 'trade', trade.symbol, () => ({
        e: 'trade',
        E: this.#services.clock.now(),
        s: trade.symbol,
        t: trade.tradeId,
        p: amount(trade.price),
        q: amount(trade.quantity),
        T: trade.atMs,
        m: trade.takerSide === 'SELL',
        M: true,
      }));
    }
    if (event.kind !== 'book') return;
    const name = event.symbol.toLowerCase();
    for (const stream of [`${name}@depth`, `${name}@depth@100ms`]) this.#feeds.get(stream)?.add(event);
    if (event.bestChanged)
      this.#send(`${name}@bookTicker`, 'bookTicker', event.symbol, () => this.#bookTicker(event.symbol));
  }

  #bookTicker(symbol: string): object {
    const book = this.#services.exchange.engine.markets.get(symbol)?.book;
    const [bid, ask] = [book?.bids.top(1)[0] ?? ['0', '0'], book?.asks.top(1)[0] ?? ['0', '0']];
    const [b, B, a, A] = [bid[0], bid[1], ask[0], ask[1]].map((each) => amount(each));
    return { u: book?.lastUpdateId ?? 0, s: symbol, b, B, a, A };
  }

  #flushDepth(isFast: boolean): void {
    const wanted = new Set([...this.#clients].flatMap(({ streams }) => [...streams]));
    for (const stream of this.#feeds.keys()) if (!wanted.has(stream)) this.#feeds.delete(stream);
    for (const stream of wanted) {
      const parts = STREAM_NAME.exec(stream)?.groups;
      if (parts?.['channel']?.startsWith('depth') !== true || (parts['fast'] !== undefined) !== isFast) continue;
      const symbol = (parts['symbol'] ?? '').toUpperCase();
      if (parts['levels'] === undefined) this.#sendDiff(stream, symbol);
      else this.#sendTop(stream, symbol, Number(parts['levels']));
    }
  }

  #sendDiff(stream: string, symbol: string): void {
    const diff = this.#feeds.get(stream)?.take();
    if (diff === undefined) return;
    const { bids, asks } = renderDepth(diff.bids, diff.asks);
    this.#send(stream, 'depthUpdate', symbol, () => ({
      e: 'depthUpdate',
      E: this.#services.clock.now(),
      s: symbol,
      U: diff.firstUpdateId,
      u: diff.lastUpdateId,
      b: bids,
      a: asks,
    }));
  }

  #sendTop(stream: string, symbol: string, levels: number): void {
    const book = this.#services.exchange.engine.markets.get(symbol)?.book;
    if (book === undefined || this.#shownUpdateId.get(stream) === book.lastUpdateId) return;
    this.#shownUpdateId.set(stream, book.lastUpdateId);
    const top = renderDepth(book.bids.top(levels), book.asks.top(levels));
    this.#send(stream, 'depth', symbol, () => ({ lastUpdateId: book.lastUpdateId, ...top }));
  }

  #send(stream: string, type: string, symbol: string, render: () => object): void {
    let payload: object | undefined;
    for (const { socket, streams, isCombined } of this.#clients) {
      if (!streams.has(stream)) continue;
      payload ??= render();
      socket.deliver({ type, symbol, message: isCombined ? { stream, data: payload } : payload });
    }
  }

  #openFeeds(streams: Iterable<string>): void {
    for (const stream of streams) {
      const parts = STREAM_NAME.exec(stream)?.groups;
      if (parts?.['channel'] === 'depth' && !this.#feeds.has(stream)) this.#feeds.set(stream, new DepthFeed());
      this.#shownUpdateId.delete(stream);
    }
  }

  #control(client: Client, text: string): object {
    const request = parseControl(text);
    if (request === undefined) return { code: 3, msg: 'Invalid JSON: expected value at line 1 column 1' };
    const { id = null, method, params } = request;
    const names = Array.isArray(params) ? params.filter((each): each is string => typeof each === 'string') : [];
    switch (method) {
      case 'SUBSCRIBE':
        if (client.streams.size + names.length > STREAMS_MAX)
          return { code: 2, msg: 'Invalid request: too many parameters', id };
        names.forEach((name) => client.streams.add(name));
        this.#openFeeds(names);
        return { result: null, id };
      case 'UNSUBSCRIBE':
        names.forEach((name) => client.streams.delete(name));
        return { result: null, id };
      case 'LIST_SUBSCRIPTIONS':
        return { result: [...client.streams], id };
      case 'SET_PROPERTY':
        return setProperty(client, params, id);
      case 'GET_PROPERTY':
        return { result: client.isCombined, id };
      default:
        return {
          code: 2,
          msg: `Invalid request: unknown variant ${String(method)}, expected one of \`SUBSCRIBE\`, \`UNSUBSCRIBE\`, \`LIST_SUBSCRIPTIONS\`, \`SET_PROPERTY\`, \`GET_PROPERTY\` at line 1 column 28`,
          id,
        };
    }
  }

  /** @returns false when the client sent more than it may, and was hung up on */
  #countMessage(client: Client): boolean {
    const nowMs = this.#services.clock.now();
    if (nowMs - client.secondAtMs >= SECOND_MS) {
      client.secondAtMs = nowMs;
      client.messages = 0;
    }
    client.messages += 1;
    if (client.messages <= this.#services.limits.limits.streamMessagesPerSecond) return true;
    client.socket.refuse();
    return false;
  }
}

function setProperty(client: Client, params: unknown, id: unknown): object {
  const [name, value] = Array.isArray(params) ? (params as unknown[]) : [];
  if (name !== 'combined') return { code: 0, msg: 'Unknown property', id };
  if (typeof value !== 'boolean') return { code: 1, msg: 'Invalid value type: expected Boolean' };
  client.isCombined = value;
  return { result: null, id };
}

function parseControl(text: string): Control | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}
