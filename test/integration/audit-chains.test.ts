import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { archiveDay, verifyArchive, verifyDay } from '../../src/audit/archive';
import { systemClock } from '../../src/platform/clock';
import { recordHash } from '../../src/storage/audit-hash';
import type { AuditRecord } from '../../src/storage/audit-logs';
import { auditItemOf } from '../../src/storage/dynamodb/audit-item';
import { auditChainKey, auditDayKey, auditKey } from '../../src/storage/dynamodb/keys';
import { openAuditDesk, type AuditDesk } from '../audit/audit-desk';
import { anEntry, AUDIT_DAY } from '../audit/entries';
import { testStack } from '../stack/stack';
import { freshTenant } from '../storage/stores';

const WRITERS = 3;
const ENTRIES = 12;

let desk: AuditDesk;
let tenantId: string;
let records: AuditRecord[];
let directory: string;
beforeAll(() => {
  desk = openAuditDesk(testStack());
});
afterAll(() => desk.close());

/** A day that several processes wrote at once, in times that are not the order of their chains. */
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'audit-archive-'));
  tenantId = freshTenant();
  const trails = Array.from({ length: WRITERS }, () => desk.open());
  for (let nth = 0; nth < ENTRIES; nth++) {
    const second = String((nth * 7) % ENTRIES).padStart(2, '0');
    const entry = anEntry(tenantId, { timestamp: `${AUDIT_DAY}T12:00:${second}.000Z` });
    await trails[nth % WRITERS]?.logOperation(entry);
  }
  await Promise.all(trails.map((trail) => trail.close()));
  records = [];
  for await (const record of desk.store.recordsOf(tenantId, AUDIT_DAY)) records.push(record);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const verified = (): ReturnType<typeof verifyDay> => verifyDay(desk.store, tenantId, AUDIT_DAY);
const keyOf = ({ timestamp, logId }: AuditRecord): Record<string, string> => auditKey(tenantId, timestamp, logId);
const put = (record: AuditRecord): Promise<unknown> =>
  desk.client.send(new PutCommand({ TableName: desk.tables.auditLogs, Item: auditItemOf(record) }));
const remove = (Key: Record<string, string>): Promise<unknown> =>
  desk.client.send(new DeleteCommand({ TableName: desk.tables.auditLogs, Key }));
const at = (sequence: number): AuditRecord => {
  const found = records.find((record) => record.sequence === sequence);
  if (found === undefined) throw new Error(`No record ${sequence}.`);
  return found;
};

