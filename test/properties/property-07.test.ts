import fc from 'fast-check';
import { ERROR_CATALOGUE, ERROR_CATEGORIES, orderError, ServiceError, type ErrorCode } from '../../src/domain/errors';
import { EXCHANGE_IDS } from '../../src/domain/exchange';
import { outcomeOfRefusal, serviceErrorOf } from '../../src/exchanges/binance/errors';
import { EXCHANGES } from '../../src/exchanges/registry';
import type { TransportFault } from '../../src/transport/transport-error';
import { TransportError } from '../../src/transport/transport-error';
import '../exchanges/real-ccxt';
import { errorHandler } from '../error-handling/error-handler';

const RUNS = { numRuns: 500 };
const CODES = Object.keys(ERROR_CATALOGUE) as ErrorCode[];
const FAULTS: Record<TransportFault, string> = {
  HOST_REFUSED: 'FATAL',
  SEND_BY_PASSED: 'RETRYABLE',
  BUSY: 'RETRYABLE',
  NOT_CONNECTED: 'RETRYABLE',
  TIMEOUT: 'RETRYABLE',
  CONNECTION_LOST: 'RETRYABLE',
  TOO_LARGE: 'EXCHANGE_ERROR',
  UNREADABLE: 'EXCHANGE_ERROR',
};

const errors = errorHandler();
const exchangeId = fc.constantFrom(...EXCHANGE_IDS);
const status = fc.integer({ min: 100, max: 599 });
const exchangeCode = fc.oneof(
  fc.integer({ min: -3_000, max: 60_000 }),
  fc.constantFrom(...Object.values(EXCHANGES).flatMap(({ errors: table }) => [...table.codes.keys()].map(Number))),
);
const throwing = (): never => {
  throw new Error('hands off');
};
const HOSTILE: [string, unknown][] = [
  ['an object without a prototype', Object.create(null)],
  ['an object whose fields throw', new Proxy({}, { get: throwing })],
  ['an object whose text throws', { toString: throwing }],
  ['a symbol', Symbol('an error')],
  ['a function', throwing],
  ['an error with an odd status', Object.assign(new Error('odd'), { status: 'teapot' })],
];
const anyError: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true }),
  fc.string().map((message) => new Error(message)),
  fc.tuple(fc.constantFrom(...CODES), fc.string()).map(([code, what]) => new ServiceError(code, what)),
  fc.tuple(fc.constantFrom(...CODES), fc.string()).map(([code, what]) => orderError(code, what)),
  fc
    .tuple(fc.constantFrom(...(Object.keys(FAULTS) as TransportFault[])), fc.option(status, { nil: undefined }))
    .map(([fault, replied]) => {
      const reply = replied === undefined ? {} : { reply: { status: replied, headers: {} } };
      return new TransportError(fault, 'maybe', 'Lost.', reply);
    }),
  fc.record({ status, code: fc.oneof(exchangeCode, fc.string()), message: fc.string() }, { requiredKeys: ['status'] }),
);

const categoryOf = (error: unknown): string => errors.categorizeError(error, 'BINANCE').category;

describe('Property 07: error categorization', () => {
  test('anything at all has exactly one category, the same each time, and says what it is', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(anyError, exchangeId, (error, exchange) => {
        const { errorId, timestamp: _, ...met } = errors.categorizeError(error, exchange);
        const { errorId: again, timestamp: __, ...same } = errors.categorizeError(error, exchange);
        expect(ERROR_CATEGORIES.filter((category) => category === met.category)).toHaveLength(1);
        expect(same).toEqual(met);
        expect(again).not.toBe(errorId);
        expect(met).toMatchObject({ exchangeId: exchange, code: expect.any(String), message: expect.any(String) });
        expect(met.retryable).toBe(['RETRYABLE', 'RATE_LIMITED'].includes(met.category));
        seen.add(met.category);
      }),
      RUNS,
    );
    expect([...seen].sort()).toEqual([...ERROR_CATEGORIES].sort());
  });

  test.each(HOSTILE)('%s is a fault to look into', (_, error) => {
    expect(categoryOf(error)).toBe('EXCHANGE_ERROR');
  });

  test('an adapter’s errors and the raw reply that they are made of are of one category', () => {
    fc.assert(
      fc.property(status, fc.option(exchangeCode, { nil: undefined }), fc.string(), (replied, code, msg) => {
        const refusal = { status: replied, error: code === undefined ? undefined : { code, msg } };
        const raw = categoryOf({ status: replied, ...(code !== undefined && { code }) });
        expect(categoryOf(serviceErrorOf('The query', refusal))).toBe(raw);
        const outcome = outcomeOfRefusal('The order', refusal, 1);
        if (outcome.outcome !== 'unknown') expect(categoryOf(outcome.error)).toBe(raw);
        // Of what is unknown only what needs a person is told as that; the rest is looked up, as after a timeout.
        else expect(categoryOf(outcome.error)).toBe(raw === 'EXCHANGE_ERROR' ? raw : 'RETRYABLE');
      }),
      RUNS,
    );
  });

  test.each([
    [{ status: 500 }, 'RETRYABLE'],
    [{ status: 503, code: -1121 }, 'RETRYABLE'],
    [{ status: 504 }, 'RETRYABLE'],
    [{ status: 429 }, 'RATE_LIMITED'],
    [{ status: 418 }, 'RATE_LIMITED'],
    [{ status: 403 }, 'RATE_LIMITED'],
    [{ status: 400 }, 'INVALID_REQUEST'],
    [{ status: 404 }, 'INVALID_REQUEST'],
    [{ status: 401 }, 'FATAL'],
    [{ status: 401, code: -2015 }, 'FATAL'],
    [{ status: 401, code: -2014 }, 'FATAL'],
    [{ status: 400, code: -1022 }, 'FATAL'],
    [{ status: 400, code: -1021 }, 'RETRYABLE'],
    [{ status: 400, code: -1013 }, 'INVALID_REQUEST'],
    [{ status: 400, code: -2010 }, 'INVALID_REQUEST'],
    [{ status: 400, code: -1000 }, 'EXCHANGE_ERROR'],
    [{ status: 400, code: -98_765 }, 'EXCHANGE_ERROR'],
  ])('%j of Binance is %s', (reply, category) => {
    expect(categoryOf(reply)).toBe(category);
  });

  test('a refusal that a proxy may have written is no proof against the credentials where the exchange does not say so', () => {
    expect(errors.categorizeError({ status: 403 }, 'KRAKEN').category).toBe('EXCHANGE_ERROR');
  });

  test.each(Object.entries(FAULTS))('a call that ends in %s is %s', (fault, category) => {
    expect(categoryOf(new TransportError(fault as TransportFault, 'maybe', 'It.'))).toBe(category);
  });
});
