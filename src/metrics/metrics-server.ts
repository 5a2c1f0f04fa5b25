import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import type { Logger } from '../platform/logger';

export interface MetricsServer {
  /** `host:port`. */
  address: string;
  close(): Promise<void>;
}

const HEADERS_TIMEOUT_MS = 5_000;

/** Serves `/metrics`. An address that can't be had is logged, and the process goes on without: undefined. */
export async function serveMetrics(
  registry: Registry,
  { host, port }: { host: string; port: number },
  logger: Logger,
): Promise<MetricsServer | undefined> {
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS }, (request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end('GET /metrics\n');
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      (error: unknown) => response.writeHead(500).end(`${String(error)}\n`),
    );
  });
  try {
    await listening(server, host, port);
  } catch (error) {
    const reason = (error as Error).message;
    logger.error({ address: `${host}:${port}`, reason }, 'METRICS_ADDRESS can not be served; choose another one.');
    return undefined;
  }
  return {
    address: `${host}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}
