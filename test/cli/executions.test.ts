import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionLine } from '../../src/accounting/execution-lines';
import type { ExchangeAuditLog } from '../../src/domain/audit';
import type { OrderRequest } from '../../src/domain/order-request';
import { EXECUTION_REPORT } from '../../src/export/execution-report';
import type { Page } from '../../src/storage/orders';
import { readCsv, readJsonLines, readParquetFile } from '../export/read-back';
import { testStack } from '../stack/stack';
import { serviceEnvironment } from '../stack/worker-process';
import { eventually } from '../stack/eventually';
import { anExecution, anIntent, anOrder, freshTenant, openStores, type Stores } from '../storage/stores';
import { type CliResult, runCli, runHere } from './run-cli';

let stores: Stores;
let directory: string;
let tenantId: string;
let order: OrderRequest;
beforeAll(async () => {
  stores = await openStores(testStack());
  directory = mkdtempSync(join(tmpdir(), 'executions-cli-'));
  tenantId = freshTenant();
  order = await filled(anOrder(tenantId, { quantity: '3' }), ['1', '2', '3'], '2026-01-31T23:59:5');
  await filled(anOrder(tenantId, { assetId: 'ETH/USDT', strategyId: 'carry' }), ['4'], '2026-02-01T00:00:0');
});
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await stores.close();
});

async function filled(request: OrderRequest, ids: readonly string[], second: string): Promise<OrderRequest> {
  await stores.orders.claimIntent(request, anIntent());
  const fills = ids.map((id) =>
    anExecution(request, id, { quantity: '1', price: '100', timestamp: `${second}${id}.000Z` }),
  );
  await stores.ledger.bookFills(fills, 'STREAM');
  return request;
}

const run = (command: string): Promise<CliResult> => {
  const environment = { ...serviceEnvironment(testStack()), EXCHANGE_INTEGRATION_TENANT: tenantId };
  return runHere(`executions ${command}`.split(' '), { environment });
};
const RANGE = '--from 2026-01-31T00:00:00Z --to 2026-02-01T12:00:00Z';
const idsOf = (rows: readonly { executionId?: string }[]): (string | undefined)[] =>
  rows.map(({ executionId }) => executionId);

test('executions are listed in the order of their time, over months, a page at a time and by filters', async () => {
  const { stdout } = await run(`list ${RANGE}`);
  expect(stdout).toMatch(
    /23:59:51\.000Z +TRADE +BINANCE +BTC\/USDT +BUY +1 +100 +0 BNB +1 .*\n(?:.*\n)*.*00:00:04\.000Z .* carry$/m,
  );
  const first = (await run(`list ${RANGE} --limit 2 --json`)).json() as Page<ExecutionLine>;
  const second = (
    await run(`list ${RANGE} --limit 2 --cursor ${first.cursor ?? ''} --json`)
  ).json() as Page<ExecutionLine>;
  expect([...idsOf(first.items), ...idsOf(second.items)]).toEqual(['1', '2', '3', '4']);
  const filteredIds = async (filter: string) =>
    idsOf(((await run(`list ${RANGE} ${filter} --json`)).json() as Page<ExecutionLine>).items);
  expect(await filteredIds('--strategy carry')).toEqual(['4']);
  expect(await filteredIds('--asset BTC/USDT --limit 1')).toEqual(['1']);
  expect(await filteredIds('--exchange KRAKEN')).toEqual([]);
});

test('an export of each format has the same executions, on stdout or in a file', async () => {
  const csv = await run(`export ${RANGE}`);
  const rows = readCsv(EXECUTION_REPORT, csv.stdout);
  expect(idsOf(rows)).toEqual(['1', '2', '3', '4']);
  expect(rows[0]).toMatchObject({
    schemaVersion: '1',
    kind: 'TRADE',
    orderId: order.orderId,
    amount: '100',
    realizedPnL: '0',
  });
  expect(readJsonLines((await run(`export ${RANGE} --format jsonl`)).stdout)).toEqual(rows);
  const file = join(directory, 'executions.parquet');
  const written = await run(`export ${RANGE} --format parquet --output ${file} --json`);
  expect(written.json()).toEqual({ file, format: 'parquet', report: 'executions', schemaVersion: 1, rows: 4 });
  expect(readParquetFile(readFileSync(file)).rows).toEqual(rows);
  expect(readdirSync(directory)).toEqual(['executions.parquet']);
});

