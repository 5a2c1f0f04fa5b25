export const CONNECTION_TYPES = ['REST', 'WEBSOCKET', 'FIX'] as const;
export type ConnectionType = (typeof CONNECTION_TYPES)[number];

/** ERROR: it could not be opened for so long that somebody was told; it is still tried, slowly. */
export const CONNECTION_STATUSES = ['CONNECTED', 'CONNECTING', 'DISCONNECTED', 'RECONNECTING', 'ERROR'] as const;
export type ConnectionStatus = (typeof CONNECTION_STATUSES)[number];

/** How a lost connection is opened again (specification: ReconnectionStrategy). */
export interface ReconnectionStrategy {
  initialDelayMs: number;
  maxDelayMs: number;
  multiplier: number;
  /** Failures in a row after which the connection is in ERROR: somebody is told, and it is tried every maxDelayMs only. */
  maxAttempts: number;
  /** A delay is off by at most this share in either direction, so that connections don't return all at once. */
  jitterPercent: number;
}

export const DEFAULT_RECONNECTION: ReconnectionStrategy = {
  initialDelayMs: 1_000,
  maxDelayMs: 60_000,
  multiplier: 2,
  maxAttempts: 8,
  jitterPercent: 20,
};
