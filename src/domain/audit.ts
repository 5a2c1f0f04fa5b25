import type { ErrorCategory } from './errors';
import type { ExchangeId } from './exchange';

/** The private calls of an exchange. STREAM_LOGIN is ours: the signed request that opens an account's stream. */
export const CALL_OPERATIONS = [
  'ORDER_SUBMIT',
  'ORDER_CANCEL',
  'ORDER_MODIFY',
  'ORDER_QUERY',
  'BALANCE_QUERY',
  'POSITION_QUERY',
  'STREAM_LOGIN',
] as const;
export type CallOperation = (typeof CALL_OPERATIONS)[number];

/** What people do to orders and to the service itself. */
export const HUMAN_OPERATIONS = ['INTERVENTION', 'CONFIG_CHANGE', 'KILL_SWITCH'] as const;
export type HumanOperation = (typeof HUMAN_OPERATIONS)[number];

export const AUDIT_OPERATIONS = [...CALL_OPERATIONS, ...HUMAN_OPERATIONS, 'FIX_MESSAGE'] as const;
export type AuditOperation = (typeof AUDIT_OPERATIONS)[number];

/** One entry of the audit trail (specification: ExchangeAuditLog). Secrets and signatures are redacted in all of it. */
export interface ExchangeAuditLog {
  logId: string;
  tenantId: string;
  /** Absent only where an act concerns no one exchange. */
  exchangeId?: ExchangeId;
  operationType: AuditOperation;
  orderId?: string;
  requestPayload: unknown;
  /** Null where no reply came. */
  responsePayload: unknown;
  latencyMs: number;
  success: boolean;
  errorDetails?: string;
  errorCategory?: ErrorCategory;
  /** When it began: when the call was sent, the message passed, the person acted. */
  timestamp: string;
}

/** Specification: AuditFilters. Instants are ISO, both inclusive, on `timestamp`. */
export interface AuditFilters {
  exchangeId?: ExchangeId;
  operationType?: AuditOperation;
  success?: boolean;
  orderId?: string;
  startTime?: string;
  endTime?: string;
  /** Page size; AUDIT_PAGE_MAX at most, which is also the default. */
  limit?: number;
}

export const AUDIT_PAGE_MAX = 100;

/** The private calls of one exchange over a period (specification: OperationStats). */
export interface OperationStats {
  totalOperations: number;
  /** From 0 to 1; 1 when there were none. */
  successRate: number;
  averageLatencyMs: number;
  /** The latency that 95 of 100 calls did not exceed (nearest rank). */
  p95LatencyMs: number;
  errorsByCategory: Record<ErrorCategory, number>;
}
