import { Reconnection } from '../../connections/reconnection';
import type { ConnectionStatus } from '../../domain/connection';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { Random } from '../../platform/random';
import type { ConnectionWatch } from '../connection-observer';
import { TransportError } from '../transport-error';
import type { JsonSocket } from './json-socket';
import { isInTime } from './waits';
import type { WSOptions } from './ws-options';

export interface SocketKeeperParts {
  clock: Clock;
  random: Random;
  logger: Logger;
  settings: WSOptions;
  stableAfterMs: number | undefined;
  /** The age at which a socket is replaced, since the exchange cuts older ones. */
  lifetimeMs: number | undefined;
  watch: ConnectionWatch;
  /** Brings a socket that is logged in and subscribed. @throws whatever kept it from that */
  dial(): Promise<JsonSocket>;
  onOpen(): void;
  onClose(code: number, reason: string): void;
  onError(error: Error): void;
}

/** Of its lifetime a socket lives this share at least, drawn anew each time, so that not all are replaced at once. */
const LIFETIME_SHARE_MIN = 0.9;
const CLOSED_BY_US = 'closed by us';

/**
 * Keeps one socket open: a lost one is opened again in growing intervals, one that is about to end is replaced before
 * it goes. Every socket that is dialled is told of here when it closes (`lose`). It lives once.
 */
export class SocketKeeper {
  private readonly life = new AbortController();
  private readonly pace: Reconnection;
  private state: ConnectionStatus = 'DISCONNECTED';
  private current: JsonSocket | undefined;
  private isReplacing = false;

  constructor(private readonly parts: SocketKeeperParts) {
    this.pace = this.newPace();
  }

  get status(): ConnectionStatus {
    return this.state;
  }

  /** @throws TransportError NOT_CONNECTED when there is none */
  get socket(): JsonSocket {
    if (this.current?.isOpen() === true) return this.current;
    throw new TransportError('NOT_CONNECTED', 'no', 'The WebSocket is not open.');
  }

  isOpen(): boolean {
    return this.current?.isOpen() === true;
  }

  /** Resolves when it is open. @throws the first attempt's error, when it is not to be tried again */
  async start(): Promise<void> {
    this.enter('CONNECTING');
    try {
      await this.open();
    } catch (error) {
      if (!this.parts.settings.reconnect || this.life.signal.aborted) {
        this.enter('DISCONNECTED', messageOf(error));
        throw error;
      }
      this.meet(error);
      await this.reopen(messageOf(error));
    }
  }

  async stop(): Promise<void> {
    this.life.abort(new TransportError('NOT_CONNECTED', 'no', 'The connection was closed by us.'));
    await this.current?.disconnect(CLOSED_BY_US);
    this.enter('DISCONNECTED', CLOSED_BY_US);
  }

  /** To be told when any of the sockets has closed. */
  lose(socket: JsonSocket, code: number, reason: string): void {
    if (socket !== this.current) return; // one that was replaced, or never came so far
    this.current = undefined;
    const isOver = this.life.signal.aborted || !this.parts.settings.reconnect;
    if (isOver) this.enter('DISCONNECTED', reason);
    else this.reopen(reason).catch(() => undefined); // stopped meanwhile
    this.parts.onClose(code, reason);
  }

  /** Opens another socket and then ends the present one. As long as that one lives it is tried, in growing intervals. */
  async replace(reason: string): Promise<void> {
    const old = this.current;
    if (this.isReplacing || old === undefined) return;
    this.isReplacing = true;
    this.parts.logger.info({ reason }, 'A connection is replaced before it ends.');
    const pace = this.newPace();
    while (this.current === old && !old.ended.aborted) {
      try {
        await this.exchange(old, reason);
      } catch (error) {
        this.meet(error);
        await this.parts.clock.sleep(pace.failed().delayMs, old.ended).catch(() => undefined);
      }
    }
    this.isReplacing = false;
  }

  private async exchange(old: JsonSocket, reason: string): Promise<void> {
    const fresh = await this.dial();
    if (this.current === old) this.adopt(fresh);
    await (this.current === fresh ? old : fresh).disconnect(reason);
  }

  private async open(): Promise<void> {
    this.adopt(await this.dial());
    this.pace.opened();
    this.enter('CONNECTED');
    this.parts.onOpen();
  }

  private async dial(): Promise<JsonSocket> {
    this.life.signal.throwIfAborted();
    const socket = await this.parts.dial();
    if (!this.life.signal.aborted && socket.isOpen()) return socket;
    await socket.disconnect(CLOSED_BY_US);
    this.life.signal.throwIfAborted();
    const { message } = socket.ended.reason as Error;
    throw new TransportError('CONNECTION_LOST', 'maybe', `The WebSocket closed while it was opened: ${message}.`);
  }

  private adopt(socket: JsonSocket): void {
    const { lifetimeMs, random, clock } = this.parts;
    this.current = socket;
    if (lifetimeMs === undefined) return;
    const ageMs = lifetimeMs * (LIFETIME_SHARE_MIN + (1 - LIFETIME_SHARE_MIN) * random.fraction());
    void isInTime(clock, ageMs, socket.ended).then((hasEnded) => {
      if (!hasEnded) void this.replace(`it is ${Math.round(ageMs)} ms old`);
    });
  }

  /** @throws when it was stopped */
  private async reopen(lossReason: string): Promise<void> {
    const { clock, watch, logger } = this.parts;
    for (let reason = lossReason; ;) {
      const { delayMs, isExhausted, failures } = this.pace.failed();
      logger.warn({ reason, failures, delayMs }, 'A connection is not open.');
      if (isExhausted && this.state !== 'ERROR') watch.troubled('LOST', { failures, reason });
      this.enter(isExhausted ? 'ERROR' : 'RECONNECTING', reason);
      await clock.sleep(delayMs, this.life.signal);
      try {
        return await this.open();
      } catch (error) {
        this.life.signal.throwIfAborted();
        this.meet(error);
        reason = messageOf(error);
      }
    }
  }

  private meet(error: unknown): void {
    const met = error instanceof Error ? error : new Error(String(error));
    this.parts.watch.failed(met);
    this.parts.onError(met);
  }

  private enter(status: ConnectionStatus, reason?: string): void {
    if (status === this.state) return;
    this.state = status;
    this.parts.watch.entered(status, reason);
  }

  private newPace(): Reconnection {
    const { clock, random, settings, stableAfterMs } = this.parts;
    return new Reconnection({ clock, random }, settings.reconnectStrategy, stableAfterMs);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
