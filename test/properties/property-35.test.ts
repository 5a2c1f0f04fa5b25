import fc from 'fast-check';
import { Redis } from 'ioredis';
import type { CategoryLimit } from '../../src/ratelimit/account-limits';
import { RATE_LIMIT_CATEGORIES } from '../../src/ratelimit/budget';
import { aLimitedAccount } from '../ratelimit/limited-account';
import { sharedRateLimiter } from '../ratelimit/shared-limiter';
import { testStack } from '../stack/stack';

/** Property 35: use and what is left can be asked for, of every category, from any process. */
const redis = new Redis(testStack().redisUrl, { enableAutoPipelining: true });
afterAll(() => redis.quit());

const limit = (): fc.Arbitrary<CategoryLimit> =>
  fc.record({
    category: fc.constantFrom(...RATE_LIMIT_CATEGORIES),
    scope: fc.constantFrom('IP' as const, 'ACCOUNT' as const, 'INSTRUMENT' as const),
    servesCancels: fc.boolean(),
    model: fc.oneof(
      fc
        .record({ limit: fc.integer({ min: 2, max: 500 }), windowMs: fc.constantFrom(60_000, 86_400_000) })
        .map((window) => ({ windows: [window] })),
      fc
        .record({ limit: fc.integer({ min: 2, max: 500 }), perSecond: fc.constantFrom(0.001, 1) })
        .map((decay) => ({ decay })),
    ),
  });

test('Property 35: a process that has called nothing sees every category with its limit, what is used and what is left', async () => {
  const declared = fc.uniqueArray(limit(), {
    minLength: 1,
    maxLength: 6,
    selector: ({ category, scope }) => `${category} ${scope}`,
  });
  await fc.assert(
    fc.asyncProperty(declared, fc.nat({ max: 3 }), async (limits, calls) => {
      const { limits: account, place } = aLimitedAccount({}, { limits });
      const [one, other] = [0, 1].map(() => sharedRateLimiter(redis, { limitsOf: () => Promise.resolve(account) }));
      let granted = 0;
      for (let call = 0; call < calls; call += 1) {
        for (const { category } of limits.filter(({ scope }) => scope === 'INSTRUMENT')) {
          const turn = await one!.acquire(
            account.call({ [category]: 1 }, 'CRITICAL', { assetId: 'BTC/USD', waitMsMax: 0 }),
          );
          if (turn.granted) await turn.release({ sent: true });
          granted += turn.granted ? 1 : 0;
        }
      }
      const states = await other!.getRateLimitStatus({ ...place, assetId: 'BTC/USD' });
      for (const { category, scope, model } of limits) {
        const row = states.find((state) => state.category === category && state.scope === scope);
        // What belongs to an instrument shows once it has been used.
        if (row === undefined) {
          expect(scope === 'INSTRUMENT' && granted === 0).toBe(true);
          continue;
        }
        const size = model === undefined ? NaN : 'decay' in model ? model.decay.limit : model.windows[0]?.limit;
        expect(row).toMatchObject({ ...place, limit: size, remaining: Math.max(0, row.limit - row.used), queued: 0 });
        expect(row.used).toBeLessThanOrEqual(row.limit);
        expect(row.reservedForCritical).toBeLessThan(row.limit);
        expect(Date.parse(row.resetsAt)).not.toBeNaN();
      }
    }),
    { numRuns: 100 },
  );
});
