import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Logger } from '../../platform/logger';
import type { Faults } from '../faults';
import { listen, stopListening } from '../listening';
import type { BinanceServices } from './endpoint';
import { PublicStreams } from './public-streams';
import { RestApi } from './rest-api';
import { WebSocketApi } from './websocket-api';

/** Longer than clients keep idle connections, so that it is they who close them. */
const KEEP_ALIVE_MS = 75_000;

/** Simulated Binance on one port: REST under /api/v3, streams under /ws and /stream, WebSocket API at /ws-api/v3. */
export class BinanceServer {
  readonly webSocketApi: WebSocketApi;
  readonly publicStreams: PublicStreams;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });

  constructor(services: BinanceServices, faults: Faults, logger: Logger) {
    const rest = new RestApi(services, faults);
    this.webSocketApi = new WebSocketApi(services, faults);
    this.publicStreams = new PublicStreams(services, faults);
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      rest.handle(request, response).catch((error: unknown) => {
        logger.error({ err: error, method: request.method }, 'A request failed inside the simulator.');
        if (response.headersSent) return response.destroy();
        response.writeHead(500, { 'content-type': 'application/json' });
        return response.end('{"code":-1000,"msg":"An unknown error occurred while processing the request."}');
      });
    });
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** @returns the port that it listens on */
  listen(host: string, port: number): Promise<number> {
    return listen(this.#server, host, port);
  }

  async close(): Promise<void> {
    this.publicStreams.stop();
    for (const client of this.#sockets.clients) client.terminate();
    await stopListening(this.#server);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const [pathname = '', query = ''] = (request.url ?? '').split('?', 2);
    const ip = request.socket.remoteAddress ?? '';
    const isApi = pathname === '/ws-api/v3';
    if (!isApi && pathname !== '/stream' && pathname !== '/ws' && !pathname.startsWith('/ws/')) {
      socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      if (isApi) this.webSocketApi.connect(client, ip);
      else this.publicStreams.connect(client, pathname, query);
    });
  }
}
