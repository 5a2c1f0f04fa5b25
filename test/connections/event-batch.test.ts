import fc from 'fast-check';
import { batchOf } from '../../src/connections/event-batch';
import type { StreamEvent } from '../../src/connections/event-buffer';
import type { OrderStatus } from '../../src/domain/order';
import { anExecution, anOpenOrder, anUpdate } from './streams';

const orders = ['a', 'b'].map((key, index) => anOpenOrder(key, String(index)));
const [first] = orders as [(typeof orders)[0]];
const update = (status: OrderStatus, filledQuantity: string): StreamEvent => ({
  kind: 'update',
  update: anUpdate(first, { status, filledQuantity }),
});

test('all executions are kept in order, and one update an order', () => {
  const executions = orders.map((order, index) => anExecution(order, String(index)));
  const events = executions.flatMap((execution, index): StreamEvent[] => [
    { kind: 'execution', execution },
    { kind: 'update', update: anUpdate(orders[index]!, { status: 'PARTIALLY_FILLED', filledQuantity: '0.5' }) },
  ]);
  const batch = batchOf([...events, update('FILLED', '1')]);
  expect(batch.executions).toEqual(executions);
  expect(batch.updates.map(({ orderId, status }) => [orderId, status])).toEqual([
    [first.request.orderId, 'FILLED'],
    [orders[1]!.request.orderId, 'PARTIALLY_FILLED'],
  ]);
});

test('that an order is open is no news: the reply to its submission says so', () => {
  expect(batchOf([update('OPEN', '0'), update('PENDING', '0')]).updates).toEqual([]);
});

test('in whatever order updates arrive, an end wins over fills and the larger fill over the smaller', () => {
  const said = [update('PARTIALLY_FILLED', '0.1'), update('PARTIALLY_FILLED', '0.6'), update('CANCELLED', '0.6')];
  fc.assert(
    fc.property(fc.shuffledSubarray(said, { minLength: 3 }), (events) => {
      expect(batchOf(events).updates).toMatchObject([{ status: 'CANCELLED', filledQuantity: '0.6' }]);
    }),
  );
});
