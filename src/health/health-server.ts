import type { Logger } from '../platform/logger';
import { type RouteAnswer, type RouteServer, serveRoutes } from '../platform/route-server';
import type { DependencyHealth } from './dependencies';

/** A worker of the process: what it polls, and whether it does. */
export interface WorkerHealth {
  taskQueue: string;
  state: string;
}

export interface HealthSources {
  workers(): WorkerHealth[];
  dependencies(): Promise<DependencyHealth[]>;
}

const POLLING = 'RUNNING';
const FAILED = 'FAILED';
const NOT_SERVED =
  'HEALTH_ADDRESS is not set, so nobody can ask this process for /live and /ready: set it to host:port, another port for each process of a machine.';

/**
 * Serves `/live` (200, or 503 when the process should be restarted) and `/ready` (200, or 503 when it can take no work),
 * both with the reasons as JSON. There is no address by default: one port would do for one process of a machine only.
 */
export async function serveHealth(
  sources: HealthSources,
  at: { host: string; port: number } | undefined,
  logger: Logger,
): Promise<RouteServer | undefined> {
  if (at === undefined) {
    logger.warn({}, NOT_SERVED);
    return undefined;
  }
  const routes = { '/live': () => Promise.resolve(liveness(sources)), '/ready': () => readiness(sources) };
  return await serveRoutes(routes, at, logger, 'HEALTH_ADDRESS');
}

/** That it answers at all says that it is not stuck. */
function liveness({ workers }: HealthSources): RouteAnswer {
  const reasons = workers()
    .filter(({ state }) => state === FAILED)
    .map(({ taskQueue }) => `The worker on ${taskQueue} has failed.`);
  return answer({ live: reasons.length === 0, reasons, workers: workers() }, reasons);
}

async function readiness({ workers, dependencies }: HealthSources): Promise<RouteAnswer> {
  const parts = await dependencies();
  const reasons = [
    ...workers()
      .filter(({ state }) => state !== POLLING)
      .map(({ taskQueue, state }) => `The worker on ${taskQueue} does not poll: it is ${state}.`),
    ...parts.filter(({ ok, required }) => required && !ok).map(({ name, reason = '' }) => `${name}: ${reason}`),
  ];
  return answer({ ready: reasons.length === 0, reasons, workers: workers(), dependencies: parts }, reasons);
}

function answer(body: object, reasons: readonly string[]): RouteAnswer {
  return {
    status: reasons.length === 0 ? 200 : 503,
    contentType: 'application/json',
    body: `${JSON.stringify(body)}\n`,
  };
}
