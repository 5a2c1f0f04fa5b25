import { ServiceError } from '../../domain/errors';
import type { ExecutionUpdate, OrderUpdate } from '../../domain/order';
import type { Credentials } from '../../domain/exchange';
import type { Logger } from '../../platform/logger';
import type { Random } from '../../platform/random';
import { RateLimitedError } from '../../ratelimit/rate-limited-error';
import { waitMsUntil } from '../../ratelimit/retry-after';
import type { CallObserver } from '../../transport/call-observer';
import type { HostGuard } from '../../transport/host-guard';
import { TransportError } from '../../transport/transport-error';
import type { SocketCalls } from '../../transport/websocket/socket-protocol';
import { WebSocketClient } from '../../transport/websocket/websocket-client';
import { SOCKET_LIFETIME_MS } from './environments';
import type { BinanceInstrument, InstrumentBook } from './instruments';
import type { ServerClock } from '../server-clock';
import { isRateLimit, serviceErrorOf, serviceErrorOfTransport } from './errors';
import type { KeepAwayParts } from './keep-away';
import { keepAway } from './keep-away';
import { eventsOfReport, orderOfReport } from './translate';
import type { ExecutionReport } from './stream-messages';
import { eventOf, readExecutionReport } from './stream-messages';
import type { SocketReply } from './wire';
import { socketReply } from './wire';
import { signedSocketParams } from './socket-signature';

/** The subscription is over: what happens from now on is not told on this connection. */
const STREAM_TERMINATED = 'eventStreamTerminated';
/** The connection will be closed soon; until then it tells on. */
const SERVER_SHUTDOWN = 'serverShutdown';
/**
 * The documented reasons of a rejected new order. A REJECTED event with another reason may speak of a request that met
 * a live order of ours under the same id; what became of that one, the reply and the lookup say.
 */
const REJECT_REASONS: ReadonlySet<string> = new Set([
  'INSUFFICIENT_BALANCES',
  'STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY',
  'WOULD_MATCH_IMMEDIATELY',
  'OCO_BAD_PRICES',
]);

const WHAT = 'The user data stream';

export interface UserStreamOptions extends KeepAwayParts {
  endpoint: string;
  tenantId: string;
  credentials: Credentials;
  instruments: InstrumentBook;
  serverClock: ServerClock;
  guard: HostGuard;
  observer: CallObserver;
  random: Random;
  logger: Logger;
  /** What each connection needs before it is dialled: a turn, the time. @returns what is to be done once it is open or has failed */
  prepare(): Promise<() => void>;
}

export interface UserStreamEvents {
  onUpdate(update: OrderUpdate): void;
  onExecution(execution: ExecutionUpdate): void;
  onLost(reason: Error): void;
}

/**
 * The account's order events over the WebSocket API (`userDataStream.subscribe.signature`). Lives once: whoever opens
 * it again has to read what was missed first.
 */
export class UserStream {
  private readonly client: WebSocketClient;
  private isReady = false;

  constructor(
    private readonly options: UserStreamOptions,
    private readonly events: UserStreamEvents,
  ) {
    const { guard, clock, random, logger, observer } = options;
    this.client = new WebSocketClient({
      ...{ guard, clock, random, logger, observer, purpose: 'ACCOUNT', lifetimeMs: SOCKET_LIFETIME_MS },
      protocol: {
        prepare: () => options.prepare(),
        login: (socket) => this.subscribe(socket),
        isEndNotice: (message) => kindOf(message) === SERVER_SHUTDOWN,
      },
    });
    this.client.onMessage((message) => this.handle(message));
    this.client.onClose((code, reason) => this.lose(`The user data stream of BINANCE ended (${code}): ${reason}.`));
  }

  /** @throws ServiceError when it can't be opened or Binance refuses the key */
  async open(): Promise<void> {
    try {
      await this.client.connect(this.options.endpoint, { reconnect: false });
      this.isReady = true;
    } catch (error) {
      throw error instanceof TransportError ? serviceErrorOfTransport(WHAT, error) : error;
    }
  }

  isOpen(): boolean {
    return this.isReady && this.client.isOpen();
  }

  async close(): Promise<void> {
    this.isReady = false;
    await this.client.disconnect();
  }

  private async subscribe(socket: SocketCalls): Promise<void> {
    const { credentials, random, serverClock } = this.options;
    const params = signedSocketParams(credentials, serverClock.now());
    const message = { id: random.uuid(), method: 'userDataStream.subscribe.signature', params };
    const reply = socketReply.safeParse(await socket.request(message, { operation: 'STREAM_LOGIN' }));
    if (!reply.success) throw new ServiceError('EXCHANGE_FAULT', `${WHAT}: BINANCE's reply can't be read.`);
    if (reply.data.status !== 200) throw await this.refused(reply.data);
  }

  private async refused({ status, error }: SocketReply): Promise<ServiceError> {
    if (!isRateLimit({ status, error })) return serviceErrorOf(WHAT, { status, error });
    const retryAfter = error?.data?.retryAfter;
    const askedMs = retryAfter === undefined ? undefined : waitMsUntil(retryAfter, this.options.serverClock.now());
    const retryAt = await keepAway(this.options, { status, error }, askedMs);
    return new RateLimitedError(`${WHAT}: BINANCE answered with status ${status}.`, retryAt);
  }

  /** @throws UnreadableMessage */
  private handle(message: unknown): void | Promise<void> {
    const event = eventOf(message);
    if (event.e === 'executionReport') return this.follow(readExecutionReport(event));
    if (event.e === STREAM_TERMINATED) this.client.abandon(STREAM_TERMINATED);
  }

  private follow(report: ExecutionReport): void | Promise<void> {
    const { instruments, logger } = this.options;
    const ours = orderOfReport(report);
    if (ours === undefined)
      return logger.debug({ symbol: report.s, exchangeOrderId: report.i }, 'An order that is not ours.');
    if (report.x === 'REJECTED' && !REJECT_REASONS.has(report.r)) return;
    const known = instruments.knownSymbol(report.s);
    if (known !== undefined) return this.tell(report, ours, known);
    return instruments.findSymbol(report.s).then((instrument) => {
      if (instrument === undefined) throw new Error(`BINANCE does not list ${report.s}`);
      this.tell(report, ours, instrument);
    });
  }

  private tell(
    report: ExecutionReport,
    ours: { orderId: string; clientOrderId: string },
    { assetId }: BinanceInstrument,
  ): void {
    const { tenantId, clock } = this.options;
    const { update, execution } = eventsOfReport({ tenantId, ...ours, assetId }, report, clock.now());
    if (execution !== undefined) this.events.onExecution(execution);
    this.events.onUpdate(update);
  }

  private lose(reason: string): void {
    const wasReady = this.isReady;
    this.isReady = false;
    if (wasReady) this.events.onLost(new ServiceError('EXCHANGE_TEMPORARY', reason));
  }
}

function kindOf(message: unknown): unknown {
  const { event } = message as { event?: { e?: unknown } | null };
  return event?.e;
}
