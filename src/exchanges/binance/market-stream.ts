import { formatDecimal, parseDecimal } from '../../domain/decimal';
import type { Clock } from '../../platform/clock';
import { isoTime } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { AccountLimits } from '../../ratelimit/account-limits';
import type { RateLimiter } from '../../ratelimit/rate-limiter';
import type { HostGuard } from '../../transport/host-guard';
import { TransportError } from '../../transport/transport-error';
import { WebSocketClient } from '../../transport/websocket/websocket-client';
import type { Ticker } from '../adapter';
import type { MarketStream, MarketStreamEvents } from '../exchange-module';
import { serviceErrorOfTransport } from './errors';
import type { InstrumentBook } from './instruments';
import type { Queries } from './queries';
import { bookTickerEvent, publicEvent } from './wire';

/** Binance cuts a connection that sends more than 5 messages a second, pings included; changes go out in bunches. */
const CHANGES_PAUSE_MS = 500;
/** All market streams of this address share the limit. */
const SEND_WAIT_MS_MAX = 30_000;
/** Streams that one connection may have (web-socket-streams.md). */
const STREAMS_MAX = 1_024;

export interface BinanceMarketStreamOptions {
  endpoint: string;
  instruments: InstrumentBook;
  queries: Pick<Queries, 'getTicker'>;
  limits: AccountLimits;
  rateLimiter: Pick<RateLimiter, 'acquire'>;
  guard: HostGuard;
  clock: Clock;
  logger: Logger;
}

/** Best bid and ask by the combined public stream (`<symbol>@bookTicker`). */
export class BinanceMarketStream implements MarketStream {
  private socket: WebSocketClient | undefined;
  private readonly wanted = new Set<string>();
  private subscribed = new Map<string, string>();
  private isFlushing = false;
  private isClosed = false;
  private nextId = 1;

  constructor(private readonly options: BinanceMarketStreamOptions) {}

  async open(events: MarketStreamEvents): Promise<void> {
    const { endpoint, guard, clock, logger, instruments } = this.options;
    await instruments.all();
    const socket = new WebSocketClient({ guard, clock });
    this.socket = socket;
    socket.onMessage((message) => this.receive(message, events));
    socket.onError((error) => logger.warn({ error: error.message }, 'A market message of BINANCE is unreadable.'));
    socket.onClose((code, reason) => {
      if (this.socket !== socket) return;
      this.socket = undefined;
      this.subscribed.clear();
      events.onLost(`${code} ${reason}`);
    });
    try {
      if (!this.isClosed) await socket.connect(endpoint);
    } catch (error) {
      this.socket = undefined;
      if (error instanceof TransportError) throw serviceErrorOfTransport('The market stream', error);
      throw error;
    }
    this.flushSoon();
  }

  async close(): Promise<void> {
    const { socket } = this;
    this.isClosed = true;
    this.socket = undefined;
    this.wanted.clear();
    this.subscribed.clear();
    await socket?.disconnect();
  }

  subscribe(assetId: string): void {
    if (this.wanted.size >= STREAMS_MAX) return; // beyond it prices come by getTicker alone
    this.wanted.add(assetId);
    this.flushSoon();
  }

  unsubscribe(assetId: string): void {
    this.wanted.delete(assetId);
    this.flushSoon();
  }

  getTicker(assetId: string): Promise<Ticker> {
    return this.options.queries.getTicker(assetId);
  }

  private receive(message: unknown, { onTicker }: MarketStreamEvents): void {
    const parsed = bookTickerEvent.safeParse(message);
    if (parsed.success) {
      const { s, b, a } = parsed.data.data;
      const instrument = this.options.instruments.knownSymbol(s);
      if (instrument === undefined) return;
      const [bid, ask] = [formatDecimal(parseDecimal(b)), formatDecimal(parseDecimal(a))];
      onTicker({ assetId: instrument.assetId, bid, ask, timestamp: isoTime(this.options.clock.now()) });
      return;
    }
    const event = publicEvent.safeParse(message);
    if (event.success && event.data.data.e === 'serverShutdown') this.socket?.abandon('serverShutdown');
  }

  private flushSoon(): void {
    if (this.isFlushing || this.socket?.isOpen() !== true) return;
    this.isFlushing = true;
    void this.flush()
      .catch((error: unknown) => this.socket?.abandon(`subscriptions could not be changed: ${String(error)}`))
      .finally(() => {
        this.isFlushing = false;
        if (this.hasChanges()) this.flushSoon();
      });
  }

  /** Brings the subscriptions to what is wanted, one message a pause, until nothing is left to change. */
  private async flush(): Promise<void> {
    for (let change = await this.nextChange(); change !== undefined; change = await this.nextChange()) {
      await this.send(change);
      await this.options.clock.sleep(CHANGES_PAUSE_MS);
      if (this.socket?.isOpen() !== true) return;
    }
  }

  private async send(change: object): Promise<void> {
    const { limits, rateLimiter } = this.options;
    const turn = await rateLimiter.acquire(limits.call({ WEBSOCKET: 1 }, 'NORMAL', { waitMsMax: SEND_WAIT_MS_MAX }));
    if (!turn.granted) throw new Error('the limit of messages left no turn');
    try {
      await this.socket?.send(change);
    } finally {
      await turn.release({ sent: true });
    }
  }

  private hasChanges(): boolean {
    const differs = (assetId: string): boolean => this.wanted.has(assetId) !== this.subscribed.has(assetId);
    return [...this.wanted, ...this.subscribed.keys()].some(differs);
  }

  private async nextChange(): Promise<object | undefined> {
    const gone = [...this.subscribed].filter(([assetId]) => !this.wanted.has(assetId));
    if (gone.length > 0) {
      for (const [assetId] of gone) this.subscribed.delete(assetId);
      return this.message(
        'UNSUBSCRIBE',
        gone.map(([, stream]) => stream),
      );
    }
    const fresh = [...this.wanted].filter((assetId) => !this.subscribed.has(assetId));
    for (const assetId of fresh) {
      const instrument = await this.options.instruments.find(assetId);
      if (instrument === undefined) this.wanted.delete(assetId);
      else this.subscribed.set(assetId, `${instrument.symbol.toLowerCase()}@bookTicker`);
    }
    const streams = fresh.flatMap((assetId) => this.subscribed.get(assetId) ?? []);
    return streams.length === 0 ? undefined : this.message('SUBSCRIBE', streams);
  }

  private message(method: string, params: string[]): object {
    const id = this.nextId;
    this.nextId += 1;
    return { method, params, id };
  }
}
