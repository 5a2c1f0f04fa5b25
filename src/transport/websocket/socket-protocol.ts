import type { Heartbeat, JsonSocket } from './json-socket';

/** What a login or a subscription may do on the connection that it is for. */
export type SocketCalls = Pick<JsonSocket, 'send' | 'request'>;

/** An exchange's words on one of its sockets. Whatever of it throws makes the attempt that it is part of fail. */
export interface SocketProtocol {
  /**
   * Before each socket is dialled: a turn of the rate limit, the exchange's time.
   * @returns what is to be done once the socket is open or has failed
   */
  prepare?(): Promise<() => void>;
  /** Right after each handshake, before any subscription. Messages that come meanwhile are handled already. */
  login?(socket: SocketCalls): Promise<void>;
  /** One message, and its answer. */
  subscribe?(socket: SocketCalls, channels: readonly string[]): Promise<void>;
  unsubscribe?(socket: SocketCalls, channels: readonly string[]): Promise<void>;
  /** The pause between two messages that change subscriptions, ms. */
  changesPauseMs?: number;
  /** Whose callbacks a message goes to; undefined: those of onMessage. */
  channelOf?(message: unknown): string | undefined;
  /** For messages that are numbered without gaps: in which stream, and as which. */
  sequenceOf?(message: unknown): { stream: string; sequence: number } | undefined;
  /** The other side says that it will end this connection. */
  isEndNotice?(message: unknown): boolean;
  heartbeat?: Heartbeat;
}

/** Thrown by who handles messages for one that can't be read: it is logged, counted and skipped. */
export class UnreadableMessage extends Error {
  override readonly name = 'UnreadableMessage';
}
