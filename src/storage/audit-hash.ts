import { createHash } from 'node:crypto';
import type { AuditRecord } from './audit-logs';

/** What a chain's first record links to: it binds the chain to its tenant and day. */
export function genesisHash(tenantId: string, day: string, chainId: string): string {
  return sha256(['chain', tenantId, day, chainId]);
}

/** Over every field of a record but the hash itself, in a fixed order, so that it does not depend on how it is stored. */
export function recordHash(record: Omit<AuditRecord, 'hash'>): string {
  return sha256([
    record.logId,
    record.tenantId,
    record.exchangeId ?? null,
    record.operationType,
    record.orderId ?? null,
    record.requestPayload,
    record.responsePayload,
    record.latencyMs,
    record.success,
    record.errorDetails ?? null,
    record.errorCategory ?? null,
    record.timestamp,
    record.chainId,
    record.sequence,
    record.previousHash,
    record.lostBefore,
  ]);
}

/** The manifest's hash before any chain was opened. */
export function emptyDayHash(tenantId: string, day: string): string {
  return sha256(['day', tenantId, day]);
}

/** The manifest's hash after one more chain was opened. */
export function dayHashWith(before: string, chainId: string): string {
  return sha256([before, chainId]);
}

/** The UTC day of a record's timestamp. */
export function dayOf(timestamp: string): string {
  return timestamp.slice(0, 'yyyy-mm-dd'.length);
}

function sha256(fields: readonly (string | number | boolean | null)[]): string {
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}
