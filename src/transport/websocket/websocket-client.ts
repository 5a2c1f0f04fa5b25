import { Buffer } from 'node:buffer';
import type { RawData } from 'ws';
import { WebSocket } from 'ws';
import type { Clock } from '../../platform/clock';
import type { CallLabel, CallObserver, ObservedEnd } from '../call-observer';
import type { HostGuard } from '../host-guard';
import { TransportError } from '../transport-error';

export const HANDSHAKE_TIMEOUT_MS = 10_000;
export const HEARTBEAT_INTERVAL_MS = 15_000;
export const PING_TIMEOUT_MS = 10_000;
export const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
export const REPLY_TIMEOUT_MS = 10_000;
export const REQUESTS_WAITING_MAX = 100;
const CLOSE_GRACE_MS = 2_000;
const NORMAL_CLOSURE = 1000;
/** What ws reports when a connection ends without a closing handshake (RFC 6455, 7.1.5). */
const ABNORMAL_CLOSURE = 1006;

export interface WebSocketClientOptions {
  guard: HostGuard;
  clock: Clock;
  /** Sees the private requests; may be left out where there are none. */
  observer?: CallObserver;
  handshakeTimeoutMs?: number;
  heartbeatIntervalMs?: number;
  pingTimeoutMs?: number;
  replyTimeoutMs?: number;
}

interface WaitingRequest {
  resolve(reply: unknown): void;
  reject(error: TransportError): void;
}

/** A message that is answered by one with the same id. */
export type SocketRequest = { id: string } & Record<string, unknown>;

/**
 * One connection that exchanges JSON texts (specification: WebSocketClient). It lives once: after it has closed, its
 * holder makes a new one. The server's pings are answered by ws itself.
 */
export class WebSocketClient {
  private socket: WebSocket | undefined;
  private readonly waiting = new Map<string, WaitingRequest>();
  private readonly life = new AbortController();
  private messageCallback: (message: unknown) => void = () => undefined;
  private errorCallback: (error: Error) => void = () => undefined;
  private closeCallback: (code: number, reason: string) => void = () => undefined;
  private endReason: string | undefined;

  constructor(private readonly options: WebSocketClientOptions) {}