it('a day as it was written is found complete, with a chain for each process', async () => {
  expect(await verified()).toMatchObject({ records: ENTRIES, chains: WRITERS, beyondHeads: 0, lost: 0, faults: [] });
  await expect(verifyDay(desk.store, tenantId, '2020-01-30')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

it.each([1, 2, 4])('a record whose content was changed is named: number %i of its chain', async (sequence) => {
  const { logId, chainId, ...record } = at(sequence);
  await put({ ...record, chainId, logId, responsePayload: '{"status":201}' });
  expect((await verified()).faults).toMatchObject([{ kind: 'CHANGED', chainId, sequence, logId }]);
});

it.each([1, 2, 4])('one that was changed with its own hash is named too: number %i', async (sequence) => {
  const { logId, chainId, ...record } = at(sequence);
  const changed = { ...record, chainId, logId, responsePayload: '{"status":201}' };
  await put({ ...changed, hash: recordHash(changed) });
  expect((await verified()).faults).toMatchObject([{ kind: 'CHANGED', chainId, sequence, logId }]);
});

it.each([1, 3, 4])('a record that was removed is named by its number: %i of its chain', async (sequence) => {
  const { chainId } = at(sequence);
  await remove(keyOf(at(sequence)));
  expect((await verified()).faults).toMatchObject([{ kind: 'MISSING', chainId, sequence }]);
});

it('records that were put in are named: of no chain, and at a place that is taken', async () => {
  const stranger = { ...at(1), chainId: 'nobody', logId: 'put-in-1' };
  await put({ ...stranger, hash: recordHash(stranger) });
  const second = { ...at(2), logId: 'put-in-2' };
  await put({ ...second, hash: recordHash(second) });
  const inserted = (await verified()).faults.filter(({ kind }) => kind === 'INSERTED');
  const { logId } = at(2); // which of two at one place was there first can't be told
  expect(inserted).toMatchObject([{ logId: 'put-in-1' }, { sequence: 2, chainId: second.chainId }]);
  expect(['put-in-2', logId]).toContain(inserted[1]?.logId);
});

it('a chain that was removed with all its records is missed', async () => {
  const { chainId } = at(1);
  for (const record of records.filter((other) => other.chainId === chainId)) await remove(keyOf(record));
  await remove(auditChainKey(tenantId, AUDIT_DAY, chainId));
  expect((await verified()).faults).toMatchObject([{ kind: 'MISSING', chainId: expect.stringMatching(/^number/) }]);
});

it('a day without its manifest is not believed', async () => {
  await remove(auditDayKey(tenantId, AUDIT_DAY));
  expect((await verified()).faults).toMatchObject([{ kind: 'CHANGED', chainId: 'all' }]);
});

it('records that no head counts yet are told apart from faults', async () => {
  const { chainId } = at(4);
  await desk.client.send(
    new UpdateCommand({
      TableName: desk.tables.auditLogs,
      Key: auditChainKey(tenantId, AUDIT_DAY, chainId),
      UpdateExpression: 'SET #sequence = :sequence, #hash = :hash',
      ExpressionAttributeNames: { '#sequence': 'sequence', '#hash': 'hash' },
      ExpressionAttributeValues: {
        ':sequence': 3,
        ':hash': records.find((record) => record.chainId === chainId && record.sequence === 3)?.hash,
      },
    }),
  );
  expect(await verified()).toMatchObject({ beyondHeads: 1, faults: [] });
});

describe('an archive', () => {
  const archived = (): ReturnType<typeof archiveDay> =>
    archiveDay({ store: desk.store, clock: systemClock }, tenantId, AUDIT_DAY, directory);

  it('is verified with nothing but its file, and says the same as the table', async () => {
    const { file, ...verification } = await archived();
    expect(file).toBe(join(directory, tenantId, `${AUDIT_DAY}.jsonl.gz`));
    expect(await verifyArchive(file)).toEqual(verification);
    expect(verification).toEqual(await verified());
    const [, ...lines] = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(records);
  });

  it('shows what was done to it', async () => {
    const { file } = await archived();
    const text = gunzipSync(readFileSync(file)).toString('utf8');
    const rewrite = (changed: string): void => writeFileSync(file, gzipSync(changed));
    rewrite(text.replace('\\"status\\":200', '\\"status\\":201'));
    expect((await verifyArchive(file)).faults).toMatchObject([{ kind: 'CHANGED' }]);
    rewrite(text.replace(/\n[^\n]*\n$/, '\n'));
    expect((await verifyArchive(file)).faults).toMatchObject([{ kind: 'MISSING' }]);
    writeFileSync(file, gzipSync(text).subarray(0, -50));
    await expect(verifyArchive(file)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(verifyArchive(join(directory, 'nothing'))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('made again has what came later, and never takes the place of one that has more', async () => {
    const { file, records: before } = await archived();
    const trail = desk.open();
    await trail.logOperation(anEntry(tenantId));
    await trail.close();
    expect(await archived()).toMatchObject({ records: before + 1, faults: [] });
    for (const record of records) await remove(keyOf(record)); // as their time to live does
    await expect(archived()).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    expect(await verifyArchive(file)).toMatchObject({ records: before + 1, faults: [] });
  });

  it('is not made of a day that has not ended', async () => {
    const clock = { ...systemClock, now: () => Date.parse(`${AUDIT_DAY}T23:59:59Z`) };
    const early = archiveDay({ store: desk.store, clock }, tenantId, AUDIT_DAY, directory);
    await expect(early).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});
