import { EventBuffer } from '../../src/connections/event-buffer';
import { anExecution, anOpenOrder } from './streams';

const order = anOpenOrder('a', '1');
const event = (executionId: string): Parameters<EventBuffer['push']>[0] => ({
  kind: 'execution',
  execution: anExecution(order, executionId),
});

test('events come out in the order they arrived, at most so many at once', () => {
  const buffer = new EventBuffer(10);
  const events = ['1', '2', '3'].map(event);
  expect(events.map((item) => buffer.push(item))).toEqual([true, true, true]);
  expect(buffer.take(2)).toEqual(events.slice(0, 2));
  expect(buffer.take(2)).toEqual(events.slice(2));
  expect(buffer.take(2)).toEqual([]);
});

test('over its limit it refuses, and goes on refusing when there is room again', () => {
  const buffer = new EventBuffer(2);
  expect([event('1'), event('2'), event('3')].map((item) => buffer.push(item))).toEqual([true, true, false]);
  buffer.take(2);
  expect(buffer.push(event('4'))).toBe(false);
});

test('whoever waits is woken by an event, and by the signal', async () => {
  const buffer = new EventBuffer(2);
  const stop = new AbortController();
  const arrival = buffer.arrival(stop.signal);
  buffer.push(event('1'));
  await arrival;
  await buffer.arrival(stop.signal);
  buffer.take(1);
  const aborted = buffer.arrival(stop.signal);
  stop.abort();
  await aborted;
});