  /** @throws TransportError when the host is refused or the handshake fails or takes too long */
  async connect(endpoint: string): Promise<void> {
    this.options.guard(endpoint);
    const socket = new WebSocket(endpoint, {
      handshakeTimeout: this.options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS,
      maxPayload: MESSAGE_BYTES_MAX,
      followRedirects: false,
      perMessageDeflate: false,
      rejectUnauthorized: true,
    });
    this.socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => {
        this.follow(socket); // here, not after the await: a first message may arrive before that resumes
        resolve();
      });
      socket.once('error', (error) => reject(connectFailure(endpoint, error)));
      socket.once('close', () => reject(connectFailure(endpoint, new Error('closed during the handshake'))));
    });
  }

  isOpen(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Closes in the protocol's way, or hard when the other side doesn't answer in time. */
  async disconnect(reason = 'closed by us'): Promise<void> {
    const { socket } = this;
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    this.endReason ??= reason;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.close(NORMAL_CLOSURE);
    const grace = new AbortController();
    const hard = this.options.clock.sleep(CLOSE_GRACE_MS, grace.signal).then(
      () => socket.terminate(),
      () => undefined,
    );
    await closed;
    grace.abort();
    await hard;
  }

  /** Ends the connection at once, without the closing handshake; onClose gives `reason`. */
  abandon(reason: string): void {
    this.endReason ??= reason;
    this.socket?.terminate();
  }

  /** @throws TransportError when the connection is not open */
  send(message: unknown): Promise<void> {
    const { socket } = this;
    if (socket === undefined || socket.readyState !== WebSocket.OPEN) {
      return Promise.reject(new TransportError('NOT_CONNECTED', 'no', 'The WebSocket is not open.'));
    }
    return new Promise((resolve, reject) => {
      socket.send(JSON.stringify(message), (error) => {
        if (error) reject(new TransportError('CONNECTION_LOST', 'maybe', error.message, { cause: error }));
        else resolve();
      });
    });
  }

  /**
   * Sends a message and resolves with the reply that carries the same `id`; such replies don't go to onMessage.
   * With a label it is a private request, which the observer is shown.
   * @throws TransportError when there is no reply in time
   */
  async request(message: SocketRequest, label?: CallLabel): Promise<unknown> {
    const end = this.observe(message, label);
    const startedAtMs = this.options.clock.now();
    const elapsedMs = (): number => this.options.clock.now() - startedAtMs;
    try {
      const reply = await this.exchange(message);
      end({ body: reply, latencyMs: elapsedMs() });
      return reply;
    } catch (error) {
      end({ error: error as TransportError, latencyMs: elapsedMs() });
      throw error;
    }
  }

  private observe(message: SocketRequest, label: CallLabel | undefined): (end: ObservedEnd) => void {
    const { observer } = this.options;
    if (label === undefined || observer === undefined) return () => undefined;
    return observer.begin({ ...label, sent: { endpoint: this.socket?.url ?? '', message } });
  }

  private async exchange(message: SocketRequest): Promise<unknown> {
    if (this.waiting.size >= REQUESTS_WAITING_MAX) {
      throw new TransportError('BUSY', 'no', `${this.waiting.size} requests wait for their reply already.`);
    }
    const answered = new AbortController();
    const reply = new Promise<unknown>((resolve, reject) => this.waiting.set(message.id, { resolve, reject }));
    const timeoutMs = this.options.replyTimeoutMs ?? REPLY_TIMEOUT_MS;
    const late = this.options.clock.sleep(timeoutMs, answered.signal).then(
      () => this.fail(message.id, new TransportError('TIMEOUT', 'maybe', `No reply within ${timeoutMs} ms.`)),
      () => undefined,
    );
    try {
      const [value] = await Promise.all([reply, this.send(message)]);
      return value;
    } finally {
      this.waiting.delete(message.id);
      answered.abort();
      await late;
    }
  }

  onMessage(callback: (message: unknown) => void): void {
    this.messageCallback = callback;
  }

  /** What is wrong with the connection or with one message; the connection goes on unless onClose follows. */
  onError(callback: (error: Error) => void): void {
    this.errorCallback = callback;
  }

  /** Called once, with the reason that ended the connection. */
  onClose(callback: (code: number, reason: string) => void): void {
    this.closeCallback = callback;
  }

  /** Resolves when the other side has answered a ping. @throws TransportError TIMEOUT when it doesn't in time */
  async sendHeartbeat(): Promise<void> {
    const { socket } = this;
    if (socket === undefined) throw new TransportError('NOT_CONNECTED', 'no', 'The WebSocket is not open.');
    const timeoutMs = this.options.pingTimeoutMs ?? PING_TIMEOUT_MS;
    const answered = new AbortController();
    const stop = (): void => answered.abort();
    const startedAtMs = this.options.clock.now();
    socket.once('pong', stop);
    this.life.signal.addEventListener('abort', stop, { once: true });
    socket.ping();
    const inTime = await this.options.clock.sleep(timeoutMs, answered.signal).then(
      () => false,
      () => true,
    );
    socket.off('pong', stop);
    this.life.signal.removeEventListener('abort', stop);
    if (!inTime) throw new TransportError('TIMEOUT', 'maybe', `No pong within ${timeoutMs} ms.`);
    if (!this.life.signal.aborted) this.options.observer?.answeredPing?.(this.options.clock.now() - startedAtMs);
  }

  private follow(socket: WebSocket): void {
    socket.on('message', (data, isBinary) => this.receive(data, isBinary));
    socket.on('error', (error) => this.errorCallback(error));
    socket.once('close', (code, reason) => this.finish(code, reason.toString('utf8')));
    void this.keepAlive();
  }

  private async keepAlive(): Promise<void> {
    const { clock, heartbeatIntervalMs = HEARTBEAT_INTERVAL_MS } = this.options;
    try {
      while (this.isOpen()) {
        await clock.sleep(heartbeatIntervalMs, this.life.signal);
        await this.sendHeartbeat();
      }
    } catch (error) {
      if (!this.life.signal.aborted) this.abandon(`heartbeat failed: ${(error as Error).message}`);
    }
  }

  private receive(data: RawData, isBinary: boolean): void {
    try {
      if (isBinary) throw new Error('a binary message, expected JSON text');
      this.route(JSON.parse(textOf(data)) as unknown);
    } catch (error) {
      this.options.observer?.failed?.();
      this.errorCallback(
        new TransportError('UNREADABLE', 'maybe', 'A message could not be read or handled.', { cause: error }),
      );
    }
  }

  private route(message: unknown): void {
    const id = typeof message === 'object' && message !== null && 'id' in message ? message.id : undefined;
    const request = typeof id === 'string' ? this.waiting.get(id) : undefined;
    if (request !== undefined) return request.resolve(message);
    this.options.observer?.heard?.();
    this.messageCallback(message);
  }

  private fail(id: string, error: TransportError): void {
    this.waiting.get(id)?.reject(error);
  }

  private finish(code: number, said: string): void {
    if (code === ABNORMAL_CLOSURE) this.options.observer?.failed?.();
    const abnormal = code === ABNORMAL_CLOSURE ? 'the connection broke' : 'closed by the other side';
    const reason = this.endReason ?? (said === '' ? abnormal : said);
    this.life.abort(new Error(reason));
    const error = new TransportError('CONNECTION_LOST', 'maybe', `The WebSocket closed (${code}): ${reason}.`);
    for (const id of this.waiting.keys()) this.fail(id, error);
    this.closeCallback(code, reason);
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return (Buffer.isBuffer(data) ? data : Buffer.from(data)).toString('utf8');
}

function connectFailure(endpoint: string, cause: Error): TransportError {
  const { host, pathname } = new URL(endpoint);
  const message = `No WebSocket connection to ${host}${pathname}: ${cause.message}.`;
  return new TransportError('NOT_CONNECTED', 'no', message, { cause });
}
