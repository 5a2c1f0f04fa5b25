import { Buffer } from 'node:buffer';
import type { RawData } from 'ws';
import { WebSocket } from 'ws';
import type { Clock } from '../../platform/clock';
import type { CallLabel, CallObserver, ObservedEnd } from '../call-observer';
import type { ConnectionWatch } from '../connection-observer';
import { TransportError } from '../transport-error';
import { endingWith, isInTime } from './waits';

export const HANDSHAKE_TIMEOUT_MS = 10_000;
export const HEARTBEAT_INTERVAL_MS = 15_000;
export const PING_TIMEOUT_MS = 10_000;
export const REPLY_TIMEOUT_MS = 10_000;
export const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
export const REQUESTS_WAITING_MAX = 100;
/** What may wait to be written; more means that the other side does not read. */
export const UNSENT_BYTES_MAX = 1024 * 1024;
const CLOSE_GRACE_MS = 2_000;
const NORMAL_CLOSURE = 1000;
/** What ws reports when a connection ends without a closing handshake (RFC 6455, 7.1.5). */
const ABNORMAL_CLOSURE = 1006;

/** A message that is answered by one with the same id. */
export type SocketRequest = { id: string } & Record<string, unknown>;

/** An exchange's own ping, where it wants one in place of the protocol's. */
export interface Heartbeat {
  /** The text to send. */
  ping: string;
  isPong(text: string): boolean;
}

export interface JsonSocketOptions {
  clock: Clock;
  watch: ConnectionWatch;
  observer: Partial<CallObserver> | undefined;
  heartbeat: Heartbeat | undefined;
  handshakeTimeoutMs: number;
  heartbeatIntervalMs: number;
  pingTimeoutMs: number;
  replyTimeoutMs: number;
}

/** What a socket tells the one who holds it. */
export interface JsonSocketEvents {
  /** A message that answers no request, with its text. */
  onMessage(socket: JsonSocket, message: object, text: string): void;
  onUnreadable(text: string, problem: string): void;
  /** Once, when an open connection has ended. */
  onClose(socket: JsonSocket, code: number, reason: string): void;
}

interface WaitingRequest {
  resolve(reply: unknown): void;
  reject(error: TransportError): void;
}

/** One WebSocket connection that exchanges JSON texts, from its handshake to its end. It lives once. */
export class JsonSocket {
  private readonly socket: WebSocket;
  private readonly waiting = new Map<string, WaitingRequest>();
  private readonly life = new AbortController();
  private endReason: string | undefined;
  private pongCallback: () => void = () => undefined;
  private beating: Promise<void> | undefined;

  private constructor(
    private readonly endpoint: string,
    private readonly options: JsonSocketOptions,
    private readonly events: JsonSocketEvents,
  ) {
    this.socket = new WebSocket(endpoint, {
      handshakeTimeout: options.handshakeTimeoutMs,
      maxPayload: MESSAGE_BYTES_MAX,
      followRedirects: false,
      perMessageDeflate: false,
      rejectUnauthorized: true,
    });
  }

