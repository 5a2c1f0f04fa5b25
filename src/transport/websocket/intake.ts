import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { ConnectionWatch } from '../connection-observer';
import { TransportError } from '../transport-error';
import { Inbox } from './inbox';
import type { JsonSocket, JsonSocketEvents } from './json-socket';
import { Sequences } from './sequences';
import type { SocketProtocol } from './socket-protocol';
import { UnreadableMessage } from './socket-protocol';
import { isInTime } from './waits';

/** How long messages may wait, unread, for those who handle them. */
export const STALLED_MS_MAX = 30_000;
/** So many unreadable messages are logged, and after them each so many-th. */
export const UNREADABLE_LOGGED_MAX = 100;
const LOGGED_LENGTH_MAX = 2_000;
/** Of a longer one only the beginning is searched for secrets, and shown. */
const SEARCHED_LENGTH_MAX = 64 * 1024;

export interface IntakeParts {
  protocol: SocketProtocol;
  clock: Clock;
  logger: Logger;
  stalledMsMax: number;
  watch(): ConnectionWatch;
  /** Takes secrets out of a raw message. */
  redact(text: string): string;
  handle(message: unknown): void | Promise<void>;
  onError(error: Error): void;
  onEndNotice(): void;
}

/** What comes in on a client's sockets, on its way to those who handle it: numbered, in order, and never without limit. */
export class Intake {
  private readonly inbox: Inbox;
  private readonly sockets = new Set<JsonSocket>();
  private room = new AbortController();
  private unreadable = 0;

  constructor(private readonly parts: IntakeParts) {
    this.inbox = new Inbox({
      handle: (message) => parts.handle(message),
      onFull: () => void this.stall(),
      onRoom: () => this.goOn(),
      onFailure: (error, text) => this.meetFailure(error, text),
    });
  }

  /** The events of one more socket; `onClose` comes after what it brought has been handed on. */
  follow(onClose: JsonSocketEvents['onClose']): JsonSocketEvents {
    const sequences = new Sequences();
    return {
      onMessage: (socket, message, text) => {
        this.sockets.add(socket);
        this.inbox.push(message, text);
        if (this.inbox.isFull) socket.pause();
        this.checkSequence(socket, sequences, message);
        if (this.parts.protocol.isEndNotice?.(message) === true) this.parts.onEndNotice();
      },
      onUnreadable: (text, problem) => this.noteUnreadable(text, problem),
      onClose: (socket, code, reason) => {
        this.sockets.delete(socket);
        onClose(socket, code, reason);
      },
    };
  }

  private checkSequence(socket: JsonSocket, sequences: Sequences, message: unknown): void {
    const number = this.parts.protocol.sequenceOf?.(message);
    const gap = number && sequences.gapBefore(number);
    if (gap === undefined) return;
    this.parts.watch().troubled('SEQUENCE_GAP', gap);
    socket.abandon(`messages ${gap.expected} to ${gap.received - 1} of ${gap.stream} are missing`);
  }

  /** Whoever handles the messages is behind: whatever side delivers more has to wait, for a while. */
  private async stall(): Promise<void> {
    const { clock, stalledMsMax } = this.parts;
    this.room = new AbortController();
    if (await isInTime(clock, stalledMsMax, this.room.signal)) return;
    this.parts.watch().troubled('OVERFLOW', { stalledMs: stalledMsMax });
    this.abandonAll(`messages have waited to be handled for ${stalledMsMax} ms`);
  }

  private goOn(): void {
    this.room.abort();
    for (const socket of this.sockets) socket.resume();
  }

  /** A message that could not be handled is lost, so its connection counts as lost. */
  private meetFailure(error: unknown, text: string): void {
    if (error instanceof UnreadableMessage) return this.noteUnreadable(text, error.message);
    const problem = error instanceof Error ? error.message : String(error);
    this.parts.onError(error instanceof Error ? error : new Error(problem));
    this.abandonAll(`a message could not be handled: ${problem}`);
  }

  private abandonAll(reason: string): void {
    for (const socket of this.sockets) socket.abandon(reason);
  }

  private noteUnreadable(text: string, problem: string): void {
    const { logger, redact, watch, onError } = this.parts;
    this.unreadable += 1;
    const count = this.unreadable;
    const raw = redact(text.slice(0, SEARCHED_LENGTH_MAX)).slice(0, LOGGED_LENGTH_MAX);
    if (count <= UNREADABLE_LOGGED_MAX || count % UNREADABLE_LOGGED_MAX === 0) {
      logger.warn({ raw, problem, count }, 'A message could not be read, and was skipped.');
    }
    const error = new TransportError('UNREADABLE', 'maybe', `A message could not be read: ${problem}.`);
    watch().failed(error);
    watch().troubled('UNREADABLE_MESSAGE', { raw, problem, count });
    onError(error);
  }
}
