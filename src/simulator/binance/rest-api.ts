import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultEffect, Faults } from '../faults';
import { ACCOUNT_ENDPOINTS } from './account-endpoints';
import { authorize, restPayload } from './authorization';
import { BinanceError, errors } from './binance-error';
import type { BinanceServices, Endpoint } from './endpoint';
import { faultError } from './fault-error';
import { MARKET_ENDPOINTS } from './market-endpoints';
import { ORDER_ENDPOINTS } from './order-endpoints';
import { Params } from './params';
import { WALLET_ENDPOINTS } from './wallet-endpoints';

const BODY_BYTES_MAX = 64 * 1024;
const AUTHORIZATION_PARAMS = ['timestamp', 'recvWindow', 'signature'];
const ENDPOINTS = new Map(
  [...MARKET_ENDPOINTS, ...ORDER_ENDPOINTS, ...ACCOUNT_ENDPOINTS, ...WALLET_ENDPOINTS].map((endpoint) => [
    `${endpoint.method} ${endpoint.path}`,
    endpoint,
  ]),
);

interface Conversation {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly endpoint: Endpoint;
  readonly query: string;
  readonly body: string;
  readonly ip: string;
  readonly apiKey: string | undefined;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Record<string, string>;
}

/** Binance's REST API under /api/v3, and what is simulated of /sapi/v1. */
export class RestApi {
  readonly #services: BinanceServices;
  readonly #faults: Faults;

  constructor(services: BinanceServices, faults: Faults) {
    this.#services = services;
    this.#faults = faults;
  }

  /** Answers one request; whatever goes wrong inside is answered with -1000 and logged by the caller. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', query = ''] = splitOnce(request.url ?? '', '?');
    const name = `${request.method} ${path}`;
    const endpoint = ENDPOINTS.get(name);
    if (endpoint === undefined) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<html><body><h1>404 Not Found</h1></body></html>');
      return;
    }
    const body = await readBody(request);
    const ip = request.socket.remoteAddress ?? '';
    const header = request.headers['x-mbx-apikey'];
    const apiKey = typeof header === 'string' ? header : undefined;
    const symbol = new URLSearchParams(query).get('symbol') ?? new URLSearchParams(body).get('symbol') ?? undefined;
    const effect = this.#faults.decide({ endpoint: name, apiKey, symbol });
    await this.#answer({ request, response, endpoint, query, body, ip, apiKey }, effect);
  }

  async #answer(conversation: Conversation, effect: FaultEffect | undefined): Promise<void> {
    const { response, request } = conversation;
    const delay = effect?.kind === 'delay' ? effect : undefined;
    if (effect?.kind === 'hang-before') return;
    if (delay !== undefined && delay.stage !== 'after') await this.#services.clock.sleep(delay.ms);
    const refused = faultError(effect, 'before');
    let reply = refused === undefined ? this.#process(conversation) : this.#errorReply(conversation, refused);
    if (effect?.kind === 'lose-reply') {
      request.socket.destroy();
      return;
    }
    if (effect?.kind === 'hang-after-accept') return;
    if (delay?.stage === 'after') await this.#services.clock.sleep(delay.ms);
    const failed = faultError(effect, 'after');
    if (failed !== undefined) reply = this.#errorReply(conversation, failed);
    const headers = { 'content-type': 'application/json;charset=UTF-8', ...reply.headers };
    response.writeHead(reply.status, headers).end(JSON.stringify(reply.body));
  }

  #process(conversation: Conversation): Reply {
    const { endpoint, query, body, ip } = conversation;
    const { limits, clock } = this.#services;
    try {
      const params = Params.parse(query, body);
      limits.takeWeight(ip, endpoint.weight(params));
      const nowMs = clock.now();
      const accountId = endpoint.isSigned ? this.#authorize(conversation, params, nowMs) : '';
      checkNames(endpoint, params);
      const result = endpoint.handle(this.#services, { params, accountId, nowMs });
      const headers = { ...this.#weightHeaders(ip), ...(endpoint.placesOrders && this.#orderHeaders(accountId)) };
      return { status: 200, body: result, headers };
    } catch (error) {
      if (error instanceof BinanceError) return this.#errorReply(conversation, error);
      throw error;
    }
  }

  #authorize({ apiKey, query, body }: Conversation, params: Params, nowMs: number): string {
    if (/[^\x21-\x7e]/.test(query + body)) throw errors.invalidSignature();
    const { accounts } = this.#services.exchange.engine;
    return authorize(accounts, { apiKey, payload: restPayload(query, body), params, nowMs });
  }

  #errorReply({ ip }: Conversation, error: BinanceError): Reply {
    const { retryAfterSeconds } = error.detail;
    const headers = {
      ...this.#weightHeaders(ip),
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    };
    return { status: error.status, body: error.body(), headers };
  }

  #weightHeaders(ip: string): Record<string, string> {
    const used = String(this.#services.limits.usedWeight(ip));
    return { 'x-mbx-used-weight': used, 'x-mbx-used-weight-1m': used };
  }

  #orderHeaders(accountId: string): Record<string, string> {
    const { tenSeconds, day } = this.#services.limits.orderCounts(accountId);
    return { 'x-mbx-order-count-10s': String(tenSeconds), 'x-mbx-order-count-1d': String(day) };
  }
}

/** Refuses parameters that the endpoint doesn't have. */
function checkNames(endpoint: Endpoint, params: Params): void {
  const known = new Set([...endpoint.params, ...(endpoint.isSigned ? AUTHORIZATION_PARAMS : [])]);
  const names = params.names();
  const read = names.filter((name) => known.has(name)).length;
  if (read === names.length) return;
  if (endpoint.isSigned) throw errors.unreadParameters(read, names.length);
  throw errors.tooManyParameters(read, names.length);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new RangeError(`A request body has more than ${BODY_BYTES_MAX} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
