import fc from 'fast-check';
import { mapBounded } from '../../src/connections/bounded-concurrency';
import { withinLimit } from '../../src/connections/time-limit';
import { systemClock } from '../../src/platform/clock';

test('work is done in parallel up to the limit, with results in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer(), { maxLength: 20 }),
      fc.integer({ min: 1, max: 5 }),
      async (items, limit) => {
        let running = 0;
        let most = 0;
        const results = await mapBounded(items, limit, async (item) => {
          most = Math.max(most, ++running);
          await new Promise(setImmediate);
          running -= 1;
          return item * 2;
        });
        expect(results).toEqual(items.map((item) => item * 2));
        expect(most).toBe(Math.min(limit, items.length));
      },
    ),
  );
});

test('after a failure nothing new is begun', async () => {
  const begun: number[] = [];
  const work = async (item: number): Promise<void> => {
    begun.push(item);
    await new Promise(setImmediate);
    if (item === 1) throw new Error('one fails');
  };
  await expect(mapBounded([1, 2, 3, 4], 2, work)).rejects.toThrow('one fails');
  await new Promise(setImmediate);
  expect(begun).toEqual([1, 2]);
});

test('what takes too long is given up with a sentence that names it', async () => {
  const never = new Promise<never>(() => {});
  await expect(withinLimit(systemClock, 20, 'The signal', never)).rejects.toThrow('The signal took longer than 20 ms');
  await expect(withinLimit(systemClock, 10_000, 'The signal', Promise.resolve(7))).resolves.toBe(7);
  await expect(withinLimit(systemClock, 10_000, 'The signal', Promise.reject(new Error('no')))).rejects.toThrow('no');
});
