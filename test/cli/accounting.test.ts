import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import type { DailyStatement } from '../../src/accounting/daily-statement';
import type { LotLine, LotReconciliation } from '../../src/accounting/lot-lines';
import type { ExecutionUpdate } from '../../src/domain/order';
import type { OrderRequest } from '../../src/domain/order-request';
import { LOT_REPORT } from '../../src/export/lot-report';
import { POSITION_REPORT } from '../../src/export/position-report';
import { STATEMENT_REPORT } from '../../src/export/statement-report';
import { systemClock } from '../../src/platform/clock';
import { fillKey } from '../../src/storage/dynamodb/keys';
import { readCsv, readJsonLines, readParquetFile } from '../export/read-back';
import { testStack } from '../stack/stack';
import { serviceEnvironment } from '../stack/worker-process';
import { anExecution, anIntent, anOrder, freshTenant, openStores, type Stores } from '../storage/stores';
import { type CliResult, runHere } from './run-cli';

const FIRST_DAY = '2026-01-30';
const SECOND_DAY = '2026-01-31';

let stores: Stores;
let directory: string;
let tenantId: string;
let bookedAt: string;
let bought: OrderRequest;
beforeAll(async () => {
  stores = await openStores(testStack(), { ...systemClock, now: () => Date.parse(bookedAt) });
  directory = mkdtempSync(join(tmpdir(), 'accounting-cli-'));
  tenantId = freshTenant();
  bookedAt = `${FIRST_DAY}T10:00:00.000Z`;
  bought = await filled({ quantity: '3' }, [
    { executionId: '1', quantity: '1', price: '100', commission: '1', commissionAsset: 'USDT' },
    { executionId: '2', quantity: '2', price: '130', commission: '0.5', commissionAsset: 'BTC' },
  ]);
  bookedAt = `${SECOND_DAY}T10:00:00.000Z`;
  await filled({ side: 'SELL', quantity: '1.5' }, [{ executionId: '3', quantity: '1.5', price: '150' }]);
  bookedAt = `${SECOND_DAY}T23:59:59.999Z`;
  await filled({ assetId: 'ETH/BTC' }, [{ executionId: '4', quantity: '1', price: '0.05' }]);
});
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await stores.close();
});

async function filled(
  order: Parameters<typeof anOrder>[1],
  fills: readonly (Partial<ExecutionUpdate> & { executionId: string })[],
): Promise<OrderRequest> {
  const request = anOrder(tenantId, order);
  await stores.orders.claimIntent(request, anIntent());
  const executions = fills.map((fill) => anExecution(request, fill.executionId, { timestamp: bookedAt, ...fill }));
  await stores.ledger.bookFills(executions, 'STREAM');
  return request;
}

const run = (command: string): Promise<CliResult> => {
  const environment = { ...serviceEnvironment(testStack()), EXCHANGE_INTEGRATION_TENANT: tenantId };
  return runHere(command.split(' '), { environment });
};

test('lots say what was closed against what, and that both methods agree', async () => {
  const listed = await run('lots list');
  expect(listed.stdout).toMatch(
    /^REALIZED +BINANCE +BTC\/USDT +LONG +1 +2026-01-30T10:00:00\.000Z +100 +2026-01-31T10:00:00\.000Z +150 +1 +50$/m,
  );
  expect(listed.stdout).toMatch(/^BINANCE +BTC\/USDT +1 +60 +\S+ +130 +\S+ +0, 0$/m);
  const { items, reconciliations } = (await run('lots list --kind OPEN --asset BTC/USDT --json')).json() as {
    items: LotLine[];
    reconciliations: LotReconciliation[];
  };
  expect(items).toMatchObject([{ kind: 'OPEN', openedBy: '2', quantity: '1', openPrice: '130' }]);
  expect(reconciliations).toMatchObject([
    { realizedByLots: '60', quantity: '1', quantityDifference: '0', flowDifference: '0' },
  ]);
  expect((await run(`lots list --limit 1`)).stdout).toContain('4 more: lots export has all.');
});

test('lots are exported as of a past time, by when they were closed', async () => {
  const then = readCsv(LOT_REPORT, (await run(`lots export --to ${FIRST_DAY}T23:59:59Z`)).stdout);
  expect(then.map(({ kind, quantity, openedBy }) => [kind, openedBy, quantity])).toEqual([
    ['FEE', '2', '0.5'],
    ['OPEN', '1', '1'],
    ['OPEN', '2', '1.5'],
  ]);
  const since = readJsonLines(
    (await run(`lots export --from ${SECOND_DAY}T00:00:00Z --kind REALIZED --format jsonl`)).stdout,
  );
  expect(since.map(({ openedBy, gain, holdingDays }) => [openedBy, gain, holdingDays])).toEqual([
    ['1', '50', '1'],
    ['2', '10', '1'],
  ]);
});

