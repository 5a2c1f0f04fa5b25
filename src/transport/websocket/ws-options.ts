import type { ReconnectionStrategy } from '../../domain/connection';
import { DEFAULT_RECONNECTION } from '../../domain/connection';
import { HEARTBEAT_INTERVAL_MS, PING_TIMEOUT_MS } from './json-socket';

/** Specification: WSOptions. */
export interface WSOptions {
  /**
   * Whether the client opens a lost connection again by itself. False for those who have to read what was missed before
   * they go on: an attempt of theirs is made of more than a socket.
   */
  reconnect: boolean;
  reconnectStrategy: ReconnectionStrategy;
  heartbeatIntervalMs: number;
  /** Without an answer to a heartbeat for so long, the connection is unhealthy: it is ended, and so lost. */
  pingTimeoutMs: number;
}

export const WS_OPTIONS: WSOptions = {
  reconnect: true,
  reconnectStrategy: DEFAULT_RECONNECTION,
  heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
  pingTimeoutMs: PING_TIMEOUT_MS,
};
