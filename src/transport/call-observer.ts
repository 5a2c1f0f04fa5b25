import type { CallOperation } from '../domain/audit';
import type { ConnectionObserver } from './connection-observer';
import type { TransportError } from './transport-error';

/** What a private call is called in the audit trail. */
export interface CallLabel {
  operation: CallOperation;
  /** The order it is about, where the caller knows it. */
  orderId?: string;
}

/** A private call that is about to go out, with everything that goes on the wire: secrets and signatures too. */
export interface ObservedCall extends CallLabel {
  sent:
    | { method: string; url: string; headers: Record<string, string>; body?: string }
    | { endpoint: string; message: unknown };
}

/** How it ended: with a reply of any kind, its body as it came (text, or a socket's message), or without one. */
export type ObservedEnd = { latencyMs: number } & (ObservedReply | { error: TransportError });

export interface ObservedReply {
  /** Of HTTP. */
  status?: number;
  body: unknown;
}

/**
 * Is shown every private call of one account, before its first byte and at its end, and may watch its connections.
 * Nothing of it may throw or wait.
 */
export interface CallObserver extends Partial<ConnectionObserver> {
  begin(call: ObservedCall): (end: ObservedEnd) => void;
  /** Takes the account's secrets, and what looks like one, out of a raw message that is to be logged. */
  redact?(text: string): string;
}