test('positions are exported as they are, and as they stood', async () => {
  const file = join(directory, 'positions.parquet');
  await run(`positions export --as-of ${FIRST_DAY}T23:00:00Z --format parquet --output ${file}`);
  expect(readParquetFile(readFileSync(file)).rows).toMatchObject([
    { assetId: 'BTC/USDT', quantity: '2.5', quoteFlow: '-360', commissions: '{"BTC":"0.5","USDT":"1"}', version: '2' },
  ]);
  const now = readCsv(POSITION_REPORT, (await run('positions export --exchange BINANCE')).stdout);
  expect(now.map(({ assetId, quantity }) => [assetId, quantity])).toEqual([
    ['BTC/USDT', '1'],
    ['ETH/BTC', '1'],
  ]);
});

test('a day’s statement goes from its opening to its closing, and on where the last one ended', async () => {
  const { stdout, exitCode } = await run(`statement --date ${SECOND_DAY}`);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^POSITION +BINANCE +BTC\/USDT +2\.5 +0 +-1\.5 +0 +0 +0 +1$/m);
  expect(stdout).toMatch(/^CURRENCY +BINANCE +BTC +2\.5 +0 +-1\.55 +0 +0 +0 +0\.95$/m);
  expect(stdout).toMatch(/It balances\.\n$/);
  const [before, after] = await Promise.all(
    [FIRST_DAY, SECOND_DAY].map(
      async (date) => (await run(`statement --date ${date} --json`)).json() as DailyStatement,
    ),
  );
  for (const line of before?.lines ?? []) {
    const next = after?.lines.find(({ account, name }) => account === line.account && name === line.name);
    expect(next?.opening).toBe(line.closing);
  }
  const rows = readCsv(STATEMENT_REPORT, (await run(`statement --date ${FIRST_DAY} --format csv`)).stdout);
  expect(rows).toContainEqual(
    expect.objectContaining({ account: 'CURRENCY', name: 'USDT', paid: '-360', fees: '-1', closing: '-361' }),
  );
});

test('a bust is in the statement of its day, not of the trade’s', async () => {
  bookedAt = '2026-02-02T09:00:00.000Z';
  const bust = { tenantId, orderId: bought.orderId, executionId: '2', reason: 'erroneous', by: 'ada' };
  await stores.ledger.restateFill(bust, 'CLIENT');
  const lines = async (date: string) =>
    ((await run(`statement --date ${date} --asset BTC/USDT --json`)).json() as DailyStatement).lines;
  expect((await lines(FIRST_DAY))[0]).toMatchObject({ account: 'POSITION', closing: '2.5', restated: '0' });
  expect((await lines('2026-02-02'))[0]).toMatchObject({
    opening: '1',
    restated: '-1.5',
    closing: '-0.5',
    difference: '0',
  });
  const { reconciliations } = (await run('lots list --asset BTC/USDT --json')).json() as {
    reconciliations: LotReconciliation[];
  };
  expect(reconciliations).toMatchObject([{ quantity: '-0.5', quantityDifference: '0', flowDifference: '0' }]);
});

test('a day that does not balance says where, and ends with its exit code', async () => {
  const Key = { ...fillKey({ tenantId, orderId: bought.orderId }, '1') };
  await stores.client.send(new DeleteCommand({ TableName: stores.tables.orders, Key }));
  const { stdout, stderr, exitCode } = await run(`statement --date ${FIRST_DAY}`);
  expect(exitCode).toBe(1);
  expect(stdout).toContain('It does not balance');
  expect(stderr).toContain('POSITION BTC/USDT at BINANCE: 0 and movements of 1.5 are not 2.5; 1 is unexplained.');
});

test('what can’t be told is refused with its reason', async () => {
  expect(await run('statement --date 2999-01-01')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('has begun') as unknown,
  });
  expect(await run('statement --date yesterday')).toMatchObject({ exitCode: 1 });
  expect(await run('lots list --kind SOLD')).toMatchObject({ exitCode: 1 });
  expect(await run('lots list --limit 0')).toMatchObject({ exitCode: 2 });
  expect(await run('positions export --as-of then')).toMatchObject({ exitCode: 1 });
});
