import type { ExchangeAuditLog } from '../../src/domain/audit';
import { systemRandom } from '../../src/platform/random';

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
    timestamp: '2026-01-31T12:00:00.000Z',
    ...fields,
  };
}
