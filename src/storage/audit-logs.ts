import type { AuditFilters, AuditOperation, ExchangeAuditLog } from '../domain/audit';
import type { ErrorCategory } from '../domain/errors';
import type { ExchangeId } from '../domain/exchange';
import type { Page } from './orders';

/** Where a record stands in its chain. Hashes are SHA-256, hex. */
export interface ChainLink {
  /** One process's records of one tenant and day. */
  chainId: string;
  /** From 1, without gaps. */
  sequence: number;
  previousHash: string;
  hash: string;
  /** Records that this process could not keep since the one before (its spool was full or broken). */
  lostBefore: number;
}

/** An entry as it is kept: its payloads are JSON texts. */
export interface AuditRecord extends Omit<ExchangeAuditLog, 'requestPayload' | 'responsePayload'>, ChainLink {
  requestPayload: string;
  responsePayload: string;
}

/** The newest record of a chain that is known to be stored. */
export interface ChainHead {
  chainId: string;
  /** When it was opened among the day's chains, from 1. */
  number: number;
  /** 0: opened, nothing stored yet. */
  sequence: number;
  hash: string;
}

/** All chains of a tenant's day: how many were opened, and a hash over their ids in that order. */
export interface DayManifest {
  tenantId: string;
  /** UTC, like 2026-01-31. */
  day: string;
  chains: number;
  hash: string;
}

/** What statistics are made of: one private call. */
export interface CallFigures {
  operationType: AuditOperation;
  latencyMs: number;
  success: boolean;
  errorCategory?: ErrorCategory;
}

/** The ExchangeAuditLogs table. */
export interface AuditLogStore {
  /** Stores records and moves their chains' heads. Safe to repeat: a record has its place, and always the same content. */
  append(records: readonly AuditRecord[]): Promise<void>;
  /** Newest first. @throws ServiceError INVALID_INPUT */
  list(tenantId: string, filters: AuditFilters, cursor?: string): Promise<Page<AuditRecord>>;
  /** Calls of one exchange between two instants (ISO, inclusive), from the index alone. */
  figures(tenantId: string, exchangeId: ExchangeId, startTime: string, endTime: string): AsyncIterable<CallFigures>;
  /** Undefined when nothing was ever recorded on that day. */
  manifest(tenantId: string, day: string): Promise<DayManifest | undefined>;
  heads(tenantId: string, day: string): Promise<ChainHead[]>;
  /** All records of a day, oldest first. Strongly consistent. */
  recordsOf(tenantId: string, day: string): AsyncIterable<AuditRecord>;
}
