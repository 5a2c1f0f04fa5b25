/** What went wrong below the exchange's protocol. */
export type TransportFault =
  | 'HOST_REFUSED'
  | 'SEND_BY_PASSED'
  | 'BUSY'
  | 'NOT_CONNECTED'
  | 'TIMEOUT'
  | 'CONNECTION_LOST'
  | 'TOO_LARGE'
  | 'UNREADABLE';

/** What a reply that could not be read said of itself. */
export interface UnreadReply {
  status: number;
  headers: Record<string, string>;
}

/**
 * Thrown by the transports, and by nothing else. `sent` decides what may happen next: after 'no' the call provably did
 * not reach the exchange and may be made again; after 'maybe' it may have taken effect.
 * Messages name method, host and path, never the query: it carries signatures.
 */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly reply?: UnreadReply;

  constructor(
    readonly fault: TransportFault,
    readonly sent: 'no' | 'maybe',
    message: string,
    options: ErrorOptions & { reply?: UnreadReply } = {},
  ) {
    super(message, options);
    if (options.reply !== undefined) this.reply = options.reply;
  }
}
