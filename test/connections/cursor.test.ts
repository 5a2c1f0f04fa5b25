import fc from 'fast-check';
import {
  advanceCursor,
  backfillSinceMs,
  FIRST_LOOKBACK_MS,
  LOOKBACK_MAX_MS,
  newerCursor,
  OVERLAP_MS,
  readCursor,
} from '../../src/connections/cursor';

const NOW_MS = Date.parse('2026-06-01T12:00:00Z');
const instantMs = fc.integer({ min: NOW_MS - 86_400_000, max: NOW_MS });

test('the cursor only ever moves forward, to the newest of what was processed', () => {
  fc.assert(
    fc.property(fc.array(fc.array(instantMs), { maxLength: 8 }), (batches) => {
      let cursor: { sinceMs: number } | undefined;
      for (const batch of batches) {
        const before = cursor;
        cursor = advanceCursor(
          cursor,
          batch.map((ms) => new Date(ms).toISOString()),
        );
        expect(newerCursor(before, cursor)).toEqual(cursor);
      }
      const all = batches.flat();
      expect(cursor).toEqual(all.length === 0 ? undefined : { sinceMs: Math.max(...all) });
    }),
  );
});

test('an instant that cannot be read does not move the cursor', () => {
  expect(advanceCursor({ sinceMs: 5 }, ['not a time'])).toEqual({ sinceMs: 5 });
});

test('a backfill starts at the cursor, less the overlap', () => {
  const cursor = { sinceMs: NOW_MS - 10_000 };
  expect(backfillSinceMs({ cursor, oldestOpenMs: 0, nowMs: NOW_MS })).toBe(cursor.sinceMs - OVERLAP_MS);
});

test('without a cursor a backfill starts at the oldest open order, and at least an hour ago', () => {
  const since = (oldestOpenMs: number | undefined): number =>
    backfillSinceMs({ cursor: undefined, oldestOpenMs, nowMs: NOW_MS });
  expect(since(NOW_MS - 86_400_000)).toBe(NOW_MS - 86_400_000 - OVERLAP_MS);
  expect(since(NOW_MS - 1_000)).toBe(NOW_MS - FIRST_LOOKBACK_MS - OVERLAP_MS);
  expect(since(undefined)).toBe(NOW_MS - FIRST_LOOKBACK_MS - OVERLAP_MS);
});

test('a backfill never reads further back than exchanges allow', () => {
  expect(backfillSinceMs({ cursor: { sinceMs: 0 }, oldestOpenMs: undefined, nowMs: NOW_MS })).toBe(
    NOW_MS - LOOKBACK_MAX_MS,
  );
});

test.each([undefined, null, 7, {}, { cursor: null }, { cursor: { sinceMs: '7' } }, { cursor: { sinceMs: -1 } }])(
  'heartbeat details %j hold no cursor',
  (details) => expect(readCursor(details)).toBeUndefined(),
);

test('a cursor survives heartbeat details', () => {
  expect(readCursor(JSON.parse(JSON.stringify({ status: 'LIVE', cursor: { sinceMs: 7 } })))).toEqual({ sinceMs: 7 });
});
