import type { ExchangeId } from './exchange';

export const CONNECTION_TYPES = ['REST', 'WEBSOCKET', 'FIX'] as const;
export type ConnectionType = (typeof CONNECTION_TYPES)[number];

/**
 * RECONNECTING: it was lost, and its holder opens it again. ERROR: it could not be opened, or does not answer; it is still
 * tried, slowly.
 */
export const CONNECTION_STATUSES = ['CONNECTED', 'CONNECTING', 'DISCONNECTED', 'RECONNECTING', 'ERROR'] as const;
export type ConnectionStatus = (typeof CONNECTION_STATUSES)[number];

/** Whose connections, at which exchange. */
export interface AccountName {
  tenantId: string;
  exchangeId: ExchangeId;
}

/** One connection of an account (specification: Connection). It outlives its sockets: a lost stream that is opened again is the same one. */
export interface Connection extends AccountName {
  connectionId: string;
  type: ConnectionType;
  status: ConnectionStatus;
  endpoint: string;
  /** When it was opened last, or, for REST, answered first. */
  connectedAt?: string;
  lastActivityAt: string;
  /** Failures to open it since it was open last. */
  reconnectAttempts: number;
  metrics: ConnectionMetrics;
}

/**
 * How a connection does (specification: ConnectionMetrics). Latencies and error rate are of the last METER_WINDOW_MS,
 * 0 where nothing was measured; the other figures are of its whole life.
 */
export interface ConnectionMetrics {
  /** Time for which it was open. */
  uptimeMs: number;
  /** Mean of REST calls that were answered, or of a socket's pings and requests. */
  latencyMs: number;
  latencyP95Ms: number;
  /** Failures ÷ (answers + failures), 0 to 1: no reply or a 5xx; a socket that broke or a message that is unreadable. */
  errorRate: number;
  messagesReceived: number;
  messagesSent: number;
  reconnectionCount: number;
  /** Absent where nothing was answered or heard yet. */
  lastAnswerAt?: string;
  lastErrorAt?: string;
  lastError?: string;
}

/** The connections that this process has to one account (specification: ConnectionPool). */
export interface ConnectionPool extends AccountName {
  connections: Connection[];
  maxConnections: number;
  /** Those that are open. */
  activeConnections: number;
  healthyConnections: number;
}

export interface ConnectionHealthReport {
  exchangeId: ExchangeId;
  overallHealth: 'HEALTHY' | 'DEGRADED' | 'UNHEALTHY';
  connections: ConnectionHealthDetail[];
  /** One for each cause: what is wrong, and what to do about it. */
  recommendations: string[];
  timestamp: string;
}

export interface ConnectionHealthDetail {
  connectionId: string;
  type: ConnectionType;
  status: ConnectionStatus;
  latencyMs: number;
  errorRate: number;
  healthy: boolean;
}

export interface ShutdownResult {
  connectionsClosedCount: number;
  pendingRequestsCompleted: number;
  /** Given up at the time limit; an order call among them is looked up by whoever goes on with the order. */
  pendingRequestsCancelled: number;
  shutdownTimeMs: number;
}

/** How a connection is poor: what was measured (ms, or a share of 0 to 1), and the threshold that it exceeds. */
export interface Shortfall {
  cause: 'LATENCY' | 'ERRORS';
  measured: number;
  threshold: number;
}

/** A connection, with how it falls short of what its tenant wants. */
export interface JudgedConnection extends Connection {
  /** Absent where it is as good as it should be. */
  shortfalls?: Shortfall[];
  /** Who has it (`pid@host`); absent where it is this process. */
  process?: string;
}

/** A connection as the process that has it tells the others. */
export interface ReportedConnection extends JudgedConnection {
  process: string;
  reportedAt: string;
}

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
