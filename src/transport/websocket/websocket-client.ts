import type { ConnectionStatus } from '../../domain/connection';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { Random } from '../../platform/random';
import type { CallLabel, CallObserver } from '../call-observer';
import type { ConnectionName, ConnectionWatch } from '../connection-observer';
import { UNWATCHED } from '../connection-observer';
import type { HostGuard } from '../host-guard';
import { TransportError } from '../transport-error';
import { Intake, STALLED_MS_MAX } from './intake';
import type { SocketRequest } from './json-socket';
import { HANDSHAKE_TIMEOUT_MS, JsonSocket, REPLY_TIMEOUT_MS } from './json-socket';
import { SocketKeeper } from './socket-keeper';
import type { SocketProtocol } from './socket-protocol';
import type { MessageCallback } from './subscriptions';
import { Subscriptions } from './subscriptions';
import type { WSOptions } from './ws-options';
import { WS_OPTIONS } from './ws-options';

export interface SubscriptionHandle {
  readonly id: string;
}

export interface WebSocketClientOptions {
  guard: HostGuard;
  clock: Clock;
  random: Random;
  logger: Logger;
  purpose: ConnectionName['purpose'];
  protocol?: SocketProtocol;
  /** Sees the private requests, and watches; may be left out where nobody looks. */
  observer?: Partial<CallObserver>;
  handshakeTimeoutMs?: number;
  replyTimeoutMs?: number;
  /** A connection that was open for so long makes up for the failures before it. */
  stableAfterMs?: number;
  /** The age at which a socket is replaced, since the exchange cuts older ones; without it, it is not. */
  lifetimeMs?: number;
  /** How long messages may wait, unread, for those who handle them. */
  stalledMsMax?: number;
}

/**
 * A connection that exchanges JSON texts and outlives its sockets (specification: WebSocketClient). It opens a lost one
 * again in growing intervals, restores the subscriptions, and replaces one that is about to end: the new one is there
 * before the old one goes, so that for a moment messages come twice. It is connected once.
 */
export class WebSocketClient {
  private readonly settings: WSOptions = { ...WS_OPTIONS };
  private readonly protocol: SocketProtocol;
  private readonly intake: Intake;
  private readonly subscriptions: Subscriptions;
  private watch: ConnectionWatch = UNWATCHED;
  private keeper: SocketKeeper | undefined;
  private isClosed = false;
  private readonly messageCallbacks: MessageCallback[] = [];
  private readonly errorCallbacks: ((error: Error) => void)[] = [];
  private readonly closeCallbacks: ((code: number, reason: string) => void)[] = [];
  private readonly openCallbacks: (() => void)[] = [];

  constructor(private readonly options: WebSocketClientOptions) {
    const { clock, random, logger, protocol = {}, observer, stalledMsMax = STALLED_MS_MAX } = options;
    this.protocol = protocol;
    const onError = (error: Error): void => this.errorCallbacks.forEach((callback) => callback(error));
    this.intake = new Intake({
      ...{ protocol, clock, logger, stalledMsMax, onError },
      watch: () => this.watch,
      redact: (text) => observer?.redact?.(text) ?? text,
      handle: (message) => this.handle(message),
      onEndNotice: () => void this.keeper?.replace('the exchange announced its end'),
    });
    this.subscriptions = new Subscriptions({
      ...{ protocol, clock, random, settings: this.settings, onRefused: onError },
      onTrouble: (details) => this.watch.troubled('SUBSCRIPTION_FAILED', details),
    });
  }

  get status(): ConnectionStatus {
    return this.keeper?.status ?? 'DISCONNECTED';
  }

  /**
   * Resolves when the connection is open and what was subscribed has been asked for. With `reconnect` it tries until
   * then, or until disconnect().
   * @throws TransportError when the host is refused; without `reconnect` also when the first attempt fails
   */
  async connect(endpoint: string, options: Partial<WSOptions> = {}): Promise<void> {
    const { guard, observer, purpose, clock, random, logger, stableAfterMs, lifetimeMs } = this.options;
    if (this.keeper !== undefined) throw new TypeError('A WebSocketClient is connected once: make another one.');
    guard(endpoint);
    Object.assign(this.settings, options);
    this.watch = observer?.watch?.({ type: 'WEBSOCKET', purpose, endpoint }) ?? UNWATCHED;
    this.keeper = new SocketKeeper({
      ...{ clock, random, logger, settings: this.settings, stableAfterMs, lifetimeMs, watch: this.watch },
      dial: () => this.dial(endpoint),
      onOpen: () => this.openCallbacks.forEach((callback) => callback()),
      onClose: (code, reason) => this.closeCallbacks.forEach((callback) => callback(code, reason)),
      onError: (error) => this.errorCallbacks.forEach((callback) => callback(error)),
    });
    await this.keeper.start();
  }

