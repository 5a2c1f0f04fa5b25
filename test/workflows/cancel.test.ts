import { createCancelOrder } from '../../activities/cancel-order';
import type { ActivityDeps } from '../../activities/deps';
import type { CancelOrderResult } from '../../activities/order-activities';
import { orderError } from '../../src/domain/errors';
import { denied as deniedOutcome } from '../../src/domain/outcome';
import { RETRY } from '../../src/domain/retry';
import { cancelAtExchange } from '../../workflows/order/cancel';
import { OrderLife } from '../../workflows/order/order-life';
import { systemClock } from '../../src/platform/clock';
import { orderOf } from '../exchanges/placing';

const mockCancelOrder = jest.fn<Promise<CancelOrderResult>, []>();
const mockRecordStep = jest.fn();
jest.mock('@temporalio/workflow', () => ({
  ...jest.requireActual<object>('@temporalio/workflow'),
  proxyActivities: () => ({
    cancelOrder: () => mockCancelOrder(),
    recordStep: () => Promise.resolve(mockRecordStep()),
  }),
  condition: (holds: () => boolean) => Promise.resolve(holds()),
  patched: () => true,
}));

const REQUEST = { requestedBy: 'ada' };
const error = orderError('CANCEL_FAILED', 'It was not sent: 100 calls are under way already.');
const unanswered: CancelOrderResult = { result: 'retry', retryAt: 0, error };
const denied: CancelOrderResult = { ...unanswered, denied: true };

function orderWithCancel(): OrderLife {
  const life = new OrderLife(orderOf(), '2026-01-31T12:00:00.000Z');
  life.requestCancel(REQUEST);
  return life;
}

function cancelledBy(life: OrderLife): CancelOrderResult {
  const { lifecycle, ledger } = life.facts;
  const facts = { lifecycle: { ...lifecycle, version: lifecycle.version + 1, phase: 'CANCELLED' as const }, ledger };
  return { result: 'answered', facts };
}

beforeEach(() => jest.resetAllMocks());

test('a cancel that could not be sent for a while is not given up', async () => {
  const life = orderWithCancel();
  for (let round = 0; round < 4 * RETRY.maxRetries; round++) mockCancelOrder.mockResolvedValueOnce(denied);
  mockCancelOrder.mockResolvedValueOnce(cancelledBy(life));
  await cancelAtExchange(life, REQUEST);
  expect(life).toMatchObject({ status: 'CANCELLED', cancel: undefined, doubt: undefined });
});

test('a cancel that the exchange does not answer is given up after its tries, and a person is asked', async () => {
  const life = orderWithCancel();
  mockCancelOrder.mockResolvedValueOnce(denied).mockResolvedValue(unanswered);
  mockRecordStep.mockReturnValue({});
  await cancelAtExchange(life, REQUEST);
  expect(mockCancelOrder).toHaveBeenCalledTimes(1 + 1 + RETRY.maxRetries);
  expect(life.doubt).toMatchObject({ reason: error.message });
});

test('a cancel that can never be sent ends, and a person is asked', async () => {
  const life = orderWithCancel();
  mockCancelOrder.mockResolvedValue(denied);
  mockRecordStep.mockReturnValue({});
  await cancelAtExchange(life, REQUEST);
  expect(life.doubt).toMatchObject({ reason: error.message });
});

test("a person's decision does not wait for a cancel that can't be sent, and the cancel goes on after it", async () => {
  const life = orderWithCancel();
  mockCancelOrder.mockResolvedValue(denied);
  life.decide({ request: { action: 'RECONCILE', reason: 'odd', resolvedBy: 'bob' } });
  await cancelAtExchange(life, REQUEST);
  expect(mockCancelOrder).toHaveBeenCalledTimes(1);
  expect(life).toMatchObject({ cancel: REQUEST, doubt: undefined });
});

test.each([
  ['may be sent later is no try', 42, true],
  ['may never be sent is one', undefined, undefined],
])('a cancel that %s', async (_, retryAt, expected) => {
  const adapter = { cancelOrder: () => Promise.resolve(deniedOutcome(error, retryAt)) };
  const exchanges = { getAdapter: () => Promise.resolve(adapter) };
  const cancelOrder = createCancelOrder({ exchanges, clock: systemClock } as unknown as ActivityDeps);
  const result = await cancelOrder({ request: orderOf(), generation: 0, requestedBy: 'ada' });
  expect(result).toMatchObject({ result: 'retry' });
  expect((result as { denied?: true }).denied).toBe(expected);
});
