import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { EXECUTION_KINDS, type ExecutionLine } from '../../src/accounting/execution-lines';
import { ORDER_SIDES } from '../../src/domain/order-request';
import { EXECUTION_REPORT } from '../../src/export/execution-report';
import { encoded, type ExportFormat } from '../../src/export/formats';
import { decimalString, isoInstant } from '../properties/generators';
import { readCsv, readJsonLines, readParquetFile, type ReadRow } from './read-back';

const amount = (): fc.Arbitrary<string> =>
  decimalString({ min: '-99999999999999999999', max: '99999999999999999999', scale: 18 });
const text = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ minLength: 1, unit: 'grapheme' }),
    fc.constantFrom('=1+1', '@SUM(A1)', "'quoted", '+49', '-1', 'a,b', 'say "no"', '\r\n', '\t=x', ',', '"'),
  );

const line = (): fc.Arbitrary<ExecutionLine> =>
  fc.record(
    {
      kind: fc.constantFrom(...EXECUTION_KINDS),
      executionId: text(),
      restates: text(),
      orderId: text(),
      strategyId: text(),
      exchangeId: fc.constant('BINANCE' as const),
      exchangeOrderId: text(),
      assetId: text(),
      side: fc.constantFrom(...ORDER_SIDES),
      quantity: amount(),
      price: amount(),
      amount: amount(),
      commission: amount(),
      commissionAsset: text(),
      liquidity: fc.constantFrom('MAKER' as const, 'TAKER' as const),
      realizedPnL: amount(),
      executedAt: isoInstant(),
      bookedAt: isoInstant(),
      reason: text(),
      by: text(),
    },
    {
      requiredKeys: [
        'kind',
        'executionId',
        'orderId',
        'strategyId',
        'exchangeId',
        'exchangeOrderId',
        'assetId',
        'side',
        'quantity',
        'price',
        'amount',
        'commission',
        'commissionAsset',
        'executedAt',
        'bookedAt',
      ],
    },
  );

const asRead = (lines: readonly ExecutionLine[]): ReadRow[] =>
  lines.map(
    (fields) =>
      Object.fromEntries([
        ['schemaVersion', '1'],
        ...Object.entries(fields).map(([name, cell]) => [name, String(cell)]),
      ]) as ReadRow,
  );

async function written(format: ExportFormat, lines: readonly ExecutionLine[]): Promise<Buffer> {
  return await buffer(
    Readable.from(encoded(format, EXECUTION_REPORT, Readable.from(lines) as AsyncIterable<ExecutionLine>)),
  );
}

const READERS: Record<ExportFormat, (bytes: Buffer) => ReadRow[]> = {
  csv: (bytes) => readCsv(EXECUTION_REPORT, bytes.toString('utf8')),
  jsonl: (bytes) => readJsonLines(bytes.toString('utf8')),
  parquet: (bytes) => readParquetFile(bytes).rows,
};

test.each(['csv', 'jsonl', 'parquet'] as const)('what is read back of %s is what was exported', async (format) => {
  await fc.assert(
    fc.asyncProperty(fc.array(line(), { maxLength: 30 }), async (lines) => {
      expect(READERS[format](await written(format, lines))).toEqual(asRead(lines));
    }),
    { numRuns: 100 },
  );
});

const ONE: ExecutionLine = {
  kind: 'REVERSAL',
  executionId: '=HYPERLINK("http://x","y")',
  restates: '7',
  orderId: 'order',
  strategyId: '-momentum',
  exchangeId: 'BINANCE',
  exchangeOrderId: '77',
  assetId: 'BTC/USDT',
  side: 'BUY',
  quantity: '-0.6',
  price: '110',
  amount: '-66',
  commission: '0.2',
  commissionAsset: 'USDT',
  executedAt: '2026-01-31T12:00:01.000Z',
  bookedAt: '2026-01-31T12:00:01.020Z',
};

test('a text that a spreadsheet would calculate is guarded; a negative number is left a number', async () => {
  const [, row] = (await written('csv', [ONE])).toString('utf8').split('\r\n');
  expect(row).toBe(
    `1,REVERSAL,"'=HYPERLINK(""http://x"",""y"")",7,order,'-momentum,BINANCE,77,BTC/USDT,BUY,-0.6,110,-66,0.2,USDT,,,2026-01-31T12:00:01.000Z,2026-01-31T12:00:01.020Z,,`,
  );
});

test('an export of nothing says its columns and its version', async () => {
  expect((await written('csv', [])).toString('utf8')).toMatch(/^schemaVersion,kind,.*,by\r\n$/);
  expect((await written('jsonl', [])).toString('utf8')).toBe('');
  const { rows, types, metadata } = readParquetFile(await written('parquet', []));
  expect(rows).toEqual([]);
  expect(Object.keys(types)).toEqual(['schemaVersion', ...Object.keys(EXECUTION_REPORT.columns)]);
  expect(Object.fromEntries(metadata)).toMatchObject({ report: 'executions', schemaVersion: '1' });
});

test('Parquet has texts for decimals, and times that readers know as such', async () => {
  const { types } = readParquetFile(await written('parquet', [ONE]));
  expect(types).toMatchObject({
    quantity: 'Utf8',
    executedAt: expect.stringMatching(/^Timestamp<MILLI/) as unknown,
    schemaVersion: 'Int64',
  });
});

test('a Parquet file of many row groups is read as one', async () => {
  const lines = Array.from({ length: 5_001 }, (_, number) => ({ ...ONE, executionId: String(number) }));
  const { rows } = readParquetFile(await written('parquet', lines));
  expect(rows.map(({ executionId }) => executionId)).toEqual(lines.map(({ executionId }) => executionId));
});
