import fc from 'fast-check';
import { Redis } from 'ioredis';
import { systemRandom } from '../../src/platform/random';
import { systemClock } from '../../src/platform/clock';
import { windowsOf } from '../../src/ratelimit/budget';
import { MemoryRateStore } from '../../src/ratelimit/memory-rate-store';
import type { BudgetUsage, Permit, RateStore, Verdict } from '../../src/ratelimit/rate-store';
import { RedisRateStore } from '../../src/ratelimit/redis-rate-store';
import { testStack } from '../stack/stack';
import { aRequest, budget } from './budgets';

const redis = new Redis(testStack().redisUrl, { enableAutoPipelining: true });
/** Leases and bans are an exchange's: where time is a test's own, the exchange must be, too. */
const EXCHANGE = 'FINOA';
let nowMs = 0;
const now = (): number => nowMs;
const inRedis = new RedisRateStore({ redis, random: systemRandom, now });

afterAll(() => redis.quit());

type Step =
  | { kind: 'acquire'; cost: number; critical: boolean }
  | { kind: 'release'; sent: boolean; observed?: number }
  | { kind: 'pass'; ms: number }
  | { kind: 'reserve'; amount: number };

const step = (): fc.Arbitrary<Step> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('acquire' as const),
        cost: fc.integer({ min: 1, max: 9 }),
        critical: fc.boolean(),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record(
        { kind: fc.constant('release' as const), sent: fc.boolean(), observed: fc.integer({ min: 0, max: 70 }) },
        { requiredKeys: ['kind', 'sent'] },
      ),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('pass' as const),
        ms: fc.oneof(
          fc.integer({ min: 1, max: 50 }),
          fc.integer({ min: 1, max: 20_000 }),
          fc.integer({ min: 1, max: 200_000_000 }),
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('reserve' as const), amount: fc.integer({ min: 0, max: 20 }) }),
    },
  );

it('the script decides as the model does, whatever came before', async () => {
  await fc.assert(
    fc.asyncProperty(budget(EXCHANGE), fc.array(step(), { minLength: 5, maxLength: 25 }), async (drawn, steps) => {
      const limited = { ...drawn, key: `ratelimit:t-${systemRandom.uuid()}:{${EXCHANGE}}:ORDERS` };
      nowMs = 1_800_000_000_000;
      const stores: RateStore[] = [new MemoryRateStore({ ...systemClock, now }), inRedis];
      const permits: Permit[][] = [];
      const release = async (answer: Parameters<Permit['release']>[0]): Promise<void> => {
        for (const permit of permits.shift() ?? []) await permit.release(answer);
      };
      for (const { kind, ...more } of steps) {
        if (kind === 'acquire') {
          const verdicts: Verdict[] = [];
          for (const store of stores) verdicts.push(await store.acquire(aRequest(limited, more as object)));
          const [model, script] = verdicts.map((verdict) => (verdict.granted ? 0 : verdict.waitMs));
          expect(script).toBe(model);
          const granted = verdicts.flatMap((verdict) => (verdict.granted ? [verdict.permit] : []));
          if (granted.length > 0) permits.push(granted);
        } else if (kind === 'release') {
          const { sent, observed: used } = more as { sent: boolean; observed?: number };
          const [window] = windowsOf(limited);
          const seen =
            window !== undefined && used !== undefined
              ? [{ budgetKey: limited.key, windowMs: window.windowMs, used }]
              : [];
          await release({ sent, observed: seen });
        } else if (kind === 'reserve') {
          for (const store of stores) await store.reserve(limited, (more as { amount: number }).amount);
        } else {
          const { ms } = more as { ms: number };
          // A lease of the script ends by itself; the model is never without its process.
          if (ms > 200) while (permits.length > 0) await release({ sent: true });
          nowMs += ms;
        }
        const [model, script] = await Promise.all(stores.map((store) => store.usage(EXCHANGE, [limited])));
        const shown = (usage: BudgetUsage[] | undefined): unknown =>
          usage?.[0]?.uses.map(({ used, ...rest }) => ({ ...rest, used: expect.closeTo(used, 6) as number }));
        expect(script?.[0]?.uses).toEqual(shown(model));
        expect(script?.[0]?.waitMs).toBe(model?.[0]?.waitMs);
      }
    }),
    { numRuns: 100 },
  );
}, 60_000);
