import fc from 'fast-check';
import { patiently } from '../../activities/connection/patience';
import { ERROR_CATALOGUE, ERROR_CATEGORIES, ServiceError, type ErrorCode } from '../../src/domain/errors';
import { getRetryDelay, type RetryConfig } from '../../src/domain/retry';
import type { Clock } from '../../src/platform/clock';
import { RateLimitedError } from '../../src/ratelimit/rate-limited-error';
import '../exchanges/real-ccxt';
import { errorHandler } from '../error-handling/error-handler';

const RUNS = { numRuns: 300 };
const NOW_MS = Date.parse('2026-01-31T12:00:00.000Z');
const PAUSE_MS_MAX = 60_000;

const retryConfig = (): fc.Arbitrary<RetryConfig> =>
  fc
    .record({
      maxRetries: fc.integer({ min: 0, max: 12 }),
      initialDelayMs: fc.integer({ min: 1, max: 5_000 }),
      maxDelayMs: fc.integer({ min: 1, max: PAUSE_MS_MAX }),
      multiplier: fc.constantFrom(1, 1.5, 2, 3, 10),
      retryableCategories: fc.constant(['RETRYABLE', 'RATE_LIMITED'] as const),
    })
    .map((config) => ({ ...config, maxDelayMs: Math.max(config.maxDelayMs, config.initialDelayMs) }));

const codesOf = (...categories: string[]): fc.Arbitrary<ErrorCode> =>
  fc.constantFrom(
    ...(Object.keys(ERROR_CATALOGUE) as ErrorCode[]).filter((code) =>
      categories.includes(ERROR_CATALOGUE[code].category),
    ),
  );

/** A clock on which sleeping takes no time; it keeps what was slept. */
function sleepless(): { clock: Clock; slept: number[] } {
  const slept: number[] = [];
  return { slept, clock: { now: () => NOW_MS, sleep: (ms) => Promise.resolve(void slept.push(ms)) } };
}

describe('Property 06: retry with exponential backoff', () => {
  test('the delay is initialDelay × multiplier^attemptNumber, attempts counted from 0, and never above the maximum', () => {
    fc.assert(
      fc.property(retryConfig(), fc.nat({ max: 2_000 }), (config, attempt) => {
        const exact = config.initialDelayMs * config.multiplier ** attempt;
        const delay = errorHandler().getRetryDelay(attempt, config);
        expect(delay).toBe(exact > config.maxDelayMs ? config.maxDelayMs : exact);
        expect(delay).toBeLessThanOrEqual(getRetryDelay(attempt + 1, config));
      }),
      RUNS,
    );
    expect(getRetryDelay(0)).toBe(1_000);
  });

  test('whatever passes is tried again with these delays, and given up after maxRetries', async () => {
    await fc.assert(
      fc.asyncProperty(retryConfig(), codesOf('RETRYABLE', 'RATE_LIMITED'), async (retry, code) => {
        const { clock, slept } = sleepless();
        const errors = errorHandler({ clock, retry });
        let calls = 0;
        const query = (): Promise<never> => {
          calls += 1;
          return Promise.reject(new ServiceError(code, `Call ${calls}.`));
        };
        await expect(patiently({ clock, errors }, 'BINANCE', query)).rejects.toThrow(`Call ${retry.maxRetries + 1}.`);
        expect(calls).toBe(retry.maxRetries + 1);
        expect(slept).toEqual(Array.from({ length: retry.maxRetries }, (_, attempt) => getRetryDelay(attempt, retry)));
      }),
      RUNS,
    );
  });

  test('a call that works in the end is answered, after as many pauses as there were failures', async () => {
    await fc.assert(
      fc.asyncProperty(retryConfig(), fc.nat({ max: 12 }), codesOf('RETRYABLE'), async (retry, failures, code) => {
        fc.pre(failures <= retry.maxRetries);
        const { clock, slept } = sleepless();
        const query = (): Promise<string> =>
          slept.length < failures ? Promise.reject(new ServiceError(code, 'Not yet.')) : Promise.resolve('yes');
        expect(await patiently({ clock, errors: errorHandler({ clock, retry }) }, 'BINANCE', query)).toBe('yes');
        expect(slept).toHaveLength(failures);
      }),
      RUNS,
    );
  });

  test('the exchange is left alone for as long as it asked', () => {
    fc.assert(
      fc.property(retryConfig(), fc.nat({ max: 20 }), fc.nat({ max: 600_000 }), (retry, attempt, retryAfterMs) => {
        const { clock } = sleepless();
        const errors = errorHandler({ clock, retry });
        const met = errors.categorizeError(new RateLimitedError('Too many.', NOW_MS + retryAfterMs), 'BINANCE');
        expect(met).toMatchObject({ category: 'RATE_LIMITED', retryable: true, retryAfterMs });
        expect(errors.getPause(met, attempt)).toBe(Math.max(retryAfterMs, getRetryDelay(attempt, retry)));
      }),
      RUNS,
    );
  });

  test('nothing else is ever tried again', async () => {
    await fc.assert(
      fc.asyncProperty(codesOf('INVALID_REQUEST', 'EXCHANGE_ERROR', 'FATAL'), fc.nat(), async (code, attempt) => {
        const { clock, slept } = sleepless();
        const errors = errorHandler({ clock });
        const error = new ServiceError(code, 'No.');
        await expect(patiently({ clock, errors }, 'BINANCE', () => Promise.reject(error))).rejects.toBe(error);
        expect(slept).toEqual([]);
        expect(errors.shouldRetry(errors.categorizeError(error, 'BINANCE'), attempt)).toBe(false);
      }),
      RUNS,
    );
  });

  test('which categories are tried again is the configuration’s to say', () => {
    fc.assert(
      fc.property(
        retryConfig(),
        fc.subarray([...ERROR_CATEGORIES]),
        fc.nat({ max: 20 }),
        (config, categories, attempt) => {
          const errors = errorHandler({ retry: { ...config, retryableCategories: categories } });
          for (const code of Object.keys(ERROR_CATALOGUE) as ErrorCode[]) {
            const met = errors.categorizeError(new ServiceError(code, 'It.'), 'BINANCE');
            const expected = categories.includes(met.category);
            expect(met.retryable).toBe(expected);
            expect(errors.shouldRetry(met, attempt)).toBe(expected && attempt < config.maxRetries);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
