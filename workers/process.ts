import { hostname } from 'node:os';
import { DefaultLogger, makeTelemetryFilterString, Runtime, type Worker } from '@temporalio/worker';
import { dependencyProbes } from '../src/composition/dependency-probes';
import { processSources } from '../src/composition/observers';
import { openServices, type Services } from '../src/composition/services';
import { ServiceError } from '../src/domain/errors';
import { checkDependencies } from '../src/health/dependencies';
import { serveHealth } from '../src/health/health-server';
import { systemClock } from '../src/platform/clock';
import type { CrashPoint } from '../src/platform/crash-points';
import { noCrashPoint, plannedCrashPoint } from '../src/platform/crash-points';
import type { Environment, Settings } from '../src/platform/environment';
import { parseEnvironment } from '../src/platform/environment';
import type { Logger } from '../src/platform/logger';
import { createLogger } from '../src/platform/logger';
import { readProcessEnvironment } from '../src/platform/process-environment';
import { systemRandom } from '../src/platform/random';
import type { RouteServer } from '../src/platform/route-server';
import { connectClient, type TemporalClient } from '../src/temporal/connect-client';
import { connectWorkers } from '../src/temporal/connect-workers';
import { createDataConverter } from '../src/temporal/data-converter';
import { requireSearchAttributes } from '../src/temporal/search-attributes';
import { SEARCH_ATTRIBUTES } from '../workflows/order/contract';
import { WORKFLOW_BUNDLE } from './bundle';
import { activatePatches } from './patches';
import type { Role, WorkerDeps } from './roles';
import { createWorkers } from './roles';
import { createOrderRuns } from '../activities/connection/order-runs';
import { createSignalOrder } from '../activities/connection/order-signals';

/**
 * Runs the workers of some roles until SIGTERM or SIGINT. The whole of a worker's entry point. `refit` is for entry
 * points of tests, which put something else in the place of a dependency.
 */
export function runWorkerProcess(
  roles: readonly Role[],
  refit: (deps: WorkerDeps) => WorkerDeps = (deps) => deps,
): void {
  run(roles, readProcessEnvironment(), refit).catch((error: unknown) => {
    console.error(error instanceof ServiceError ? `${error.code}: ${error.message}` : error);
    // What was opened before the failure would keep the process alive.
    process.exit(1);
  });
}

async function run(
  roles: readonly Role[],
  environment: Environment,
  refit: (deps: WorkerDeps) => WorkerDeps,
): Promise<void> {
  const settings = parseEnvironment(environment);
  const logger = createLogger(roles.length === 1 ? `${roles[0]}-worker` : 'worker', settings.logLevel);
  installRuntime(logger, settings);
  const services = await openServices(settings, {
    clock: systemClock,
    random: systemRandom,
    logger,
    crashPoint: crashPointOf(environment, settings),
  });
  services.audit.start();
  await services.metrics.start(processSources(services));
  const temporal = await connectClient(settings);
  const { connection, namespace } = await connectWorkers(settings);
  await requireSearchAttributes(connection, namespace, Object.values(SEARCH_ATTRIBUTES));
  const holder = `${process.pid}@${hostname()}`;
  const loadSharing = roles.includes('connection') ? services.openLoadSharing(namespace) : undefined;
  const deps = refit({
    ...services,
    halts: services.safeguardChanges,
    signalOrder: createSignalOrder(temporal.client, systemClock),
    orderRuns: createOrderRuns(temporal.client, systemClock),
    reconnectionStrategy: (exchangeId) => services.connections.reconnectionStrategy(exchangeId),
    ...(loadSharing !== undefined && { loadSharing }),
    holder,
  });
  const dataConverter = createDataConverter(settings.payloadKeys);
  const bundlePath = environment['WORKFLOW_BUNDLE'] ?? WORKFLOW_BUNDLE;
  const patchActivationCallback = activatePatches(settings.inactivePatches);
  const workers = await createWorkers(roles, deps, {
    connection,
    namespace,
    dataConverter,
    bundlePath,
    patchActivationCallback,
  });
  const health = await startHealth(settings, { workers, services, temporal });
  services.connectionWatch.start(holder);
  loadSharing?.start(holder);
  logger.info({ roles, namespace }, 'Workers are polling.');
  process.send?.('ready');
  await untilEnded(workers);
  await loadSharing?.close();
  await health?.close();
  await connection.close();
  await temporal.close();
  await services.close();
}

async function startHealth(
  { healthAddress }: Settings,
  { workers, services, temporal }: { workers: readonly Worker[]; services: Services; temporal: TemporalClient },
): Promise<RouteServer | undefined> {
  const sources = {
    workers: () => workers.map((worker) => ({ taskQueue: worker.options.taskQueue, state: worker.getState() })),
    dependencies: () => checkDependencies(dependencyProbes(services, temporal)),
  };
  return await serveHealth(sources, healthAddress, services.logger);
}

/** All run until one fails or the process is asked to stop; then all stop, draining what runs. */
async function untilEnded(workers: readonly Worker[]): Promise<void> {
  const results = await Promise.allSettled(
    workers.map((worker) =>
      worker.run().finally(() => {
        for (const other of workers) if (other.getState() === 'RUNNING') other.shutdown();
      }),
    ),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

function installRuntime(logger: Logger, { logLevel, metrics: { temporalAddress } }: Settings): void {
  const level = {
    fatal: 'ERROR',
    error: 'ERROR',
    warn: 'WARN',
    info: 'WARN',
    debug: 'INFO',
    trace: 'DEBUG',
    silent: 'ERROR',
  } as const;
  const temporalLogger = new DefaultLogger(
    level[logLevel as keyof typeof level],
    ({ level: severity, message, meta }) => {
      const write = severity === 'ERROR' ? logger.error : severity === 'WARN' ? logger.warn : logger.debug;
      write.call(logger, meta ?? {}, message);
    },
  );
  Runtime.install({
    logger: temporalLogger,
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
      ...(temporalAddress !== undefined && { metrics: { prometheus: { bindAddress: temporalAddress } } }),
    },
  });
}

function crashPointOf(environment: Environment, { simulatedAllowed }: Settings): CrashPoint {
  const plan = environment['CRASH_AT'];
  if (plan === undefined || plan === '') return noCrashPoint;
  if (!simulatedAllowed)
    throw new ServiceError('CONFIGURATION', 'CRASH_AT is for tests on simulated exchanges (ALLOW_SIMULATED=1) only.');
  return plannedCrashPoint(plan, () => process.kill(process.pid, 'SIGKILL'));
}
