import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { verifyDay } from '../../src/audit/archive';
import { ABANDONED_AFTER_MS } from '../../src/audit/spool';
import type { ExchangeAuditLog } from '../../src/domain/audit';
import { systemClock } from '../../src/platform/clock';
import { KeptAlerts } from '../alerts/kept-alerts';
import { openAuditDesk, type AuditDesk } from '../audit/audit-desk';
import { anEntry, AUDIT_DAY } from '../audit/entries';
import { eventually } from '../stack/eventually';
import { TYPESCRIPT_ARGUMENTS } from '../stack/options';
import { testStack } from '../stack/stack';
import { freshTenant } from '../storage/stores';

const WRITER = join(__dirname, '..', 'audit', 'killed-writer.ts');
const ENTRIES = 60;

let desk: AuditDesk;
beforeAll(() => {
  desk = openAuditDesk(testStack());
});
afterAll(() => desk.close());

async function killedWriter(spoolDirectory: string, tenantId: string, ...owner: string[]): Promise<void> {
  const given = [spoolDirectory, tenantId, String(ENTRIES), ...owner];
  const child = fork(WRITER, given, { execArgv: [...TYPESCRIPT_ARGUMENTS] });
  expect(await once(child, 'message')).toContain('audited');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

it('what a killed process had audited is stored by the next one, and its unanswered call is told', async () => {
  const [spoolDirectory, tenantId] = [desk.spoolDirectory(), freshTenant()];
  await killedWriter(spoolDirectory, tenantId);
  const [file = ''] = readdirSync(spoolDirectory);
  appendFileSync(join(spoolDirectory, file), '{"record":{"logId":"cut o'); // as a power cut would leave it

  const next = desk.open({ spoolDirectory });
  next.start();
  await eventually(() => expect(readdirSync(spoolDirectory).filter((name) => name === file)).toEqual([]));
  await next.close();

  const entries = await allOf(tenantId);
  const written = Array.from({ length: ENTRIES }, (_, index) => `entry-${index + 1}`);
  expect(
    entries
      .filter(({ logId }) => logId.startsWith('entry-'))
      .map(({ logId }) => logId)
      .sort(),
  ).toEqual(written.sort());
  const unanswered = entries.filter(({ logId }) => !logId.startsWith('entry-'));
  expect(unanswered).toMatchObject([
    { operationType: 'ORDER_SUBMIT', orderId: 'order-1', success: false, errorCategory: 'EXCHANGE_ERROR' },
  ]);
  expect(JSON.stringify(entries)).not.toContain('the-secret-key');
  const [{ timestamp = '' } = {}] = unanswered;
  for (const day of [AUDIT_DAY, timestamp.slice(0, 10)]) {
    expect(await verifyDay(desk.store, tenantId, day)).toMatchObject({ faults: [], beyondHeads: 0 });
  }
  expect(readdirSync(spoolDirectory)).toEqual([]);
});

it('a second start after an unfinished first one stores nothing twice', async () => {
  const [spoolDirectory, tenantId] = [desk.spoolDirectory(), freshTenant()];
  await killedWriter(spoolDirectory, tenantId);
  const starts = [1, 2].map(() => desk.open({ spoolDirectory }));
  for (const trail of starts) trail.start();
  await eventually(async () => expect(await allOf(tenantId)).toHaveLength(ENTRIES + 1));
  for (const trail of starts) await trail.close();
  expect(await allOf(tenantId)).toHaveLength(ENTRIES + 1);
  expect(await verifyDay(desk.store, tenantId, AUDIT_DAY)).toMatchObject({
    records: ENTRIES,
    chains: 1,
    faults: [],
  });
});

it('what a container left is told of once it is old, and stored by the next one under its name', async () => {
  const [spoolDirectory, tenantId] = [desk.spoolDirectory(), freshTenant()];
  await killedWriter(spoolDirectory, tenantId, 'pod-0');
  const [file = ''] = readdirSync(spoolDirectory);
  const started = async (spoolOwner: string): Promise<object[]> => {
    const alerts = new KeptAlerts();
    const trail = desk.open({ spoolDirectory, spoolOwner, alerts });
    trail.start();
    await trail.close();
    return alerts.raised;
  };
  expect(await started('pod-1')).toEqual([]); // its process may be at work
  const anHourAgo = new Date(systemClock.now() - ABANDONED_AFTER_MS - 1_000);
  utimesSync(join(spoolDirectory, file), anHourAgo, anHourAgo);
  expect(await started('pod-1')).toMatchObject([
    { code: 'AUDIT_BEHIND', aspect: 'SPOOL', details: { reason: expect.stringContaining(file), spoolDirectory } },
  ]);
  expect(readdirSync(spoolDirectory)).toEqual([file]);
  expect(await started('pod-0')).toEqual([]);
  expect(readdirSync(spoolDirectory)).toEqual([]);
  expect(await allOf(tenantId)).toHaveLength(ENTRIES + 1);
});

it('the files of a process that runs are left to it', async () => {
  const [spoolDirectory, tenantId] = [desk.spoolDirectory(), freshTenant()];
  const child = fork(WRITER, [spoolDirectory, tenantId, '3'], { execArgv: [...TYPESCRIPT_ARGUMENTS] });
  await once(child, 'message');
  const before = readdirSync(spoolDirectory);
  const trail = desk.open({ spoolDirectory });
  trail.start();
  await trail.logOperation(anEntry(tenantId, { logId: 'mine' }));
  await trail.close();
  expect(readdirSync(spoolDirectory)).toEqual(before);
  expect((await allOf(tenantId)).map(({ logId }) => logId)).toEqual(['mine']);
  child.kill('SIGKILL');
  await once(child, 'exit');
});

async function allOf(tenantId: string): Promise<ExchangeAuditLog[]> {
  const reader = desk.open();
  const entries: ExchangeAuditLog[] = [];
  let cursor: string | undefined;
  do {
    const page = await reader.listAuditLogs(tenantId, {}, cursor);
    entries.push(...page.items);
    ({ cursor } = page);
  } while (cursor !== undefined);
  return entries;
}
