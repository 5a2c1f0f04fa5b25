import { orderNews } from '../../src/connections/order-news';
import { addFills, isBeyondEnd } from '../../src/domain/order-state';
import type { BookedFill } from '../../src/storage/orders';
import { anExecution, anOpenOrder, anUpdate } from './streams';

const order = anOpenOrder('a', '1');
const executions = ['1', '2'].map((id) => anExecution(order, id));
const filled = { ...order, ledger: addFills(order.ledger, executions) };

function booked(fields: Partial<BookedFill> = {}): BookedFill[] {
  return executions.map((execution) => ({ execution, result: 'BOOKED', source: 'STREAM', order: filled, ...fields }));
}

test('an order is told all its fills of a batch at once, with the sums but without the list of fills', () => {
  const [news, ...others] = orderNews(booked(), []);
  expect(others).toEqual([]);
  expect(news?.executions.map(({ executionId }) => executionId)).toEqual(['1', '2']);
  expect(news?.executions.map(({ ledger }) => ledger.filledQuantity)).toEqual(['1', '1']);
  expect(news?.executions[0]?.ledger).not.toHaveProperty('recentFills');
});

test('what a fill moved in quote is not in the message: an order on older code would drop all of it', () => {
  const [news] = orderNews(
    booked().map((fill) => ({ ...fill, execution: { ...fill.execution, quoteQuantity: '19999.99' } })),
    [],
  );
  expect(news?.executions).toHaveLength(2);
  for (const told of news?.executions ?? []) expect(told).not.toHaveProperty('quoteQuantity');
});

test('fills that the order has from its own activity are no news, whoever reports them again', () => {
  expect(orderNews(booked({ source: 'WORKFLOW', result: 'DUPLICATE' }), [])).toEqual([]);
});

test('a duplicate that a stream or a backfill booked is told again, but is not fresh', () => {
  const [news] = orderNews(booked({ result: 'DUPLICATE' }), []);
  expect(news?.executions).toHaveLength(2);
  expect(news?.fresh).toBeUndefined();
});

test('an end comes with the fills of its order', () => {
  const update = { ...anUpdate(order, { status: 'CANCELLED' }), lifecycle: order.lifecycle };
  expect(orderNews(booked(), [update])).toMatchObject([{ update: { status: 'CANCELLED' }, executions: [{}, {}] }]);
});

test('executions of orders that are not ours are nobody’s news', () => {
  const unknown = executions.map((execution): BookedFill => ({ execution, result: 'UNKNOWN_ORDER' }));
  expect(orderNews(unknown, [])).toEqual([]);
});

test('a fill is late when more is booked than the exchange had counted at the end', () => {
  const cancelledAt = (exchangeFilledQuantity: string): typeof filled => ({
    ...filled,
    lifecycle: { ...filled.lifecycle, phase: 'CANCELLED', exchangeFilledQuantity },
  });
  expect(isBeyondEnd(cancelledAt('0.5'))).toBe(true);
  expect(isBeyondEnd(cancelledAt('1'))).toBe(false);
  expect(isBeyondEnd(filled)).toBe(false);
});
