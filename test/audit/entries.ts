import type { ExchangeAuditLog } from '../../src/domain/audit';
import { systemRandom } from '../../src/platform/random';

/** Yesterday: what is older than its retention DynamoDB deletes, at any moment. */
export const AUDIT_DAY = new Date(Date.now() - 86_400_000).toISOString().slice(0, 'yyyy-mm-dd'.length);

/** An entry of a submitted order; `fields` override. */
export function anEntry(tenantId: string, fields: Partial<ExchangeAuditLog> = {}): ExchangeAuditLog {
  return {
    logId: systemRandom.uuid(),
    tenantId,
    exchangeId: 'BINANCE',
    operationType: 'ORDER_SUBMIT',
    requestPayload: { symbol: 'BTCUSDT' },
    responsePayload: { status: 200 },
    latencyMs: 10,
    success: true,
    timestamp: `${AUDIT_DAY}T12:00:00.000Z`,
    ...fields,
  };
}
