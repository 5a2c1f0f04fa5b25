import fc from 'fast-check';
import type { JournalStores } from '../../src/accounting/journal';
import { type LotLine, LotReport, type LotScope } from '../../src/accounting/lot-lines';
import { sum } from '../../src/domain/decimal';
import { happenings, KeptBooks } from './kept-books';

const EVER = { startTime: '1970-01-01T00:00:00.000Z', endTime: '2100-01-01T00:00:00.000Z' };

/** The books as stores have them: one instrument after the other. */
function storesOf({ journal }: KeptBooks): JournalStores {
  const entries = new Map(journal.map(({ change, entry }) => [change.fillId, entry]));
  const changes = journal.map(({ change }) => change);
  const items = changes.toSorted((one, other) =>
    one.assetId === other.assetId ? 0 : one.assetId < other.assetId ? -1 : 1,
  );
  return {
    positions: { history: () => Promise.resolve({ items }) } as unknown as JournalStores['positions'],
    executions: {
      readEntries: (_tenantId: string, fillIds: readonly string[]) =>
        Promise.resolve(fillIds.map((id) => entries.get(id))),
    } as unknown as JournalStores['executions'],
  };
}

async function reported(
  books: KeptBooks,
  scope: Partial<LotScope> = {},
): Promise<{ report: LotReport; lines: LotLine[] }> {
  const report = new LotReport(storesOf(books), { tenantId: 'acme', ...scope }, EVER);
  const lines: LotLine[] = [];
  for await (const line of report.lines()) lines.push(line);
  return { report, lines };
}

test('lots and ledger agree on quantities and on what trades brought, whatever was busted, corrected or adjusted', async () => {
  await fc.assert(
    fc.asyncProperty(happenings(), async (list) => {
      const books = new KeptBooks();
      for (const happening of list) books.happen(happening);
      const { report, lines } = await reported(books);
      expect(report.reconciliations.length).toBe(books.positions().length);
      for (const { assetId, quantity, realizedByLots, ...differences } of report.reconciliations) {
        expect(differences).toMatchObject({ quantityDifference: '0', flowDifference: '0' });
        const own = lines.filter((line) => line.assetId === assetId);
        expect(sum(own.map(({ gain = '0' }) => gain))).toBe(realizedByLots);
        const open = own.filter(({ kind }) => kind === 'OPEN');
        expect(sum(open.map((line) => (line.side === 'LONG' ? line.quantity : `-${line.quantity}`)))).toBe(quantity);
      }
    }),
    { numRuns: 200 },
  );
});

test('a busted trade closes nothing, and a corrected one has its amounts at its place', async () => {
  const books = new KeptBooks();
  const trade = { what: 'TRADE', assetId: 'BTC/USDT', fee: '0', feeIn: 'USDT' } as const;
  books.happen({ ...trade, side: 'BUY', quantity: '1', price: '100' });
  books.happen({ ...trade, side: 'BUY', quantity: '1', price: '110' });
  books.happen({ ...trade, side: 'SELL', quantity: '1', price: '150' });
  books.happen({ what: 'BUST', pick: 1 });
  books.happen({ what: 'CORRECT', pick: 0, quantity: '2', price: '105' });
  const { lines, report } = await reported(books);
  expect(lines).toMatchObject([
    { kind: 'REALIZED', openedBy: '0-corrected', closedBy: '2', quantity: '1', gain: '45' },
    { kind: 'OPEN', openedBy: '0-corrected', quantity: '1', openPrice: '105' },
  ]);
  expect(report.reconciliations).toMatchObject([{ quantityDifference: '0', flowDifference: '0' }]);
});

test('the lots of one strategy are matched by themselves, and reconciled with nothing', async () => {
  const books = new KeptBooks();
  books.happen({
    what: 'TRADE',
    assetId: 'BTC/USDT',
    fee: '0',
    feeIn: 'USDT',
    side: 'BUY',
    quantity: '1',
    price: '100',
  });
  const { lines, report } = await reported(books, { strategyId: 'carry' });
  expect([lines, report.reconciliations]).toEqual([[], []]);
  expect((await reported(books, { strategyId: 'momentum' })).lines).toHaveLength(1);
});
