import fc from 'fast-check';
import { Redis } from 'ioredis';
import { systemRandom } from '../../src/platform/random';
import type { Budget } from '../../src/ratelimit/budget';
import { reservedOf, windowsOf } from '../../src/ratelimit/budget';
import type { Permit } from '../../src/ratelimit/rate-store';
import { RedisRateStore } from '../../src/ratelimit/redis-rate-store';
import { gatesOf } from '../../src/ratelimit/scopes';
import { aBudget, aRequest } from '../ratelimit/budgets';
import { sharedRateLimiter } from '../ratelimit/shared-limiter';
import { testStack } from '../stack/stack';

/**
 * Property 8: near a limit requests are queued rather than rejected, and cancels have capacity of their own. In Redis's
 * own script; time is the test's where days must pass.
 */
const redis = new Redis(testStack().redisUrl, { enableAutoPipelining: true });
/** No other test may tell the time there: leases are an exchange's. */
const EXCHANGE = 'BISON';
let nowMs = 1_800_000_000_000;
const store = new RedisRateStore({ redis, random: systemRandom, now: () => nowMs });

const WINDOWS = [200, 1_000, 10_000, 60_000, 86_400_000];

afterAll(() => redis.quit());

const limited = (...windows: number[]): fc.Arbitrary<Budget> =>
  fc
    .record({
      limit: fc.integer({ min: 2, max: 25 }),
      windowMs: fc.constantFrom(...windows),
      criticalReservationPercent: fc.constantFrom(0, 10, 30),
      warningThresholdPercent: fc.constantFrom(50, 80, 100),
      burstAllowed: fc.boolean(),
    })
    .map(({ limit, windowMs, ...rest }) =>
      aBudget({ ...rest, exchangeId: EXCHANGE, model: { windows: [{ limit, windowMs }] } }),
    );

const own = (budget: Budget): Budget => ({ ...budget, key: `ratelimit:t-${systemRandom.uuid()}:{${EXCHANGE}}:ORDERS` });

test('Property 08: whoever finds no room is told when there is, and then there is', async () => {
  await fc.assert(
    fc.asyncProperty(
      limited(...WINDOWS),
      fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 40 }),
      async (drawn, gaps) => {
        const budget = own(drawn);
        for (const gap of gaps) {
          nowMs += gap;
          let verdict = await store.acquire(aRequest(budget));
          for (let tries = 0; !verdict.granted && tries < 2; tries += 1) {
            expect(verdict.waitMs).toBeGreaterThan(0);
            nowMs += verdict.waitMs;
            verdict = await store.acquire(aRequest(budget));
          }
          expect(verdict.granted).toBe(true);
          if (verdict.granted) await verdict.permit.release({ sent: true });
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('Property 08: at the exchange no stretch of a window holds more than the limit, whenever it counts a call', async () => {
  const move = fc.record({
    passMs: fc.integer({ min: 0, max: 120 }),
    answer: fc.boolean(),
    within: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(
      limited(200, 1_000, 5_000),
      fc.array(move, { minLength: 15, maxLength: 40 }),
      async (drawn, moves) => {
        const budget = own(drawn);
        const [{ limit, windowMs } = { limit: 0, windowMs: 0 }] = windowsOf(budget);
        const underWay: { permit: Permit; sinceMs: number }[] = [];
        const countedAtMs: number[] = [];
        for (const { passMs, answer, within } of moves) {
          nowMs += Math.ceil((passMs * windowMs) / 1_000);
          const first = answer ? underWay.shift() : undefined;
          if (first !== undefined) {
            countedAtMs.push(first.sinceMs + within * (nowMs - first.sinceMs));
            await first.permit.release({ sent: true });
          }
          const verdict = await store.acquire(aRequest(budget, { critical: within > 0.8 }));
          if (verdict.granted) underWay.push({ permit: verdict.permit, sinceMs: nowMs });
        }
        for (const atMs of countedAtMs) {
          expect(countedAtMs.filter((other) => other > atMs - windowMs && other <= atMs).length).toBeLessThanOrEqual(
            limit,
          );
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('Property 08: when other calls have used all that is theirs, cancels still have what is reserved', async () => {
  await fc.assert(
    fc.asyncProperty(limited(...WINDOWS), async (drawn) => {
      const budget = own({ ...drawn, burstAllowed: true, warningThresholdPercent: 100 });
      const [{ limit } = { limit: 0 }] = windowsOf(budget);
      const reserved = reservedOf(limit, budget, 0);
      const grantedOf = async (critical: boolean): Promise<number> => {
        for (let granted = 0; ; granted += 1)
          if (!(await store.acquire(aRequest(budget, { critical }))).granted) return granted;
      };
      expect(await grantedOf(false)).toBe(limit - reserved);
      expect(await grantedOf(true)).toBe(reserved);
      nowMs += 60_000; // past the leases of this run
    }),
    { numRuns: 100 },
  );
});

test('in real time, a burst beyond the limit is served through the queue, none of it rejected', async () => {
  const limiter = sharedRateLimiter(redis);
  const windowMs = 300;
  const budget = aBudget({
    exchangeId: 'OKX',
    model: { windows: [{ limit: 20, windowMs }] },
    criticalReservationPercent: 10,
    warningThresholdPercent: 80,
  });
  const call = {
    exchangeId: 'OKX',
    charges: [{ budget, cost: 1 }],
    gates: gatesOf(budget),
    waitMsMax: 20_000,
  } as const;
  const startedMs = performance.now();
  const turns = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const turn = await limiter.acquire({ ...call, priority: 'NORMAL' });
      if (turn.granted) await turn.release({ sent: true });
      return turn.granted;
    }),
  );
  expect(turns).toEqual(turns.map(() => true));
  expect(performance.now() - startedMs).toBeGreaterThan(2 * windowMs);
});
