import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ExecutionLine } from '../../src/accounting/execution-lines';
import { EXECUTION_REPORT } from '../../src/export/execution-report';
import { encoded, type ExportFormat } from '../../src/export/formats';

/** As long as it takes for many rows to be too many. */
const REASON_LENGTH = 800;

/** Run as a process of its own: exports so many executions, and says how much memory it had at most, in MB. */
async function main(): Promise<void> {
  const [, , format = 'csv', count = '0', file = ''] = process.argv;
  const content = encoded(format as ExportFormat, EXECUTION_REPORT, lines(Number(count)));
  await pipeline(Readable.from(content), createWriteStream(file));
  process.stdout.write(JSON.stringify({ peakMb: Math.round(process.resourceUsage().maxRSS / 1024) }));
}

async function* lines(count: number): AsyncGenerator<ExecutionLine> {
  for (let number = 0; number < count; number++) {
    // As from a store: what is made is not made ahead of who takes it.
    if (number % 100 === 0) await new Promise(setImmediate);
    yield lineOf(number);
  }
}

function lineOf(number: number): ExecutionLine {
  return {
    kind: 'TRADE',
    executionId: String(number),
    orderId: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    strategyId: 'momentum',
    exchangeId: 'BINANCE',
    exchangeOrderId: String(1_000_000 + number),
    assetId: 'BTC/USDT',
    side: 'BUY',
    quantity: `0.${String(number + 1).padStart(8, '0')}`,
    price: `2${String(number).padStart(5, '0')}.01`,
    amount: `${number}.${String(number).padStart(10, '0')}`,
    commission: '0.00000001',
    commissionAsset: 'BNB',
    executedAt: '2026-01-31T12:00:01.000Z',
    bookedAt: '2026-01-31T12:00:01.020Z',
    reason: String(number).padEnd(REASON_LENGTH, '.'),
  };
}

void main();
