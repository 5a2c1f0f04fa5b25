import fc from 'fast-check';
import { Redis } from 'ioredis';
import { RETRY_AFTER_MS_MAX, retryAfterMs } from '../../src/ratelimit/retry-after';
import { aLimitedAccount } from '../ratelimit/limited-account';
import { sharedRateLimiter } from '../ratelimit/shared-limiter';
import { testStack } from '../stack/stack';

/** Property 34: a Retry-After is read and kept to, by every process. */
const redis = new Redis(testStack().redisUrl, { enableAutoPipelining: true });
afterAll(() => redis.quit());

const NOW_MS = Date.parse('2026-01-31T12:00:00.000Z');

test('Property 34: seconds and HTTP dates say how long to wait, however long', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: RETRY_AFTER_MS_MAX / 1_000 }), fc.boolean(), (seconds, asDate) => {
      const header = asDate ? new Date(NOW_MS + seconds * 1_000).toUTCString() : String(seconds);
      expect(retryAfterMs(header, NOW_MS)).toBe(seconds * 1_000);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['the past is no wait', new Date(NOW_MS - 5_000).toUTCString(), 0],
  ['nor longer than the longest ban', '999999999', RETRY_AFTER_MS_MAX],
  ['a word is none', 'soon', undefined],
  ['nor a negative number', '-5', undefined],
  ['nor a fraction', '1.5', undefined],
  ['nor nothing', undefined, undefined],
])('%s (%s)', (_, header, expected) => {
  expect(retryAfterMs(header, NOW_MS)).toBe(expected);
});

test('Property 34: nothing goes out in any process before the exchange takes calls again; a shorter ban changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 60, max: 259_200 }),
      fc.integer({ min: 1, max: 259_200 }),
      async (seconds, next) => {
        const { limits, place } = aLimitedAccount();
        const [told, other] = [sharedRateLimiter(redis), sharedRateLimiter(redis)];
        const sinceMs = Date.now();
        await told.ban(place.exchangeId, [limits.ownerOf('IP')], seconds * 1_000);
        await other.ban(place.exchangeId, [limits.ownerOf('IP')], next * 1_000);
        const untilMs = sinceMs + Math.max(seconds, next) * 1_000;
        for (const limiter of [told, other]) {
          for (const priority of ['CRITICAL', 'NORMAL'] as const) {
            const turn = await limiter.acquire(limits.call({ ORDERS: 1, WEIGHT: 1 }, priority));
            expect(turn).toMatchObject({ granted: false, banned: true });
            expect((turn as { retryAt: number }).retryAt).toBeGreaterThanOrEqual(untilMs);
          }
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('a ban that ends soon is waited for', async () => {
  const { limits, place } = aLimitedAccount();
  const [told, other] = [sharedRateLimiter(redis), sharedRateLimiter(redis)];
  const sinceMs = Date.now();
  await told.ban(place.exchangeId, [limits.ownerOf('IP')], 300);
  const turn = await other.acquire(limits.call({ QUERIES: 1, WEIGHT: 1 }, 'NORMAL'));
  expect(turn.granted).toBe(true);
  expect(Date.now() - sinceMs).toBeGreaterThanOrEqual(299);
});
