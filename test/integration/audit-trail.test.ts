import { readdirSync } from 'node:fs';
import type { AuditService } from '../../src/audit/audit-service';
import { AUDIT_PAGE_MAX, type ExchangeAuditLog } from '../../src/domain/audit';
import type { AuditLogStore } from '../../src/storage/audit-logs';
import { openAuditDesk, type AuditDesk } from '../audit/audit-desk';
import { anEntry } from '../audit/entries';
import { testStack } from '../stack/stack';
import { freshTenant } from '../storage/stores';

let desk: AuditDesk;
let tenantId: string;
beforeAll(() => {
  desk = openAuditDesk(testStack());
});
afterAll(() => desk.close());
beforeEach(() => {
  tenantId = freshTenant();
  desk.troubles.length = 0;
});

const at = (minute: number): string => `2026-01-31T12:${String(minute).padStart(2, '0')}:00.000Z`;

/** Writes the entries through a trail of its own, until all are in the table. */
async function written(entries: readonly ExchangeAuditLog[]): Promise<AuditService> {
  const trail = desk.open();
  for (const entry of entries) await trail.logOperation(entry);
  await trail.close();
  return trail;
}

describe('the list of entries', () => {
  it('is newest first, complete over all pages, with payloads as they were', async () => {
    const entries = Array.from({ length: AUDIT_PAGE_MAX + 7 }, (_, minute) =>
      anEntry(tenantId, { timestamp: at(minute % 60), requestPayload: { deep: [{ minute }] } }),
    );
    const trail = await written(entries);
    const first = await trail.listAuditLogs(tenantId, {});
    const second = await trail.listAuditLogs(tenantId, {}, first.cursor);
    expect(first.items).toHaveLength(AUDIT_PAGE_MAX);
    expect(second.cursor).toBeUndefined();
    const newestFirst = [...entries].sort((a, b) => (keyOf(a) < keyOf(b) ? 1 : -1));
    expect([...first.items, ...second.items]).toEqual(newestFirst);
  });

  it('takes every filter, alone and together, with and without an exchange', async () => {
    const trail = await written([
      anEntry(tenantId, { logId: 'a', timestamp: at(1) }),
      anEntry(tenantId, { logId: 'b', timestamp: at(2), operationType: 'ORDER_CANCEL', orderId: 'o-1' }),
      anEntry(tenantId, { logId: 'c', timestamp: at(3), success: false, exchangeId: 'KRAKEN' }),
      anEntry(tenantId, { logId: 'd', timestamp: at(4), success: false, orderId: 'o-1' }),
    ]);
    const ids = async (filters: Parameters<AuditService['getAuditLogs']>[1]): Promise<string> =>
      (await trail.getAuditLogs(tenantId, filters)).map(({ logId }) => logId).join('');
    expect(await ids({})).toBe('dcba');
    expect(await ids({ exchangeId: 'BINANCE' })).toBe('dba');
    expect(await ids({ success: false })).toBe('dc');
    expect(await ids({ operationType: 'ORDER_CANCEL' })).toBe('b');
    expect(await ids({ orderId: 'o-1' })).toBe('db');
    expect(await ids({ startTime: at(2), endTime: at(3) })).toBe('cb');
    expect(await ids({ exchangeId: 'BINANCE', success: true, startTime: at(2) })).toBe('b');
    expect(await ids({ limit: 1 })).toBe('d');
    expect(await ids({ exchangeId: 'OKX' })).toBe('');
    expect(await trail.getAuditLogs(freshTenant())).toEqual([]);
  });
});

it('statistics count calls and their errors by category, with the exact p95', async () => {
  const calls = Array.from({ length: 100 }, (_, index) =>
    anEntry(tenantId, {
      timestamp: at(5),
      latencyMs: index + 1,
      ...(index < 3 && { success: false, errorCategory: 'RATE_LIMITED' }),
    }),
  );
  const others = [
    anEntry(tenantId, { operationType: 'CONFIG_CHANGE', timestamp: at(5), latencyMs: 0 }),
    anEntry(tenantId, { timestamp: at(50), latencyMs: 90_000 }),
  ];
  const trail = await written([...calls, ...others]);
  expect(await trail.getOperationStats(tenantId, 'BINANCE', `${at(0)}/${at(9)}`)).toEqual({
    totalOperations: 100,
    successRate: 0.97,
    averageLatencyMs: 50.5,
    p95LatencyMs: 95,
    errorsByCategory: { RETRYABLE: 0, RATE_LIMITED: 3, INVALID_REQUEST: 0, EXCHANGE_ERROR: 0, FATAL: 0 },
  });
  expect(await trail.getOperationStats(tenantId, 'BINANCE', '15m')).toMatchObject({ totalOperations: 0, successRate: 1 });
  await expect(trail.getOperationStats(tenantId, 'BINANCE', 'lately')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

describe('a table that takes nothing', () => {
  it('holds up nobody: entries wait in the spool, and are stored by the next process', async () => {
    const spoolDirectory = desk.spoolDirectory();
    const broken: AuditLogStore = Object.assign(Object.create(desk.store) as AuditLogStore, {
      append: () => Promise.reject(new Error('down')),
    });
    const trail = desk.open({ spoolDirectory, store: broken, clock: impatient });
    await trail.logOperation(anEntry(tenantId));
    await trail.close();
    expect(readdirSync(spoolDirectory)).toHaveLength(1);
    expect(await trail.getAuditLogs(tenantId)).toEqual([]);
  });
});

/** Sleeps shortly, whatever is asked for. */
const impatient = {
  now: () => Date.now(),
  sleep: (_: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      setTimeout(() => (signal?.aborted ? reject(new Error('aborted')) : resolve()), 1);
    }),
};

function keyOf({ timestamp, logId }: ExchangeAuditLog): string {
  return `${timestamp}#${logId}`;
}
