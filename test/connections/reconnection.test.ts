import fc from 'fast-check';
import { reconnectDelayMs } from '../../src/connections/reconnection';
import { DEFAULT_RECONNECTION } from '../../src/domain/connection';
import { seededRandom } from '../../src/platform/random';

test('without jitter the pauses are 1, 2, 4 … s and never above a minute', () => {
  const steady = { ...DEFAULT_RECONNECTION, jitterPercent: 0 };
  const delays = Array.from({ length: 9 }, (_, index) => reconnectDelayMs(index + 1, seededRandom(1), steady));
  expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test('jitter keeps a pause within its share and below the maximum, and differs from connection to connection', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 40 }), (seed, failures) => {
      const exact = Math.min(1_000 * 2 ** (failures - 1), 60_000);
      const delay = reconnectDelayMs(failures, seededRandom(seed));
      expect(delay).toBeGreaterThanOrEqual(Math.floor(exact * 0.8));
      expect(delay).toBeLessThanOrEqual(Math.min(Math.ceil(exact * 1.2), 60_000));
    }),
  );
  const delays = new Set(Array.from({ length: 20 }, (_, seed) => reconnectDelayMs(3, seededRandom(seed))));
  expect(delays.size).toBeGreaterThan(10);
});
