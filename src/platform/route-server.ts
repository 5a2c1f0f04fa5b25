import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from './logger';

/** What a GET of a path answers. */
export interface RouteAnswer {
  status: number;
  contentType: string;
  body: string;
}

export type Routes = Record<string, () => Promise<RouteAnswer>>;

export interface RouteServer {
  /** `host:port`. */
  address: string;
  close(): Promise<void>;
}

const HEADERS_TIMEOUT_MS = 5_000;

/** Serves a few paths to this process's surroundings. An address that can't be had is logged under its setting's name, and the process goes on without: undefined. */
export async function serveRoutes(
  routes: Routes,
  { host, port }: { host: string; port: number },
  logger: Logger,
  setting: string,
): Promise<RouteServer | undefined> {
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS }, (request, response) => {
    const route = request.method === 'GET' ? routes[request.url ?? ''] : undefined;
    if (route === undefined) {
      response.writeHead(404).end(`GET ${Object.keys(routes).join(', ')}\n`);
      return;
    }
    route().then(
      ({ status, contentType, body }) => response.writeHead(status, { 'content-type': contentType }).end(body),
      (error: unknown) => response.writeHead(500).end(`${String(error)}\n`),
    );
  });
  try {
    await listening(server, host, port);
  } catch (error) {
    const reason = (error as Error).message;
    logger.error({ address: `${host}:${port}`, reason }, `${setting} can not be served; choose another one.`);
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
