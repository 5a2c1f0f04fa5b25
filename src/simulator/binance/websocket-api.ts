import type { WebSocket } from 'ws';
import type { ExchangeEvent } from '../exchange/events';
import type { FaultEffect, Faults } from '../faults';
import { authorize, webSocketPayload } from './authorization';
import { BinanceError, errors } from './binance-error';
import type { BinanceServices } from './endpoint';
import { faultError } from './fault-error';
import { Params } from './params';
import { StreamSocket } from './stream-socket';
import { toUserEvent } from './user-events';

const CONNECTION_WEIGHT = 2;
const SUBSCRIPTIONS_MAX = 1000;

interface Request {
  readonly id: string | number | null;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

interface Subscription {
  readonly accountId: string;
  readonly apiKey: string;
}

interface Session {
  readonly socket: StreamSocket;
  readonly ip: string;
  readonly subscriptions: Map<number, Subscription>;
  nextSubscriptionId: number;
}

/** The part of the WebSocket API that is simulated: user data streams by signature, ping and time. */
export class WebSocketApi {
  readonly #services: BinanceServices;
  readonly #faults: Faults;
  readonly #sessions = new Set<Session>();

  constructor(services: BinanceServices, faults: Faults) {
    this.#services = services;
    this.#faults = faults;
    services.exchange.subscribe((event) => this.#publish(event));
  }

  connect(socket: WebSocket, ip: string): void {
    const session: Session = {
      socket: new StreamSocket(socket, this.#faults),
      ip,
      subscriptions: new Map(),
      nextSubscriptionId: 0,
    };
    this.#sessions.add(session);
    socket.on('close', () => this.#sessions.delete(session));
    socket.on('message', (data) => void this.#receive(session, String(data)));
    try {
      this.#services.limits.takeWeight(ip, CONNECTION_WEIGHT);
    } catch {
      session.socket.refuse();
    }
  }

  /** Cuts connections: all, or those with a subscription by this key. @returns how many */
  cut(apiKey?: string): number {
    const wanted = [...this.#sessions].filter(
      ({ subscriptions }) => apiKey === undefined || [...subscriptions.values()].some((each) => each.apiKey === apiKey),
    );
    for (const { socket } of wanted) socket.cut();
    return wanted.length;
  }

  announceShutdown(): void {
    const E = this.#services.clock.now();
    for (const { socket } of this.#sessions) socket.reply({ event: { e: 'serverShutdown', E } });
  }

  subscribers(): string[] {
    return [...this.#sessions].flatMap(({ subscriptions }) => [...subscriptions.values()].map(({ apiKey }) => apiKey));
  }

  #publish(event: ExchangeEvent): void {
    const user = toUserEvent(event, this.#services.clock.now());
    if (user === undefined) return;
    const { type, symbol, payload } = user;
    for (const { socket, subscriptions } of this.#sessions) {
      for (const [subscriptionId, { accountId, apiKey }] of subscriptions) {
        if (accountId !== user.accountId) continue;
        socket.deliver({ type, symbol, apiKey, message: { subscriptionId, event: payload } });
      }
    }
  }

  async #receive(session: Session, text: string): Promise<void> {
    const request = parseRequest(text);
    if (request === undefined) {
      session.socket.reply({ id: null, status: 400, error: { code: -1135, msg: 'Invalid JSON Request' } });
      return;
    }
    const method = request.method.replace(/^v3\//, '');
    const apiKey = typeof request.params['apiKey'] === 'string' ? request.params['apiKey'] : undefined;
    const effect = this.#faults.decide({ endpoint: `WS ${method}`, apiKey });
    if (effect?.kind === 'hang-before') return;
    if (effect?.kind === 'delay') await this.#services.clock.sleep(effect.ms);
    const reply = this.#answer(session, request, method, effect);
    if (effect?.kind === 'lose-reply') session.socket.cut();
    else if (effect?.kind !== 'hang-after-accept') session.socket.reply(reply);
  }

  #answer(session: Session, request: Request, method: string, effect: FaultEffect | undefined): object {
    const { id } = request;
    try {
      const refused = faultError(effect, 'before');
      if (refused !== undefined) throw refused;
      const result = this.#call(session, method, request.params);
      const failed = faultError(effect, 'after');
      if (failed !== undefined) throw failed;
      return { id, status: 200, result, rateLimits: this.#rateLimits(session) };
    } catch (error) {
      if (!(error instanceof BinanceError)) throw error;
      return { id, status: error.status, error: this.#errorBody(error), rateLimits: this.#rateLimits(session) };
    }
  }

  /** Here a Retry-After is an instant, beside the server's time. */
  #errorBody(error: BinanceError): object {
    const { retryAfterSeconds } = error.detail;
    if (retryAfterSeconds === undefined) return error.body();
    const serverTime = this.#services.clock.now();
    return { ...error.body(), data: { serverTime, retryAfter: serverTime + retryAfterSeconds * 1_000 } };
  }

  #call(session: Session, method: string, params: Request['params']): object {
    const { limits, clock } = this.#services;
    switch (method) {
      case 'ping':
        limits.takeWeight(session.ip, 1);
        return {};
      case 'time':
        limits.takeWeight(session.ip, 1);
        return { serverTime: clock.now() };
      case 'userDataStream.subscribe.signature':
        limits.takeWeight(session.ip, 2);
        return this.#subscribe(session, params);
      case 'userDataStream.unsubscribe':
        limits.takeWeight(session.ip, 2);
        return this.#unsubscribe(session, params['subscriptionId']);
      case 'session.subscriptions':
        limits.takeWeight(session.ip, 2);
        return [...session.subscriptions.keys()].map((subscriptionId) => ({ subscriptionId }));
      default:
        throw new BinanceError(400, -1020, 'This operation is not supported.');
    }
  }

  #subscribe(session: Session, sent: Request['params']): object {
    const { exchange, clock } = this.#services;
    const params = new Params(new Map(Object.entries(sent).map(([name, value]) => [name, String(value)])));
    const apiKey = params.mandatory('apiKey');
    const request = { apiKey, payload: webSocketPayload(sent), params, nowMs: clock.now() };
    const accountId = authorize(exchange.engine.accounts, request);
    if ([...session.subscriptions.values()].some((each) => each.accountId === accountId)) {
      throw new BinanceError(400, -2035, 'User Data Stream subscription already active.');
    }
    if (session.subscriptions.size >= SUBSCRIPTIONS_MAX) {
      throw new BinanceError(400, -2042, 'Maximum subscription ID reached for this connection.');
    }
    const subscriptionId = session.nextSubscriptionId;
    session.nextSubscriptionId += 1;
    session.subscriptions.set(subscriptionId, { accountId, apiKey });
    return { subscriptionId };
  }

  #unsubscribe(session: Session, wanted: unknown): object {
    if (wanted !== undefined && typeof wanted !== 'number') throw errors.invalidData('subscriptionId');
    if (wanted !== undefined && !session.subscriptions.has(wanted)) {
      throw new BinanceError(400, -2036, 'User Data Stream subscription not active.');
    }
    const ended = wanted === undefined ? [...session.subscriptions.keys()] : [wanted];
    for (const subscriptionId of ended) {
      session.subscriptions.delete(subscriptionId);
      const event = { e: 'eventStreamTerminated', E: this.#services.clock.now() };
      session.socket.reply({ subscriptionId, event });
    }
    return {};
  }

  #rateLimits(session: Session): object[] {
    const { limits } = this.#services;
    const count = limits.usedWeight(session.ip);
    const limit = limits.limits.requestWeightPerMinute;
    return [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit, count }];
  }
}

function parseRequest(text: string): Request | undefined {
  try {
    const { id = null, method, params = {} } = (JSON.parse(text) ?? {}) as Partial<Request>;
    const isRequest = typeof method === 'string' && typeof params === 'object' && params !== null;
    return isRequest ? { id, method, params } : undefined;
  } catch {
    return undefined;
  }
}
