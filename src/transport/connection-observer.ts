import type { ConnectionStatus, ConnectionType } from '../domain/connection';

/** One connection of an account, or of public data. An exchange may need several, each with its own purpose. */
export interface ConnectionName {
  type: ConnectionType;
  /** CALLS: requests and replies. ACCOUNT: the account's private events. MARKET: public prices. */
  purpose: 'CALLS' | 'ACCOUNT' | 'MARKET';
  endpoint: string;
}

export const TROUBLES = [
  /** Not open after maxAttempts: from now on it is only probed. */
  'LOST',
  /** The exchange refuses a subscription again and again. */
  'SUBSCRIPTION_FAILED',
  /** Messages are missing between two that came. */
  'SEQUENCE_GAP',
  /** A message that can't be read; it was skipped. */
  'UNREADABLE_MESSAGE',
  /** Messages come faster than they are dealt with, for longer than they can be kept. */
  'OVERFLOW',
  /** The exchange's clock and ours are further apart than requests may be. */
  'CLOCK_SKEW',
] as const;
export type Trouble = (typeof TROUBLES)[number];

/**
 * Is told what one connection meets, from its first attempt to its last, over all reconnections. Nothing of it may throw or wait, and `sent` and `received` are called for every message.
 */
export interface ConnectionWatch {
  /** CONNECTED after an earlier CONNECTED is a reconnection. */
  entered(status: ConnectionStatus, reason?: string): void;
  sent(): void;
  /** A message came that answers no request. */
  received(): void;
  /** A ping or a request was answered. */
  answered(latencyMs: number): void;
  /** The connection broke or could not be opened, a call got no reply or a 5xx, a message could not be read. */
  failed(error: Error): void;
  /** What somebody should know. `details` are JSON without secrets. */
  troubled(trouble: Trouble, details: object): void;
}

/** Gives every connection its watch. The same name again is the same connection, which somebody opens anew. */
export interface ConnectionObserver {
  watch(connection: ConnectionName): ConnectionWatch;
}

export const UNWATCHED: ConnectionWatch = {
  entered() {},
  sent() {},
  received() {},
  answered() {},
  failed() {},
  troubled() {},
};

/** One watch that tells several. */
export function watchedBy(watches: readonly ConnectionWatch[]): ConnectionWatch {
  const [only] = watches;
  if (only === undefined) return UNWATCHED;
  if (watches.length === 1) return only;
  return {
    entered: (status, reason) => watches.forEach((watch) => watch.entered(status, reason)),
    sent: () => watches.forEach((watch) => watch.sent()),
    received: () => watches.forEach((watch) => watch.received()),
    answered: (latencyMs) => watches.forEach((watch) => watch.answered(latencyMs)),
    failed: (error) => watches.forEach((watch) => watch.failed(error)),
    troubled: (trouble, details) => watches.forEach((watch) => watch.troubled(trouble, details)),
  };
}
