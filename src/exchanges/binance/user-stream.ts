import { ServiceError } from '../../domain/errors';
import type { ExecutionUpdate, OrderUpdate } from '../../domain/order';
import type { Credentials } from '../../domain/exchange';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { Random } from '../../platform/random';
import type { CallObserver } from '../../transport/call-observer';
import type { HostGuard } from '../../transport/host-guard';
import { TransportError } from '../../transport/transport-error';
import { WebSocketClient } from '../../transport/websocket/websocket-client';
import type { InstrumentBook } from './instruments';
import type { ServerClock } from './server-clock';
import { serviceErrorOf, serviceErrorOfTransport } from './errors';
import { eventsOfReport, orderOfReport } from './translate';
import type { ExecutionReport } from './wire';
import { executionReport, socketReply, streamEvent } from './wire';
import { signedSocketParams } from './socket-signature';

/** Events that wait for an instrument to be looked up; more means that we can't follow, and the stream is ended. */
const EVENTS_WAITING_MAX = 10_000;
/** After these events the stream is over, or is about to be. */
const ENDING_EVENTS: ReadonlySet<string> = new Set(['eventStreamTerminated', 'serverShutdown']);
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

export interface UserStreamOptions {
  endpoint: string;
  tenantId: string;
  credentials: Credentials;
  instruments: InstrumentBook;
  serverClock: ServerClock;
  guard: HostGuard;
  observer: CallObserver;
  clock: Clock;
  random: Random;
  logger: Logger;
}

export interface UserStreamEvents {
  onUpdate(update: OrderUpdate): void;
  onExecution(execution: ExecutionUpdate): void;
  onLost(reason: Error): void;
}

/** The account's order events over the WebSocket API (`userDataStream.subscribe.signature`). Lives once. */
export class UserStream {
  private readonly socket: WebSocketClient;
  private waiting = 0;
  private chain: Promise<void> = Promise.resolve();
  private isReady = false;
  private isClosing = false;
  /** Events of orders that are not ours, and messages that we could not read. */
  readonly counts = { foreign: 0, unreadable: 0 };

  constructor(
    private readonly options: UserStreamOptions,
    private readonly events: UserStreamEvents,
  ) {
    const { guard, clock, observer } = options;
    this.socket = new WebSocketClient({ guard, clock, observer });
    this.socket.onMessage((message) => this.enqueue(message));
    this.socket.onError((error) => this.reportUnreadable({ error: error.message }));
    this.socket.onClose((code, reason) => this.lose(`The user data stream of BINANCE ended (${code}): ${reason}.`));
  }

  /** @throws ServiceError when it can't be opened or Binance refuses the key */
  async open(): Promise<void> {
    const what = 'The user data stream';
    try {
      await this.socket.connect(this.options.endpoint);
      await this.subscribe(what);
      if (!this.socket.isOpen()) throw new ServiceError('EXCHANGE_TEMPORARY', `${what} ended while it was opened.`);
      this.isReady = true;
    } catch (error) {
      await this.close();
      throw error instanceof TransportError ? serviceErrorOfTransport(what, error) : error;
    }
  }

  isOpen(): boolean {
    return this.isReady && this.socket.isOpen();
  }

  async close(): Promise<void> {
    this.isClosing = true;
    await this.socket.disconnect();
  }

  private async subscribe(what: string): Promise<void> {
    const { credentials, random, serverClock } = this.options;
    const params = signedSocketParams(credentials, serverClock.now());
    const message = { id: random.uuid(), method: 'userDataStream.subscribe.signature', params };
    const reply = socketReply.safeParse(await this.socket.request(message, { operation: 'STREAM_LOGIN' }));
    if (!reply.success) throw new ServiceError('EXCHANGE_FAULT', `${what}: BINANCE's reply can't be read.`);
    const { status, error } = reply.data;
    if (status !== 200) throw serviceErrorOf(what, { status, error });
  }

  /** One after the other, in the order of arrival, also when one of them has to wait. */
  private enqueue(message: unknown): void {
    if (this.waiting >= EVENTS_WAITING_MAX) {
      this.socket.abandon(`${this.waiting} events wait already`);
      return;
    }
    this.waiting += 1;
    this.chain = this.chain
      .then(() => this.handle(message))
      .catch((error: unknown) => this.socket.abandon(`an event could not be handled: ${String(error)}`))
      .finally(() => (this.waiting -= 1));
  }

  private async handle(message: unknown): Promise<void> {
    const parsed = streamEvent.safeParse(message);
    if (!parsed.success) {
      this.reportUnreadable({ message });
      return;
    }
    const { event } = parsed.data;
    if (ENDING_EVENTS.has(event.e)) this.socket.abandon(event.e);
    if (event.e !== 'executionReport') return;
    const report = executionReport.safeParse(event);
    if (report.success) await this.follow(report.data);
    else this.reportUnreadable({ message });
  }

  private async follow(report: ExecutionReport): Promise<void> {
    const { tenantId, instruments, clock } = this.options;
    const ours = orderOfReport(report);
    if (ours === undefined) {
      this.counts.foreign += 1;
      this.options.logger.debug({ symbol: report.s, exchangeOrderId: report.i }, 'An order that is not ours.');
      return;
    }
    if (report.x === 'REJECTED' && !REJECT_REASONS.has(report.r)) return;
    const instrument = instruments.knownSymbol(report.s) ?? (await instruments.findSymbol(report.s));
    if (instrument === undefined) throw new Error(`BINANCE does not list ${report.s}`);
    const identity = { tenantId, ...ours, assetId: instrument.assetId };
    const { update, execution } = eventsOfReport(identity, report, clock.now());
    if (execution !== undefined) this.events.onExecution(execution);
    this.events.onUpdate(update);
  }

  private reportUnreadable(detail: object): void {
    this.counts.unreadable += 1;
    this.options.logger.warn(
      { ...detail, count: this.counts.unreadable },
      'A stream message of BINANCE is unreadable.',
    );
  }

  private lose(reason: string): void {
    const wasReady = this.isReady;
    this.isReady = false;
    if (wasReady && !this.isClosing) {
      this.events.onLost(new ServiceError('EXCHANGE_TEMPORARY', reason));
    }
  }
}
