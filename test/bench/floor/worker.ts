import { NativeConnection, Worker } from '@temporalio/worker';
import { FLOOR_ACTIVITY_QUEUE, FLOOR_QUEUE } from './contract';

/** The floor's worker process: the same two workers and pollers as the service, with an activity that does nothing. */
async function main(): Promise<void> {
  const connection = await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '' });
  const pollers = { type: 'autoscaling' as const, minimum: 2, initial: 5, maximum: 50 };
  const workflows = await Worker.create({
    connection,
    taskQueue: FLOOR_QUEUE,
    workflowsPath: require.resolve('./workflow'),
    workflowTaskPollerBehavior: pollers,
    maxConcurrentWorkflowTaskExecutions: 100,
  });
  const activities = await Worker.create({
    connection,
    taskQueue: FLOOR_ACTIVITY_QUEUE,
    activities: { nothing: (input: unknown) => Promise.resolve(input) },
    activityTaskPollerBehavior: pollers,
  });
  const running = Promise.all([workflows.run(), activities.run()]);
  process.send?.('ready');
  await running;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
