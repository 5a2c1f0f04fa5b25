import type { ReconnectionStrategy } from '../../domain/connection';
import type { Clock } from '../../platform/clock';
import { isoTime } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { Random } from '../../platform/random';
import type { AccountLimits } from '../../ratelimit/account-limits';
import { RateLimitedError } from '../../ratelimit/rate-limited-error';
import type { RateLimiter } from '../../ratelimit/rate-limiter';
import type { ConnectionObserver } from '../../transport/connection-observer';
import type { HostGuard } from '../../transport/host-guard';
import { TransportError } from '../../transport/transport-error';
import type { SocketCalls, SocketProtocol } from '../../transport/websocket/socket-protocol';
import type { SubscriptionHandle } from '../../transport/websocket/websocket-client';
import { WebSocketClient } from '../../transport/websocket/websocket-client';
import type { Ticker } from '../adapter';
import type { MarketStream } from '../exchange-module';
import { SOCKET_LIFETIME_MS } from './environments';
import { serviceErrorOf, serviceErrorOfTransport } from './errors';
import type { InstrumentBook } from './instruments';
import type { Queries } from './queries';
import { readBookTicker } from './stream-messages';
import { controlReply } from './wire';

/** Binance cuts a connection that sends more than 5 messages a second, pings included; changes go out in bunches. */
const CHANGES_PAUSE_MS = 500;
/** Streams that one connection may have (web-socket-streams.md). */
const STREAMS_MAX = 1_024;

export interface BinanceMarketStreamOptions {
  endpoint: string;
  instruments: InstrumentBook;
  queries: Pick<Queries, 'getTicker'>;
  limits: AccountLimits;
  rateLimiter: Pick<RateLimiter, 'acquire'>;
  guard: HostGuard;
  observer?: ConnectionObserver;
  reconnectionStrategy?: ReconnectionStrategy;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** Best bid and ask by the combined public stream (`<symbol>@bookTicker`). Its client's channels are our instruments. */
export class BinanceMarketStream implements MarketStream {
  private readonly client: WebSocketClient;
  private readonly handles = new Map<string, Promise<SubscriptionHandle>>();
  private onTicker: (ticker: Ticker) => void = () => undefined;

  constructor(private readonly options: BinanceMarketStreamOptions) {
    const { guard, clock, random, logger, observer } = options;
    this.client = new WebSocketClient({
      ...{ guard, clock, random, logger, protocol: this.protocol(), purpose: 'MARKET', lifetimeMs: SOCKET_LIFETIME_MS },
      ...(observer && { observer }),
    });
  }

  async open(onTicker: (ticker: Ticker) => void): Promise<void> {
    this.onTicker = onTicker;
    const { endpoint, reconnectionStrategy: reconnectStrategy } = this.options;
    try {
      await this.client.connect(endpoint, reconnectStrategy && { reconnectStrategy });
    } catch (error) {
      throw error instanceof TransportError ? serviceErrorOfTransport('The market stream', error) : error;
    }
  }

  async close(): Promise<void> {
    await this.client.disconnect();
  }

  subscribe(assetId: string): void {
    if (this.handles.has(assetId) || this.handles.size >= STREAMS_MAX) return; // beyond it prices come by getTicker alone
    this.handles.set(
      assetId,
      this.client.subscribe(assetId, (message) => this.tell(assetId, message)),
    );
  }

  unsubscribe(assetId: string): void {
    void this.handles.get(assetId)?.then((handle) => this.client.unsubscribe(handle));
    this.handles.delete(assetId);
  }

  getTicker(assetId: string): Promise<Ticker> {
    return this.options.queries.getTicker(assetId);
  }

  private protocol(): SocketProtocol {
    const { instruments } = this.options;
    return {
      prepare: () => this.prepare(),
      subscribe: (socket, assetIds) => this.change(socket, 'SUBSCRIBE', assetIds),
      unsubscribe: (socket, assetIds) => this.change(socket, 'UNSUBSCRIBE', assetIds),
      changesPauseMs: CHANGES_PAUSE_MS,
      channelOf: (message) => {
        const { s } = dataOf(message);
        return typeof s === 'string' ? instruments.knownSymbol(s)?.assetId : undefined;
      },
      isEndNotice: (message) => dataOf(message).e === 'serverShutdown',
    };
  }

  private async prepare(): Promise<() => void> {
    const { instruments, limits, rateLimiter } = this.options;
    await instruments.all();
    const turn = await rateLimiter.acquire(limits.call({ WEBSOCKET: 1 }, 'NORMAL'));
    if (!turn.granted) throw new RateLimitedError('The market stream of BINANCE was not opened.', turn.retryAt);
    return () => void turn.release({ sent: true });
  }

  private tell(assetId: string, message: unknown): void {
    const { b: bid, a: ask } = readBookTicker(message);
    this.onTicker({ assetId, bid, ask, timestamp: isoTime(this.options.clock.now()) });
  }

  /** One message; of no instrument that Binance does not list. */
  private async change(socket: SocketCalls, method: string, assetIds: readonly string[]): Promise<void> {
    const { instruments, random } = this.options;
    const listed = await Promise.all(assetIds.map((assetId) => instruments.find(assetId)));
    const params = listed.flatMap((instrument) =>
      instrument ? [`${instrument.symbol.toLowerCase()}@bookTicker`] : [],
    );
    if (params.length === 0) return;
    const reply = await socket.request({ id: random.uuid(), method, params });
    const { error } = controlReply.parse(reply);
    if (error !== undefined) throw serviceErrorOf(`${method} ${params.join(', ')}`, { status: 400, error });
  }
}

/** The inner message of a combined stream, as far as it is looked at before it is read. */
function dataOf(message: unknown): { s?: unknown; e?: unknown } {
  const { data } = message as { data?: { s?: unknown; e?: unknown } | null };
  return data ?? {};
}