test('a process writes it to its stdout whole', async () => {
  const environment = { ...serviceEnvironment(testStack()), EXCHANGE_INTEGRATION_TENANT: tenantId };
  const { exitCode, stdout } = await runCli(`executions export ${RANGE}`.split(' '), { environment });
  expect(exitCode).toBe(0);
  expect(idsOf(readCsv(EXECUTION_REPORT, stdout))).toEqual(['1', '2', '3', '4']);
});

test('an export that fails leaves what was there, and nothing half done', async () => {
  const file = join(directory, 'kept.csv');
  writeFileSync(file, 'of yesterday');
  const environment = {
    ...serviceEnvironment(testStack()),
    TABLE_PREFIX: 'absent-',
    EXCHANGE_INTEGRATION_TENANT: tenantId,
  };
  const failed = await runHere(`executions export ${RANGE} --output ${file}`.split(' '), { environment });
  expect(failed).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('CONFIGURATION') as unknown });
  expect(readFileSync(file, 'utf8')).toBe('of yesterday');
  expect(readdirSync(directory).filter((name) => name.startsWith('kept'))).toEqual(['kept.csv']);
});

test('a question that makes no sense is refused with all its faults', async () => {
  const { exitCode, stderr } = await run('list --from yesterday --exchange MARS --limit 0');
  expect(exitCode).toBe(1);
  for (const field of ['startTime', 'exchangeId', 'limit']) expect(stderr).toContain(`  - ${field} must be`);
  expect(await run('export --from 1970-01-01T00:00:00Z')).toMatchObject({ exitCode: 1 });
  expect(await run('export --format xls')).toMatchObject({ exitCode: 2 });
  expect(await run(`export ${RANGE} --json`)).toMatchObject({ exitCode: 1 });
});

test('a bust and a correction are lines of their own that cancel the trade', async () => {
  const busted = await run(`bust ${order.orderId} --execution 2 --reason erroneous --by ada`);
  expect(busted.stdout).toMatch(/^2-reversed +-1 +100 +0 BNB +BOOKED$/m);
  const corrected = await run(
    `correct ${order.orderId} --execution 3 --reason price --quantity 1 --price 99 --commission 0.1 --commission-asset USDT --json`,
  );
  expect(corrected.json()).toMatchObject([{ result: 'BOOKED' }, { result: 'BOOKED', execution: { price: '99' } }]);
  const rows = readCsv(EXECUTION_REPORT, (await run('export --from 2026-01-01T00:00:00Z --asset BTC/USDT')).stdout);
  expect(rows.find(({ restates }) => restates === '2')).toMatchObject({
    kind: 'REVERSAL',
    quantity: '-1',
    amount: '-100',
    reason: 'erroneous',
    by: 'ada',
  });
  expect(rows.find(({ kind }) => kind === 'CORRECTION')).toMatchObject({
    restates: '3',
    executedAt: '2026-01-31T23:59:53.000Z',
    by: 'tester',
  });
  const total = rows.reduce((sum, { quantity }) => sum + Number(quantity), 0);
  expect(total).toBe(Number((await stores.positions.get(tenantId, 'BTC/USDT', 'BINANCE'))?.quantity));
  expect(await run(`bust ${order.orderId} --execution 9 --reason none`)).toMatchObject({ exitCode: 1 });
  const environment = { ...serviceEnvironment(testStack()), EXCHANGE_INTEGRATION_TENANT: tenantId };
  await eventually(async () => {
    const audited = await runHere(['audit', 'list', '--operation', 'INTERVENTION', '--json'], { environment });
    const { items } = audited.json() as Page<ExchangeAuditLog>;
    expect(items).toMatchObject([{ success: false }, { success: true }, { requestPayload: { requestedBy: 'ada' } }]);
  });
});
