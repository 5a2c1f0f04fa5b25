import { readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { AuditService } from '../../src/audit/audit-service';
import { AUDIT_PAGE_MAX, type ExchangeAuditLog } from '../../src/domain/audit';
import type { Clock } from '../../src/platform/clock';
import type { AuditLogStore } from '../../src/storage/audit-logs';
import { openAuditDesk, type AuditDesk } from '../audit/audit-desk';
import { anEntry, AUDIT_DAY } from '../audit/entries';
import { eventually } from '../stack/eventually';
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
  desk.alerts.raised.length = 0;
});

const at = (minute: number): string => `${AUDIT_DAY}T12:${String(minute).padStart(2, '0')}:00.000Z`;

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

it('a list that ends before it begins is refused, and names both ends', async () => {
  const [startTime, endTime] = [at(3), at(2)];
  const trail = desk.open();
  for (const filters of [
    { startTime, endTime },
    { startTime, endTime, exchangeId: 'BINANCE' as const },
  ]) {
    const refused = {
      code: 'INVALID_INPUT',
      faults: [{ field: 'endTime', message: expect.stringContaining(startTime) }],
    };
    await expect(trail.listAuditLogs(tenantId, filters)).rejects.toMatchObject(refused);
    await expect(trail.getAuditLogs(tenantId, filters)).rejects.toThrow(endTime);
  }
});

it('an entry far back, behind many that a filter drops, is found without a cursor', async () => {
  const others = Array.from({ length: 130 }, (_, nth) => anEntry(tenantId, { timestamp: at(1 + (nth % 59)) }));
  const wanted = anEntry(tenantId, { timestamp: at(0), success: false });
  const trail = await written([wanted, ...others]);
  const filters = { success: false, limit: 1 };
  expect(await trail.listAuditLogs(tenantId, filters)).toMatchObject({ items: [], cursor: expect.any(String) });
  expect(await trail.getAuditLogs(tenantId, filters)).toEqual([wanted]);
  expect(await trail.getAuditLogs(tenantId, { limit: 131 })).toHaveLength(131);
});

it('an entry of others is redacted in its error too, and by the account’s secrets, and its error is bounded', async () => {
  const trail = desk.open();
  trail.observe({ tenantId, exchangeId: 'BINANCE', secrets: ['account-secret'], failureOf: () => undefined });
  const errorDetails = `account-secret and field-secret: ${'x'.repeat(10_000)}`;
  await trail.logOperation(
    anEntry(tenantId, { requestPayload: { apiSecret: 'field-secret' }, success: false, errorDetails }),
  );
  await trail.close();
  const [entry] = await trail.getAuditLogs(tenantId);
  expect(JSON.stringify(entry)).not.toMatch(/account-secret|field-secret/);
  expect(entry?.errorDetails?.length).toBeLessThan(2_100);
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
  expect(await trail.getOperationStats(tenantId, 'BINANCE', '15m')).toMatchObject({
    totalOperations: 0,
    successRate: 1,
  });
  await expect(trail.getOperationStats(tenantId, 'BINANCE', 'lately')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

it('an entry that could have no place in the table is refused at once', async () => {
  const trail = desk.open();
  const nobody = trail.logOperation(anEntry('', { timestamp: 'yesterday', logId: '' }));
  await expect(nobody).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    faults: [{ field: 'tenantId' }, { field: 'logId' }, { field: 'timestamp' }],
  });
  trail.record({ tenantId: '', operationType: 'INTERVENTION', requestedBy: 'ann', request: {} }); // never throws
  await trail.close();
});

describe('a table that takes nothing', () => {
  const down: AuditLogStore = { append: () => Promise.reject(new Error('down')) } as unknown as AuditLogStore;

  it('holds up nobody: entries wait in the spool, and people are told when it lasts', async () => {
    const spoolDirectory = desk.spoolDirectory();
    const trail = desk.open({ spoolDirectory, store: down, clock: hastyClock() });
    await trail.logOperation(anEntry(tenantId));
    await eventually(() =>
      expect(desk.alerts.raised).toContainEqual(expect.objectContaining({ code: 'AUDIT_BEHIND', aspect: 'TABLE' })),
    );
    await trail.close();
    expect(readdirSync(spoolDirectory)).toHaveLength(1);
  });
});

describe('a spool that is full', () => {
  it('holds up nobody: what is lost is told, and the next entry that is kept says how many', async () => {
    const spoolDirectory = desk.spoolDirectory();
    const trail = desk.open({ spoolDirectory, spoolBytesMax: 300_000 });
    const requestPayload = 'x'.repeat(30_000);
    for (let nth = 1; nth <= 12; nth++) await trail.logOperation(anEntry(tenantId, { requestPayload }));
    expect(desk.alerts.raised).toMatchObject([
      { code: 'AUDIT_BEHIND', aspect: 'SPOOL' },
      { code: 'AUDIT_BEHIND', aspect: 'SPOOL' },
    ]);
    await eventually(() => expect(readdirSync(spoolDirectory)).toEqual([])); // all that was kept is in the table
    await trail.logOperation(anEntry(tenantId));
    await trail.close();
    const records = await collected(desk.store.recordsOf(tenantId, AUDIT_DAY));
    const places = records.map(({ sequence, lostBefore }) => ({ sequence, lostBefore }));
    expect(places.sort((a, b) => a.sequence - b.sequence)).toEqual([
      ...Array.from({ length: 10 }, (_, index) => ({ sequence: index + 1, lostBefore: 0 })),
      { sequence: 11, lostBefore: 2 },
    ]);
  });
});

/** Time that passes by waiting for it. */
function hastyClock(): Clock {
  let nowMs = 0;
  return {
    now: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
      await setImmediate();
    },
  };
}

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function keyOf({ timestamp, logId }: ExchangeAuditLog): string {
  return `${timestamp}#${logId}`;
}
