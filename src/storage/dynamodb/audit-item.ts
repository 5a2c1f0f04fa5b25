import type { AuditRecord } from '../audit-logs';
import { auditExchangeKey, auditKey } from './keys';
import type { Attributes } from './order-item';
import { AUDIT_SORT_KEY, TTL_ATTRIBUTE } from './tables';

const ITEM_VERSION = 1;
/** The specification's retention. */
export const AUDIT_KEPT_DAYS = 90;
const DAY_SECONDS = 86_400;

export function auditItemOf(record: AuditRecord): Attributes {
  const { tenantId, exchangeId, timestamp, logId } = record;
  return {
    itemVersion: ITEM_VERSION,
    ...auditKey(tenantId, timestamp, logId),
    ...(exchangeId !== undefined && { exchangeKey: auditExchangeKey(tenantId, exchangeId) }),
    ...record,
    [TTL_ATTRIBUTE]: expiryOf(timestamp, AUDIT_KEPT_DAYS),
  };
}

export function auditRecordOf(item: Attributes): AuditRecord {
  const { itemVersion: _1, exchangeKey: _2, [AUDIT_SORT_KEY]: _3, [TTL_ATTRIBUTE]: _4, ...record } = item;
  return record as unknown as AuditRecord;
}

/** So many days after an instant or a day, in seconds. */
export function expiryOf(instant: string, days: number): number {
  return Math.floor(Date.parse(instant) / 1_000) + days * DAY_SECONDS;
}