  /** @throws TransportError when the handshake fails or takes too long */
  static async open(endpoint: string, options: JsonSocketOptions, events: JsonSocketEvents): Promise<JsonSocket> {
    const made = new JsonSocket(endpoint, options, events);
    const { socket } = made;
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => {
        made.follow(); // here, not after the await: a first message may arrive before that resumes
        resolve();
      });
      socket.once('error', (error) => reject(connectFailure(endpoint, error)));
      socket.once('close', () => reject(connectFailure(endpoint, new Error('closed during the handshake'))));
    });
    return made;
  }

  /** Aborted when the connection has ended. */
  get ended(): AbortSignal {
    return this.life.signal;
  }

  isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** Closes in the protocol's way, or hard when the other side doesn't answer in time. */
  async disconnect(reason = 'closed by us'): Promise<void> {
    const { socket } = this;
    if (socket.readyState === WebSocket.CLOSED) return;
    this.endReason ??= reason;
    const closed = new AbortController();
    socket.once('close', () => closed.abort());
    socket.resume(); // what is not read can't be closed in order either
    socket.close(NORMAL_CLOSURE);
    if (await isInTime(this.options.clock, CLOSE_GRACE_MS, closed.signal)) return;
    socket.terminate();
    await endingWith(closed.signal);
  }

  /** Ends the connection at once, without the closing handshake; onClose gives `reason`. */
  abandon(reason: string): void {
    this.endReason ??= reason;
    this.socket.terminate();
  }

  /** Stops reading, so that the other side has to wait; heartbeats wait, too. One that is being closed is read on. */
  pause(): void {
    if (this.isOpen()) this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** @throws TransportError when the connection is not open, or the other side does not read */
  async send(message: unknown): Promise<void> {
    await this.write(JSON.stringify(message));
  }

  /**
   * Sends a message and resolves with the reply that carries the same `id`; such replies don't go to onMessage.
   * With a label it is a private request, which the observer is shown.
   * @throws TransportError when there is no reply in time
   */
  async request(message: SocketRequest, label?: CallLabel): Promise<unknown> {
    const { clock, watch } = this.options;
    const end = this.observe(message, label);
    const startedAtMs = clock.now();
    try {
      const reply = await this.exchange(message);
      const latencyMs = clock.now() - startedAtMs;
      watch.answered(latencyMs);
      end({ body: reply, latencyMs });
      return reply;
    } catch (error) {
      end({ error: error as TransportError, latencyMs: clock.now() - startedAtMs });
      throw error;
    }
  }

  /**
   * Resolves when the other side has answered a ping; while one waits for its answer, that is the one.
   * @throws TransportError TIMEOUT when it doesn't in time
   */
  async sendHeartbeat(): Promise<void> {
    this.beating ??= this.ping().finally(() => (this.beating = undefined));
    await this.beating;
  }

  private async ping(): Promise<void> {
    const { clock, watch, heartbeat, pingTimeoutMs } = this.options;
    if (!this.isOpen()) throw notOpen();
    const answered = new AbortController();
    this.pongCallback = () => answered.abort();
    const startedAtMs = clock.now();
    if (heartbeat === undefined) this.socket.ping();
    else await this.write(heartbeat.ping);
    const isAnswered = await isInTime(clock, pingTimeoutMs, AbortSignal.any([answered.signal, this.life.signal]));
    if (!isAnswered) throw new TransportError('TIMEOUT', 'maybe', `No pong within ${pingTimeoutMs} ms.`);
    if (!this.life.signal.aborted) watch.answered(clock.now() - startedAtMs);
  }

  private write(text: string): Promise<void> {
    const { socket } = this;
    if (!this.isOpen()) return Promise.reject(notOpen());
    if (socket.bufferedAmount > UNSENT_BYTES_MAX) {
      const message = `${socket.bufferedAmount} bytes wait to be sent already: the other side does not read.`;
      return Promise.reject(new TransportError('BUSY', 'no', message));
    }
    this.options.watch.sent();
    return new Promise((resolve, reject) => {
      socket.send(text, (error) => {
        if (error) reject(new TransportError('CONNECTION_LOST', 'maybe', error.message, { cause: error }));
        else resolve();
      });
    });
  }

  private observe(message: SocketRequest, label: CallLabel | undefined): (end: ObservedEnd) => void {
    const { observer } = this.options;
    if (label === undefined || observer?.begin === undefined) return () => undefined;
    return observer.begin({ ...label, sent: { endpoint: this.endpoint, message } });
  }

  private async exchange(message: SocketRequest): Promise<unknown> {
    if (this.waiting.size >= REQUESTS_WAITING_MAX) {
      throw new TransportError('BUSY', 'no', `${this.waiting.size} requests wait for their reply already.`);
    }
    const { clock, replyTimeoutMs } = this.options;
    const answered = new AbortController();
    const reply = new Promise<unknown>((resolve, reject) => this.waiting.set(message.id, { resolve, reject }));
    const late = isInTime(clock, replyTimeoutMs, answered.signal).then((inTime) => {
      if (!inTime) this.fail(message.id, new TransportError('TIMEOUT', 'maybe', `No reply in ${replyTimeoutMs} ms.`));
    });
    try {
      const [value] = await Promise.all([reply, this.send(message)]);
      return value;
    } finally {
      this.waiting.delete(message.id);
      answered.abort();
      await late;
    }
  }

  private follow(): void {
    const { socket } = this;
    socket.on('message', (data, isBinary) => this.receive(data, isBinary));
    socket.on('pong', () => this.pongCallback());
    socket.on('error', (error) => (this.endReason ??= error.message)); // 'close' follows
    socket.once('close', (code, reason) => this.finish(code, reason.toString('utf8')));
    void this.keepAlive();
  }

  private async keepAlive(): Promise<void> {
    const { clock, heartbeatIntervalMs } = this.options;
    try {
      while (this.isOpen()) {
        await clock.sleep(heartbeatIntervalMs, this.life.signal);
        if (!this.socket.isPaused) await this.sendHeartbeat();
      }
    } catch (error) {
      if (!this.life.signal.aborted) this.abandon(`heartbeat failed: ${(error as Error).message}`);
    }
  }

  private receive(data: RawData, isBinary: boolean): void {
    const { heartbeat } = this.options;
    const text = textOf(data);
    if (heartbeat?.isPong(text) === true) return this.pongCallback();
    if (isBinary) return this.events.onUnreadable(text, 'a binary message, expected JSON text');
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return this.events.onUnreadable(text, 'not JSON');
    }
    if (typeof message === 'object' && message !== null) this.route(message, text);
    else this.events.onUnreadable(text, 'not a JSON object');
  }

  private route(message: object, text: string): void {
    if (this.waiting.size > 0 && 'id' in message) {
      const request = typeof message.id === 'string' ? this.waiting.get(message.id) : undefined;
      if (request !== undefined) return request.resolve(message);
    }
    this.options.watch.received();
    this.events.onMessage(this, message, text);
  }

  private fail(id: string, error: TransportError): void {
    this.waiting.get(id)?.reject(error);
  }

  private finish(code: number, said: string): void {
    const abnormal = code === ABNORMAL_CLOSURE ? 'the connection broke' : 'closed by the other side';
    const reason = this.endReason ?? (said === '' ? abnormal : said);
    this.life.abort(new Error(reason));
    const error = new TransportError('CONNECTION_LOST', 'maybe', `The WebSocket closed (${code}): ${reason}.`);
    if (code === ABNORMAL_CLOSURE) this.options.watch.failed(error);
    for (const id of this.waiting.keys()) this.fail(id, error);
    this.events.onClose(this, code, reason);
  }
}

function notOpen(): TransportError {
  return new TransportError('NOT_CONNECTED', 'no', 'The WebSocket is not open.');
}

function textOf(data: RawData): string {
  if (Buffer.isBuffer(data)) return data.toString('utf8');
  return (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)).toString('utf8');
}

function connectFailure(endpoint: string, cause: Error): TransportError {
  const { host, pathname } = new URL(endpoint);
  const message = `No WebSocket connection to ${host}${pathname}: ${cause.message}.`;
  return new TransportError('NOT_CONNECTED', 'no', message, { cause });
}
