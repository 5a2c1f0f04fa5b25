import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TYPESCRIPT_ARGUMENTS } from '../stack/options';

/** The rows alone would not fit. */
const HEAP_MB = 40;
const ROWS = 50_000;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'export-memory-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test.each(['csv', 'jsonl', 'parquet'])('%s of 50,000 rows takes no more memory than of a few', async (format) => {
  const [few, many] = [await peakMb(format, ROWS / 5), await peakMb(format, ROWS)];
  expect(statSync(join(directory, `${ROWS}`)).size).toBeGreaterThan(100 * (format === 'parquet' ? 5_000 : ROWS));
  expect(many - few).toBeLessThan(30);
});

async function peakMb(format: string, rows: number): Promise<number> {
  const script = join(__dirname, 'many-rows.ts');
  const args = [
    `--max-old-space-size=${HEAP_MB}`,
    ...TYPESCRIPT_ARGUMENTS,
    script,
    format,
    String(rows),
    join(directory, `${rows}`),
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return (JSON.parse(stdout) as { peakMb: number }).peakMb;
}
