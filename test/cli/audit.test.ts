import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import type { Verification } from '../../src/audit/verification';
import type { ExchangeAuditLog } from '../../src/domain/audit';
import { auditKey } from '../../src/storage/dynamodb/keys';
import { openAuditDesk, type AuditDesk } from '../audit/audit-desk';
import { anEntry, AUDIT_DAY } from '../audit/entries';
import { testStack } from '../stack/stack';
import { serviceEnvironment } from '../stack/worker-process';
import { freshTenant } from '../storage/stores';
import { type CliResult, runHere } from './run-cli';

let desk: AuditDesk;
let tenantId: string;
let directory: string;
beforeAll(async () => {
  desk = openAuditDesk(testStack());
  directory = mkdtempSync(join(tmpdir(), 'audit-cli-'));
  tenantId = freshTenant();
  const trail = desk.open();
  const timestamp = `${AUDIT_DAY}T12:00:01.000Z`;
  await trail.logOperation(anEntry(tenantId, { logId: 'first' }));
  const errorDetails = 'Too many requests.';
  const failed = { success: false, errorCategory: 'RATE_LIMITED', errorDetails } as const;
  await trail.logOperation(anEntry(tenantId, { logId: 'second', timestamp, latencyMs: 30, ...failed }));
  trail.record({ tenantId, operationType: 'KILL_SWITCH', requestedBy: 'ann', request: { scope: 'ALL' } });
  await trail.close();
});
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await desk.close();
});

const run = (command: string): Promise<CliResult> => {
  const environment = { ...serviceEnvironment(testStack()), EXCHANGE_INTEGRATION_TENANT: tenantId };
  return runHere(`audit ${command}`.split(' '), { environment });
};

test('entries are listed for people and, with their payloads, for programs', async () => {
  const { stdout } = await run('list --exchange BINANCE');
  expect(stdout).toMatch(/12:00:01\.000Z +BINANCE +ORDER_SUBMIT +30 +Too many requests\.\n.*12:00:00\.000Z .* ok$/m);
  const listed = (await run('list --operation KILL_SWITCH --json')).json() as { items: ExchangeAuditLog[] };
  expect(listed.items).toMatchObject([{ requestPayload: { requestedBy: 'ann', request: { scope: 'ALL' } } }]);
  const page = (await run('list --to 2100-01-01T00:00:00Z --failed --limit 1 --json')).json();
  expect(page).toMatchObject({ items: [{ logId: 'second' }] });
});

test('a question that makes no sense is refused with all its faults', async () => {
  const { exitCode, stderr } = await run('list --operation SELL --from yesterday --limit 0');
  expect(exitCode).toBe(1);
  for (const field of ['operationType', 'startTime', 'limit']) expect(stderr).toContain(`  - ${field} must be`);
  expect(await run('stats --exchange BINANCE --period lately')).toMatchObject({ exitCode: 1 });
  expect(await run('verify')).toMatchObject({ exitCode: 1 });
  expect(await run('verify --day 2026-02-30')).toMatchObject({ exitCode: 1 });
});

test('statistics are a few lines', async () => {
  const { stdout } = await run(`stats --exchange BINANCE --period ${AUDIT_DAY}T00:00:00Z/${AUDIT_DAY}T23:59:59Z`);
  expect(stdout).toMatch(/^calls +2\nsuccessful +50\.00 %\naverage latency +20\.0 ms\np95 latency +30 ms\n/);
  expect(stdout).toMatch(/^RATE_LIMITED +1$/m);
});

test('a day is verified and archived, and shows with its exit code when a record is gone', async () => {
  expect(await run(`verify --day ${AUDIT_DAY}`)).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^result +complete and unchanged$/m) as unknown,
  });
  const archived = await run(`archive --day ${AUDIT_DAY} --to ${directory} --json`);
  expect(archived.exitCode).toBe(0);
  const { file, digest } = archived.json() as Verification & { file: string };
  const Key = auditKey(tenantId, `${AUDIT_DAY}T12:00:00.000Z`, 'first');
  await desk.client.send(new DeleteCommand({ TableName: desk.tables.auditLogs, Key }));
  const broken = await run(`verify --day ${AUDIT_DAY}`);
  expect(broken.exitCode).toBe(1);
  expect(broken.stdout).toMatch(/^MISSING +\S+ +1 /m);
  const offline = await runHere(['audit', 'verify', '--file', file, '--json']);
  expect(offline).toMatchObject({ exitCode: 0 });
  expect(offline.json()).toMatchObject({ records: 2, faults: [], digest });
});
