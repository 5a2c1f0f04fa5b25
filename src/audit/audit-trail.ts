import type { HumanOperation } from '../domain/audit';
import type { ErrorCategory } from '../domain/errors';
import type { ExchangeId } from '../domain/exchange';

/** Something that a person did, or the service on a person's orders. */
export interface RecordedAct {
  tenantId: string;
  operationType: HumanOperation;
  /** A person, or `service`. */
  requestedBy: string;
  exchangeId?: ExchangeId;
  orderId?: string;
  /** What was asked for, as plain data. */
  request: unknown;
  /** What came of it. */
  result?: unknown;
  /** Present when it failed. */
  error?: { category: ErrorCategory; message: string };
}

/** A raw FIX message as it passed (property 15). */
export interface FixMessageRecord {
  tenantId: string;
  exchangeId: ExchangeId;
  direction: 'SENT' | 'RECEIVED';
  /** With its SOH delimiters. Values of secret tags (Password, RawData …) are redacted, all else is kept as it is. */
  raw: string;
  /** When it passed, ms since the epoch. */
  atMs: number;
  orderId?: string;
}

/**
 * Where others write to the audit trail. Both calls return when the entry is in this machine's spool; they take
 * microseconds, never throw and never wait for a network.
 */
export interface AuditTrail {
  record(act: RecordedAct): void;
  logFixMessage(message: FixMessageRecord): void;
}