  isOpen(): boolean {
    return this.keeper?.isOpen() ?? false;
  }

  /** Ends the connection for good. */
  async disconnect(): Promise<void> {
    await this.keeper?.stop();
    this.isClosed = true;
  }

  /** Counts the present socket as lost; onClose gives `reason`. */
  abandon(reason: string): void {
    if (this.isOpen()) this.openSocket().abandon(reason);
  }

  /** @throws TransportError when the connection is not open, or the other side does not read */
  async send(message: unknown): Promise<void> {
    await this.openSocket().send(message);
  }

  /** Sends a message and resolves with the reply of the same `id`. @throws TransportError when none comes in time */
  async request(message: SocketRequest, label?: CallLabel): Promise<unknown> {
    return await this.openSocket().request(message, label);
  }

  /** Resolves when a ping was answered. @throws TransportError TIMEOUT when it isn't in time */
  async sendHeartbeat(): Promise<void> {
    await this.openSocket().sendHeartbeat();
  }

  /** Takes effect soon, and again on each new socket; what is refused is told to onError and tried again. */
  subscribe(channel: string, callback: MessageCallback): Promise<SubscriptionHandle> {
    const id = this.options.random.uuid();
    this.subscriptions.add(channel, id, callback);
    return Promise.resolve({ id });
  }

  unsubscribe({ id }: SubscriptionHandle): Promise<void> {
    this.subscriptions.remove(id);
    return Promise.resolve();
  }

  /**
   * Is given every message that answers no request and belongs to no channel, in order; the next one waits for its
   * promise. An UnreadableMessage that it throws skips the message, any other error ends the socket, since a message is
   * then lost. The same holds for the callbacks of subscriptions.
   */
  onMessage(callback: MessageCallback): void {
    this.messageCallbacks.push(callback);
  }

  /** What is wrong with the connection, a subscription or one message; the connection goes on unless onClose follows. */
  onError(callback: (error: Error) => void): void {
    this.errorCallbacks.push(callback);
  }

  /** Called whenever an open connection is lost, with the reason; with `reconnect` it is then opened again. */
  onClose(callback: (code: number, reason: string) => void): void {
    this.closeCallbacks.push(callback);
  }

  /** Called whenever the connection is open, its subscriptions restored. */
  onOpen(callback: () => void): void {
    this.openCallbacks.push(callback);
  }

  private async dial(endpoint: string): Promise<JsonSocket> {
    const finish = await this.protocol.prepare?.();
    try {
      const socket = await this.handshake(endpoint);
      return await this.prepared(socket);
    } finally {
      finish?.();
    }
  }

  private handshake(endpoint: string): Promise<JsonSocket> {
    const { clock, observer } = this.options;
    const { handshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS, replyTimeoutMs = REPLY_TIMEOUT_MS } = this.options;
    const { heartbeatIntervalMs, pingTimeoutMs } = this.settings;
    return JsonSocket.open(
      endpoint,
      {
        ...{ clock, watch: this.watch, observer, heartbeat: this.protocol.heartbeat },
        ...{ handshakeTimeoutMs, heartbeatIntervalMs, pingTimeoutMs, replyTimeoutMs },
      },
      this.intake.follow((socket, code, reason) => this.keeper?.lose(socket, code, reason)),
    );
  }

  private async prepared(socket: JsonSocket): Promise<JsonSocket> {
    try {
      await this.protocol.login?.(socket);
      await this.subscriptions.serve(socket);
      return socket;
    } catch (error) {
      await socket.disconnect();
      throw error;
    }
  }

  private openSocket(): JsonSocket {
    if (this.keeper !== undefined) return this.keeper.socket;
    throw new TransportError('NOT_CONNECTED', 'no', 'The WebSocket is not open.');
  }

  private handle(message: unknown): void | Promise<void> {
    if (this.isClosed) return;
    const channel = this.protocol.channelOf?.(message);
    const callbacks = channel === undefined ? this.messageCallbacks : this.subscriptions.callbacksOf(channel);
    const works: Promise<void>[] = [];
    for (const callback of callbacks) {
      const work = callback(message);
      if (work !== undefined) works.push(work);
    }
    if (works.length > 0) return Promise.all(works).then(() => undefined);
  }
}
