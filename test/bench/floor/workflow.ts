import {
  allHandlersFinished,
  condition,
  defineSignal,
  defineUpdate,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { SEARCH_ATTRIBUTES } from '../../../workflows/order/contract';
import { FLOOR_ACTIVITY_QUEUE } from './contract';

/** The shape of an order's life with nothing in it: what Temporal itself costs. */
const { nothing } = proxyActivities<{ nothing(input: unknown): Promise<unknown> }>({
  taskQueue: FLOOR_ACTIVITY_QUEUE,
  startToCloseTimeout: '20s',
});

export async function floor(input: unknown): Promise<unknown> {
  let answer: unknown;
  let filled = false;
  setHandler(defineUpdate<unknown, [unknown]>('submit'), async () => {
    await condition(() => answer !== undefined);
    return answer;
  });
  setHandler(defineSignal<[unknown]>('execution'), () => {
    filled = true;
  });
  answer = await nothing(input);
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.OrderStatus, value: 'OPEN' }]);
  await condition(() => filled);
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.OrderStatus, value: 'FILLED' }]);
  await condition(allHandlersFinished);
  return answer;
}
