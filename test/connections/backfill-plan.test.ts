import { ordersToLookUp, planBackfill } from '../../src/connections/backfill-plan';
import { addFills, newOrderState } from '../../src/domain/order-state';
import { anExecution, anOpenOrder, anUpdate, aRequest, AT } from './streams';

const SINCE_MS = Date.parse(AT);
const open = anOpenOrder('open', '1');
const none = { open: [], recentlyClosed: [], atExchange: [], sinceMs: SINCE_MS };

test('an order that the exchange lists as we know it needs no lookup', () => {
  expect(ordersToLookUp([open], [anUpdate(open)])).toEqual([]);
});

test.each([
  ['that the exchange does not list as open', open, []],
  ['with fewer fills booked than the exchange counts', open, [anUpdate(open, { filledQuantity: '0.5' })]],
  [
    'whose acknowledgement is not recorded',
    newOrderState(aRequest('lost'), AT),
    [anUpdate(newOrderState(aRequest('lost'), AT))],
  ],
])('an order %s is looked up', (_, order, atExchange) => {
  expect(ordersToLookUp([order], atExchange)).toEqual([order]);
});

test('more fills booked than a list that is older says are no reason for a lookup', () => {
  const ahead = { ...open, ledger: addFills(open.ledger, [anExecution(open, '1')]) };
  expect(ordersToLookUp([ahead], [anUpdate(ahead)])).toEqual([]);
});

test('executions are read once for each instrument of open and recently closed orders', () => {
  const closed = anOpenOrder('closed', '2', { assetId: 'ETH/USDT' });
  const plan = planBackfill({ ...none, open: [open, anOpenOrder('other', '3')], recentlyClosed: [closed] });
  expect(plan.assetIds).toEqual(['BTC/USDT', 'ETH/USDT']);
});

test('orders that ended since then are told again, and one that lacks fills is looked up although it has ended', () => {
  const closedAt = (completedAt: string | undefined): typeof open => ({
    ...open,
    lifecycle: { ...open.lifecycle, phase: 'CANCELLED', ...(completedAt !== undefined && { completedAt }) },
  });
  const [before, after] = [closedAt('2026-06-01T11:59:59.999Z'), closedAt(AT)];
  const short = {
    ...closedAt(undefined),
    lifecycle: { ...closedAt(undefined).lifecycle, exchangeFilledQuantity: '1' },
  };
  const plan = planBackfill({ ...none, recentlyClosed: [before, after, short] });
  expect(plan.retold).toEqual([after, short]);
  expect(plan.lookups).toEqual([short]);
});

test('an order that was filled before the exchange’s answer was recorded is looked up although it has ended', () => {
  const sent = newOrderState(aRequest('lost'), AT);
  const filled = { ...sent, ledger: addFills(sent.ledger, [anExecution(open, '1')]) };
  expect(planBackfill({ ...none, recentlyClosed: [filled] }).lookups).toEqual([filled]);
  expect(planBackfill({ ...none, recentlyClosed: [sent] }).lookups).toEqual([]);
});
