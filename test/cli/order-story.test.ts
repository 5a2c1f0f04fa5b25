import { durationText, storyOf } from '../../src/cli/order-story';
import { orderError } from '../../src/domain/errors';
import type { Order, OrderEvent } from '../../src/domain/order';

const CREATED_AT = '2026-01-31T12:00:00.000Z';
const NOW_MS = Date.parse('2026-01-31T12:03:05.000Z');
const created: OrderEvent = { type: 'CREATED', at: CREATED_AT, by: 'service' };
const acknowledged: OrderEvent = { type: 'ACKNOWLEDGED', at: '2026-01-31T12:00:00.040Z', by: 'BINANCE' };

function anOrder(changes: Partial<Order>): Order {
  return {
    schemaVersion: 1,
    orderId: 'a38f750f-2383-4d85-9c60-16914736e500',
    tenantId: 'demo',
    strategyId: 'mine',
    exchangeId: 'BINANCE',
    assetId: 'BTC/USDT',
    side: 'BUY',
    orderType: 'LIMIT',
    price: '50000',
    timeInForce: 'GTC',
    quantity: '0.01',
    filledQuantity: '0',
    remainingQuantity: '0.01',
    commissions: {},
    status: 'OPEN',
    idempotencyKey: 'k',
    fills: [],
    fillCount: 0,
    events: [created, acknowledged],
    createdAt: CREATED_AT,
    updatedAt: CREATED_AT,
    ...changes,
  };
}

const trade = (executionId: string, timestamp: string, price = '50000'): Order['fills'][number] => ({
  fillId: executionId,
  executionId,
  quantity: '0.001',
  price,
  commission: '0',
  commissionAsset: 'BNB',
  timestamp,
});

test('an open order waits for somebody to trade', () => {
  expect(storyOf(anOrder({}), NOW_MS).now).toBe(
    'OPEN for 3 min 5 s: nothing was traded. It waits for somebody to trade the remaining 0.01.',
  );
});

test.each<[string, Partial<Order>]>([
  ['the answer of BINANCE', { status: 'PENDING', events: [created] }],
  [
    'a lookup at BINANCE to tell whether it arrived',
    { status: 'PENDING', events: [created, { type: 'SUBMISSION_UNKNOWN', at: CREATED_AT, by: 'service' }] },
  ],
  ['the market to reach its trigger', { events: [created, { type: 'ARMED', at: CREATED_AT, by: 'service' }] }],
  [
    'BINANCE to confirm the cancel',
    { events: [created, acknowledged, { type: 'CANCEL_REQUESTED', at: CREATED_AT, by: 'ada' }] },
  ],
  ['fills that BINANCE counts and that are not booked yet', { status: 'CANCELLED' }],
  ['a person', { stuckSince: CREATED_AT }],
])('it says that an order waits for %s', (what, changes) => {
  expect(storyOf(anOrder(changes), NOW_MS).now).toContain(`It waits for ${what}.`);
});

test('fills stand between the events where they happened, many as one step', () => {
  const cancelled: OrderEvent = { type: 'CANCEL_REQUESTED', at: '2026-01-31T12:00:02.000Z', by: 'ada', detail: 'done' };
  const fills = [
    trade('1', '2026-01-31T12:00:01.000Z', '50000'),
    trade('2', '2026-01-31T12:00:01.500Z', '9999.5'),
    trade('3', '2026-01-31T12:00:03.000Z'),
  ];
  const { steps } = storyOf(anOrder({ fills, fillCount: 5, events: [created, acknowledged, cancelled] }), NOW_MS);
  expect(steps.map(({ afterMs, text }) => [afterMs, text])).toEqual([
    [0, 'The order was taken on and written down.'],
    [40, 'The exchange has accepted it.'],
    [1_000, '2 fills before these (`orders fills` lists all).'],
    [1_000, '0.002 traded in 2 fills at 9999.5 to 50000.'],
    [2_000, 'A cancel was asked for. (done)'],
    [3_000, '0.001 traded at 50000.'],
  ]);
});

test('a refused order is told with what to do', () => {
  const error = orderError('INSUFFICIENT_FUNDS', 'The account has 5 USDT.');
  const rejected: OrderEvent = { type: 'REJECTED', at: acknowledged.at, by: 'BINANCE', detail: error.message };
  const order = anOrder({ status: 'REJECTED', error, completedAt: acknowledged.at, events: [created, rejected] });
  const { now, advice } = storyOf(order, NOW_MS);
  expect(now).toBe('REJECTED, after 40 ms: nothing was traded. Nothing is waited for.');
  expect(advice).toMatch(/^INSUFFICIENT_FUNDS: The account has 5 USDT\. Fund the account/);
});

test.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [4_250, '4.2 s'],
  [185_000, '3 min 5 s'],
  [18_180_000, '5 h 3 min'],
  [12 * 86_400_000 + 3_600_000, '12 days 1 h'],
  [-30, '-30 ms'],
])('%d ms is %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});
