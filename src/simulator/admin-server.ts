import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { DEFAULT_VENUE, adminRoutes } from './admin-api';
import { listen, stopListening } from './listening';
import type { SkewedClock } from './skewed-clock';
import type { Venue } from './venue';

const BODY_BYTES_MAX = 1024 * 1024;

/** The admin API over HTTP: JSON in and out, `?exchange=` names the venue. Faults never touch it. */
export class AdminServer {
  readonly #server: Server;
  readonly #venues: ReadonlyMap<string, Venue>;
  readonly #routes: ReturnType<typeof adminRoutes>;

  constructor(venues: ReadonlyMap<string, Venue>, clock: SkewedClock) {
    this.#venues = venues;
    this.#routes = adminRoutes(clock);
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        response.writeHead(error instanceof RangeError || error instanceof SyntaxError ? 400 : 500);
        response.end(JSON.stringify({ error: message }));
      });
    });
  }

  /** @returns the port that it listens on */
  listen(host: string, port: number): Promise<number> {
    return listen(this.#server, host, port);
  }

  async close(): Promise<void> {
    await stopListening(this.#server);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const handler = this.#routes.get(`${request.method} ${url.pathname}`);
    if (handler === undefined) throw new RangeError(`There is no ${request.method} ${url.pathname} in the admin API.`);
    const name = url.searchParams.get('exchange') ?? DEFAULT_VENUE;
    const venue = this.#venues.get(name);
    if (venue === undefined) throw new RangeError(`No exchange "${name}" is simulated here.`);
    const text = await readBody(request);
    const body = (text === '' ? {} : JSON.parse(text)) as never;
    const result = handler(venue, body, url.searchParams.get('id') ?? undefined);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new RangeError(`The body has more than ${BODY_BYTES_MAX} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
