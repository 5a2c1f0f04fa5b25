import type { Client } from '@temporalio/client';
import { ServiceError as TemporalError } from '@temporalio/client';
import { callTemporal, type TemporalCaller } from '../../src/client/temporal-call';
import { systemClock } from '../../src/platform/clock';

const client = { withDeadline: async (_deadline: number, call: () => Promise<unknown>) => await call() };
const caller: TemporalCaller = { client: client as Pick<Client, 'withDeadline'> as Client, clock: systemClock };

/** What Temporal answers to an update whose workflow task has failed. */
function dropped(): TemporalError {
  const details = 'Unable to perform workflow execution update due to unexpected workflow task failure.';
  const cause = Object.assign(new Error(`9 FAILED_PRECONDITION: ${details}`), { code: 9, details, metadata: {} });
  return new TemporalError('Workflow Update failed', { cause });
}

async function callThatFails(times: number): Promise<{ calls: number; answer: Promise<string> }> {
  const made = { calls: 0, answer: Promise.resolve('') };
  made.answer = callTemporal(caller, 'the update cancel of order 1', {}, () => {
    made.calls += 1;
    return made.calls <= times ? Promise.reject(dropped()) : Promise.resolve('done');
  });
  await Promise.allSettled([made.answer]);
  return made;
}

test('a cancel that Temporal drops since a worker was starved just then is asked again', async () => {
  const { calls, answer } = await callThatFails(1);
  expect(await answer).toBe('done');
  expect(calls).toBe(2);
});

test('one that it drops again is left to its caller, who is told that nobody knows', async () => {
  const { calls, answer } = await callThatFails(2);
  await expect(answer).rejects.toMatchObject({
    code: 'DEPENDENCY_UNAVAILABLE',
    message: expect.stringContaining('ask again with the same ids') as string,
  });
  expect(calls).toBe(2);
});
