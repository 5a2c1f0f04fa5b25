import type { AuditRecord } from '../audit-logs';
import { auditExchangeKey, auditKey } from './keys';
import { type Attributes, ItemForm } from './item-form';
import { AUDIT_KEPT_DAYS, AUDIT_SORT_KEY, TTL_ATTRIBUTE } from './tables';

export const AUDIT_FORM = new ItemForm();

const DAY_SECONDS = 86_400;

export function auditItemOf(record: AuditRecord): Attributes {
  const { tenantId, exchangeId, timestamp, logId } = record;
  return {
    itemVersion: AUDIT_FORM.version,
    ...auditKey(tenantId, timestamp, logId),
    ...(exchangeId !== undefined && { exchangeKey: auditExchangeKey(tenantId, exchangeId) }),
    ...record,
    [TTL_ATTRIBUTE]: expiryOf(timestamp, AUDIT_KEPT_DAYS),
  };
}

export function auditRecordOf(item: Attributes): AuditRecord {
  const current = AUDIT_FORM.upgraded(item);
  const { itemVersion: _1, exchangeKey: _2, [AUDIT_SORT_KEY]: _3, [TTL_ATTRIBUTE]: _4, ...record } = current;
  return record as unknown as AuditRecord;
}

/** So many days after an instant or a day, in seconds. */
export function expiryOf(instant: string, days: number): number {
  return Math.floor(Date.parse(instant) / 1_000) + days * DAY_SECONDS;
}
