import type { Registry } from 'prom-client';
import type { Logger } from '../platform/logger';
import { type RouteServer, serveRoutes } from '../platform/route-server';

/** Serves `/metrics`. An address that can't be had is logged, and the process goes on without: undefined. */
export async function serveMetrics(
  registry: Registry,
  at: { host: string; port: number },
  logger: Logger,
): Promise<RouteServer | undefined> {
  const metrics = async (): Promise<{ status: number; contentType: string; body: string }> => {
    return { status: 200, contentType: registry.contentType, body: await registry.metrics() };
  };
  return await serveRoutes({ '/metrics': metrics }, at, logger, 'METRICS_ADDRESS');
}
