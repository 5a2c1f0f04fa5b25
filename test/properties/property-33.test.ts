import fc from 'fast-check';
import { Redis } from 'ioredis';
import { RATE_LIMIT_CATEGORIES, type RateLimitCategory } from '../../src/ratelimit/budget';
import { aLimitedAccount } from '../ratelimit/limited-account';
import { sharedRateLimiter } from '../ratelimit/shared-limiter';
import { testStack } from '../stack/stack';

/** Property 33: each category has a count of its own; the test runs on real Redis, through two limiters as of two processes. */
const redis = new Redis(testStack().redisUrl, { enableAutoPipelining: true });
afterAll(() => redis.quit());

const category = (): fc.Arbitrary<RateLimitCategory> => fc.constantFrom(...RATE_LIMIT_CATEGORIES);

test('Property 33: what is taken of one category shows in that category alone, in every process', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(category(), { maxLength: 12 }), category(), async (taken, exhausted) => {
      // Minutes only: what is taken must not fall out of a second's window before it is looked at.
      const { limits, place } = aLimitedAccount({
        ordersPerSecond: 500,
        queriesPerSecond: 500,
        wsMessagesPerSecond: 0.5,
      });
      const processes = [sharedRateLimiter(redis, { limitsOf: () => Promise.resolve(limits) })];
      processes.push(sharedRateLimiter(redis, { limitsOf: () => Promise.resolve(limits) }));
      const [one, other] = processes;
      const mine = taken.filter((each) => each !== 'WEBSOCKET');
      for (const [index, each] of mine.entries()) await processes[index % 2]?.consumeLimit(place, each);
      const states = (await other?.getRateLimitStatus(place)) ?? [];
      for (const each of RATE_LIMIT_CATEGORIES) {
        const rows = states.filter((state) => state.category === each && (state.windowMs ?? 0) >= 60_000);
        for (const { used } of rows) expect(used).toBe(mine.filter((used) => used === each).length);
      }
      await one?.handleRateLimitResponse(place, 60_000, {
        scope: exhausted === 'WEIGHT' ? 'IP' : 'ACCOUNT',
        category: exhausted,
      });
      for (const each of RATE_LIMIT_CATEGORIES) {
        expect((await other?.checkLimit(place, each))?.allowed).toBe(each !== exhausted);
      }
    }),
    { numRuns: 100 },
  );
});
