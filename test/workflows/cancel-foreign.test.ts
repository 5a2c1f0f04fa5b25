import { createCancelAll } from '../../activities/cancel-all';
import type { ForeignLeft } from '../../activities/kill-activities';
import type { CancelAllResult } from '../../activities/order-activities';
import { orderError, ServiceError } from '../../src/domain/errors';
import type { Halt } from '../../src/domain/halt';
import type { Outcome } from '../../src/domain/outcome';
import { accepted, denied as deniedOutcome, rejected, unknown } from '../../src/domain/outcome';
import type { CancelAllAcknowledgement, ExchangeAdapter } from '../../src/exchanges/adapter';
import { ManualClock } from '../alerts/manual-clock';
import { cancelForeign } from '../../workflows/kill/cancel-foreign';
import { KillLife } from '../../workflows/kill/kill-life';
import { ROUNDS_MAX } from '../../workflows/kill/rounds';

const mockCancelAll = jest.fn<Promise<CancelAllResult>, []>();
const mockIsReleased = jest.fn<Promise<boolean>, []>();
const mockReportIncomplete = jest.fn<void, [Halt, number, ForeignLeft?]>();
const mockSleep = jest.fn<Promise<void>, [number]>();
jest.mock('@temporalio/workflow', () => ({
  ...jest.requireActual<object>('@temporalio/workflow'),
  proxyActivities: () => ({
    cancelAll: () => mockCancelAll(),
    isReleased: () => mockIsReleased(),
    reportIncomplete: (...args: [Halt, number, ForeignLeft?]) => Promise.resolve(mockReportIncomplete(...args)),
  }),
  setHandler: () => undefined,
  setCurrentDetails: () => undefined,
  sleep: (ms: number) => mockSleep(ms),
}));

const haltedAt = '2026-01-31T12:00:00.000Z';
const HALT = { haltId: 'h', tenantId: 't', scope: {}, reason: 'model went wild', haltedBy: 'alice', haltedAt };
const error = orderError('RATE_LIMITED', 'It asks to wait.');
const cancelled = (orders: number): CancelAllResult => ({ result: 'cancelled', orders });
const denied = (forMs = 0): CancelAllResult => ({ result: 'retry', retryAt: Date.now() + forMs, error });

let life: KillLife;
const seen = (): object => life.progress.cancelAll;

beforeAll(() => jest.useFakeTimers());
afterAll(() => jest.useRealTimers());
beforeEach(() => {
  jest.resetAllMocks();
  mockIsReleased.mockResolvedValue(false);
  life = new KillLife(HALT);
});

test('orders that others place meanwhile are cancelled too, and what is done is seen after every round', async () => {
  const afterRounds: object[] = [];
  mockSleep.mockImplementation(() => Promise.resolve(void afterRounds.push(seen())));
  const answers = [cancelled(3), denied(), cancelled(2), cancelled(0)];
  for (const answer of answers) mockCancelAll.mockResolvedValueOnce(answer);
  await cancelForeign(life, HALT, 'BINANCE');
  expect(afterRounds).toEqual([
    [{ exchangeId: 'BINANCE', cancelled: 3 }],
    [{ exchangeId: 'BINANCE', cancelled: 3, error: error.message }],
    [{ exchangeId: 'BINANCE', cancelled: 5 }],
  ]);
  expect(seen()).toEqual([{ exchangeId: 'BINANCE', cancelled: 5 }]);
  expect(mockReportIncomplete).not.toHaveBeenCalled();
});

test('an exchange is left alone for as long as it asks, but no longer than a minute', async () => {
  for (const answer of [denied(30_000), denied(3_600_000), cancelled(0)]) mockCancelAll.mockResolvedValueOnce(answer);
  await cancelForeign(life, HALT, 'BINANCE');
  expect(mockSleep.mock.calls).toEqual([[30_000], [60_000]]);
});

test('after a release no order is cancelled any more', async () => {
  mockCancelAll.mockResolvedValue(cancelled(1));
  mockIsReleased.mockResolvedValueOnce(false).mockResolvedValueOnce(true);
  await cancelForeign(life, HALT, 'BINANCE');
  expect(mockCancelAll).toHaveBeenCalledTimes(2);
  expect(life.progress.released).toBe(true);
  expect(mockReportIncomplete).not.toHaveBeenCalled();
});

test.each<[string, () => Promise<CancelAllResult>, number, string]>([
  ['refuses', () => Promise.resolve({ result: 'failed', error }), 1, error.message],
  ['asks to wait for ever', () => Promise.resolve(denied()), ROUNDS_MAX, error.message],
  ['has no workers', () => Promise.reject(new Error('Timed out.')), ROUNDS_MAX, 'Timed out.'],
  ['has new orders again and again', () => Promise.resolve(cancelled(1)), ROUNDS_MAX, 'somebody places new ones'],
])('people are called when an exchange %s, and told which', async (_, answer, rounds, reason) => {
  mockCancelAll.mockImplementation(answer);
  life.change({ open: 2 });
  await cancelForeign(life, HALT, 'BINANCE');
  expect(mockCancelAll).toHaveBeenCalledTimes(rounds);
  const left = { exchangeId: 'BINANCE', error: expect.stringContaining(reason) as string };
  expect(seen()).toMatchObject([left]);
  expect(mockReportIncomplete.mock.calls).toEqual([[HALT, 2, left]]);
});

const refused = orderError('EXCHANGE_REJECTED', 'It refuses.');
const unregistered = new ServiceError('EXCHANGE_NOT_REGISTERED', 'BINANCE is not there.');
const away = new ServiceError('DEPENDENCY_UNAVAILABLE', 'DynamoDB does not answer.');

test.each<[string, () => Promise<Outcome<CancelAllAcknowledgement>>, CancelAllResult]>([
  ['cancels', () => Promise.resolve(accepted({ cancelled: 2 })), cancelled(2)],
  ['asks to wait', () => Promise.resolve(deniedOutcome(error, 42)), { result: 'retry', retryAt: 42, error }],
  ['is never asked', () => Promise.resolve(deniedOutcome(refused)), { result: 'failed', error: refused }],
  ['refuses', () => Promise.resolve(rejected(refused)), { result: 'failed', error: refused }],
  ['gives no answer', () => Promise.resolve(unknown(refused)), { result: 'retry', retryAt: 7, error: refused }],
  ['can not be asked now', () => Promise.reject(away), { result: 'retry', retryAt: 7, error: away.toOrderError() }],
  ['is gone', () => Promise.reject(unregistered), { result: 'failed', error: unregistered.toOrderError() }],
])('an exchange that %s is asked again only where that helps', async (_, answer, expected) => {
  const getAdapter = (): Promise<ExchangeAdapter> =>
    Promise.resolve({ cancelAll: answer } as unknown as ExchangeAdapter);
  const exchanges = { getAdapter, getExchange: () => Promise.reject(unregistered) };
  const cancelAll = createCancelAll({ exchanges, clock: new ManualClock(7) });
  expect(await cancelAll({ tenantId: 't', exchangeId: 'BINANCE' })).toEqual(expected);
});
