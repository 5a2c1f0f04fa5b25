import fc from 'fast-check';
import { Statement } from '../../src/accounting/statement';
import { Decimal } from '../../src/domain/decimal';
import { happenings, KeptBooks } from './kept-books';

function statementOf(
  books: KeptBooks,
  opening: ReturnType<KeptBooks['positions']>,
  day: KeptBooks['journal'],
): Statement {
  const statement = new Statement(opening, books.positions());
  for (const entry of day) statement.add(entry);
  return statement;
}

test('any day of trades, fees, busts, corrections and adjustments balances to the last digit', () => {
  fc.assert(
    fc.property(happenings(), happenings(), (before, day) => {
      const books = new KeptBooks();
      for (const happening of before) books.happen(happening);
      const [opening, booked] = [books.positions(), books.journal.length];
      for (const happening of day) books.happen(happening);
      const statement = statementOf(books, opening, books.journal.slice(booked));
      expect(statement.imbalances()).toEqual([]);
      expect(statement.lines().every(({ difference }) => difference === '0')).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('an entry that is missing, or booked with another amount, is named', () => {
  fc.assert(
    fc.property(happenings(), fc.nat(), (day, pick) => {
      const books = new KeptBooks();
      for (const happening of day) books.happen(happening);
      const traded = books.journal.filter(({ entry }) => entry !== undefined);
      const lost = traded[pick % Math.max(1, traded.length)];
      if (lost?.entry === undefined) return;
      const without = books.journal.filter((entry) => entry !== lost);
      const { positionId, assetId } = lost.change;
      expect(statementOf(books, [], without).imbalances()).toContain(
        `${positionId}: its history lacks 1 changes that it must have had.`,
      );
      const { execution } = lost.entry;
      const quantity = new Decimal(execution.quantity).plus('0.00000001').toFixed();
      const wrong = { change: lost.change, entry: { ...lost.entry, execution: { ...execution, quantity } } };
      const named = statementOf(books, [], [...without, wrong]).imbalances();
      expect(named.some((sentence) => sentence.startsWith(`POSITION ${assetId} at BINANCE: `))).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test('movements say what they were: bought and sold, fees, busts, adjustments', () => {
  const books = new KeptBooks();
  const trade = { what: 'TRADE', assetId: 'BTC/USDT', price: '100', fee: '1', feeIn: 'USDT' } as const;
  books.happen({ ...trade, side: 'BUY', quantity: '3' });
  books.happen({ ...trade, side: 'SELL', quantity: '1', price: '150' });
  books.happen({ ...trade, side: 'BUY', quantity: '2', price: '90', fee: '0.5', feeIn: 'BTC' });
  books.happen({ what: 'BUST', pick: 2 });
  books.happen({ what: 'ADJUST', assetId: 'BTC/USDT', quantity: '0.25' });
  const line = { exchangeId: 'BINANCE', opening: '0', difference: '0' };
  const base = { received: '5', paid: '-1', fees: '-0.5', restated: '-1.5', adjusted: '0.25', closing: '2.25' };
  const quote = { received: '150', paid: '-480', fees: '-2', restated: '180', adjusted: '0', closing: '-152' };
  expect(statementOf(books, [], books.journal).lines()).toEqual([
    { ...line, ...base, account: 'POSITION', name: 'BTC/USDT' },
    { ...line, ...base, account: 'CURRENCY', name: 'BTC' },
    { ...line, ...quote, account: 'CURRENCY', name: 'USDT' },
    expect.objectContaining({ account: 'REALIZED_PNL', name: 'BTC/USDT', received: '50', closing: '50' }),
  ]);
});
