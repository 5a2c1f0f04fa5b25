import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { FLOOR_ACTIVITY_QUEUE, FLOOR_QUEUE } from './contract';

/** The floor's worker process: workers, pollers and connection as the service has them, an activity that does nothing. */
async function main(): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const address = process.env['TEMPORAL_ADDRESS'] ?? '';
  const connection = await NativeConnection.connect({ address, grpcCompression: { codec: 'none' } });
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
  await connection.close();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
