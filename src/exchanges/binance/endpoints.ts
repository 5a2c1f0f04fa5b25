import type { z } from 'zod';
import type { CallOperation } from '../../domain/audit';
import { orderOfClientOrderId } from '../../domain/ids';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { AccountLimits } from '../../ratelimit/account-limits';
import type { RateLimitCategory } from '../../ratelimit/budget';
import type { RequestPriority } from '../../ratelimit/priority';
import { CALL_WAIT_MS_MAX } from '../../ratelimit/priority';
import type { NoTurn, RateLimiter, Turn } from '../../ratelimit/rate-limiter';
import { retryAfterMs } from '../../ratelimit/retry-after';
import { gateOf } from '../../ratelimit/scopes';
import type { HttpRequest, RESTClient, RESTRequestConfig, RESTResponse } from '../../transport/rest/rest-client';
import { TransportError } from '../../transport/transport-error';
import type { CcxtSigner } from '../ccxt-signer';
import { RECV_WINDOW_MS } from './capabilities';
import type { Refusal } from './errors';
import { isClockRefusal, isOrderLimit, isRateLimit } from './errors';
import { observedUses } from './rate-limits';
import type { ServerClock } from './server-clock';
import type { Params } from './translate';
import * as wire from './wire';

export const API_PATH = '/api/v3';
/** Where Binance names no Retry-After: the weight window, and the shortest documented ban. */
const RETRY_AFTER_DEFAULT_MS: Record<number, number> = { 429: 60_000, 418: 120_000 };

/** What became of one call. */
export type Reply<T> =
  | { kind: 'answered'; data: T; latencyMs: number }
  /** Binance said no. `body` is all it said. */
  | { kind: 'refused'; refusal: Refusal; body: unknown; retryAt?: number }
  /** Processed, by its status, and not what we can read. */
  | { kind: 'unreadable'; problem: string }
  /** Not sent: no room within the limits in time, or Binance has asked to be left alone (`banned`). */
  | { kind: 'blocked'; retryAt: number; banned: boolean }
  | { kind: 'failed'; error: TransportError };

export interface EndpointDeps {
  rest: RESTClient;
  /** Absent where only public endpoints are called. */
  signer?: CcxtSigner;
  rateLimiter: Pick<RateLimiter, 'acquire' | 'ban'>;
  limits: AccountLimits;
  clock: Clock;
  serverClock: ServerClock;
  logger: Logger;
}

/** What a call takes of the limits, and how it is made. */
interface CallOptions {
  costs: Partial<Record<RateLimitCategory, number>>;
  /** NORMAL when left out. */
  priority?: RequestPriority;
  sendBy?: number;
  orderId?: string | undefined;
}

type Method = RESTRequestConfig['method'];

/** Binance's raw calls under Binance's names (rest-api.md). They answer with a Reply and never repeat a call. */
export class BinanceEndpoints {
  constructor(private readonly deps: EndpointDeps) {}

  newOrder(params: Params, sendBy: number): Promise<Reply<wire.NewOrderReply>> {
    return this.signed('ORDER_SUBMIT', 'POST', 'order', params, wire.newOrderReply, {
      costs: { ORDERS: 1, WEIGHT: 1 },
      sendBy,
    });
  }

  deleteOrder(params: Params): Promise<Reply<wire.CancelReply>> {
    return this.signed('ORDER_CANCEL', 'DELETE', 'order', params, wire.cancelReply, {
      costs: { WEIGHT: 1 },
      priority: 'CRITICAL',
    });
  }

  cancelReplace(params: Params, sendBy: number): Promise<Reply<z.infer<typeof wire.cancelReplaceReply>>> {
    return this.signed('ORDER_MODIFY', 'POST', 'order/cancelReplace', params, wire.cancelReplaceReply, {
      costs: { ORDERS: 1, WEIGHT: 1 },
      priority: 'HIGH',
      sendBy,
    });
  }

  amendKeepPriority(params: Params, sendBy: number): Promise<Reply<wire.AmendReply>> {
    return this.signed('ORDER_MODIFY', 'PUT', 'order/amend/keepPriority', params, wire.amendReply, {
      costs: { WEIGHT: 4 },
      priority: 'HIGH',
      sendBy,
    });
  }

  getOrder(params: Params): Promise<Reply<wire.QueriedOrder>> {
    return this.signed('ORDER_QUERY', 'GET', 'order', params, wire.queriedOrder, {
      costs: query(4),
      priority: 'HIGH',
    });
  }

  openOrders(params: Params): Promise<Reply<wire.QueriedOrder[]>> {
    return this.signed('ORDER_QUERY', 'GET', 'openOrders', params, wire.openOrdersReply, {
      costs: query(params['symbol'] === undefined ? 80 : 6),
    });
  }

  /** `orderId`: ours, where only one order's trades are asked for. */
  myTrades(params: Params, orderId?: string): Promise<Reply<wire.OwnTrade[]>> {
    return this.signed('ORDER_QUERY', 'GET', 'myTrades', params, wire.ownTradesReply, {
      costs: query(params['orderId'] === undefined ? 20 : 5),
      orderId,
    });
  }

  account(
    operation: 'BALANCE_QUERY' | 'POSITION_QUERY',
    params: Params,
  ): Promise<Reply<z.infer<typeof wire.accountReply>>> {
    return this.signed(operation, 'GET', 'account', params, wire.accountReply, { costs: query(20) });
  }

  exchangeInfo(): Promise<Reply<wire.ExchangeInfoReply>> {
    return this.public('exchangeInfo', { showPermissionSets: 'false' }, wire.exchangeInfoReply, {
      costs: query(20),
      priority: 'HIGH',
    });
  }

  bookTicker(symbol: string): Promise<Reply<z.infer<typeof wire.bookTickerReply>>> {
    return this.public('ticker/bookTicker', { symbol }, wire.bookTickerReply, { costs: query(2) });
  }

  /** Also sets the server clock. */
  async time(): Promise<Reply<z.infer<typeof wire.serverTimeReply>>> {
    const askedAtMs = this.deps.clock.now();
    const reply = await this.public('time', {}, wire.serverTimeReply, { costs: query(1), priority: 'HIGH' });
    if (reply.kind === 'answered') this.deps.serverClock.learn(reply.data.serverTime, askedAtMs);
    return reply;
  }

  private signed<T>(
    operation: CallOperation,
    method: Method,
    path: string,
    params: Params,
    schema: z.ZodType<T>,
    options: CallOptions,
  ): Promise<Reply<T>> {
    const { signer } = this.deps;
    if (signer === undefined) throw new TypeError(`${method} ${path} needs credentials.`);
    const endpoint = `${API_PATH}/${path}`;
    const complete = { ...params, recvWindow: String(RECV_WINDOW_MS) };
    const sign = (): HttpRequest => signer.sign('private', method, path, complete);
    const orderId = options.orderId ?? orderIdIn(params);
    const label = { operation, ...(orderId !== undefined && { orderId }) };
    return this.call({ method, endpoint, sign, label, ...sendByOf(options) }, schema, options);
  }

  private public<T>(path: string, params: Params, schema: z.ZodType<T>, options: CallOptions): Promise<Reply<T>> {
    return this.call({ method: 'GET', endpoint: `${API_PATH}/${path}`, params }, schema, options);
  }

  private async call<T>(config: RESTRequestConfig, schema: z.ZodType<T>, options: CallOptions): Promise<Reply<T>> {
    const turn = await this.turnFor(options);
    if (!turn.granted) return { kind: 'blocked', retryAt: turn.retryAt, banned: turn.banned };
    const response = await this.sendIn(turn, config);
    if (response instanceof TransportError) return { kind: 'failed', error: response };
    if (response.status < 200 || response.status > 299) return await this.refused(response);
    const parsed = schema.safeParse(response.data);
    if (!parsed.success) return { kind: 'unreadable', problem: firstProblem(parsed.error) };
    return { kind: 'answered', data: parsed.data, latencyMs: response.latencyMs };
  }

  /** It waits for its turn, but never past its sendBy. */
  private turnFor({ costs, priority = 'NORMAL', sendBy }: CallOptions): Promise<Turn | NoTurn> {
    const { rateLimiter, limits, clock } = this.deps;
    const leftMs = sendBy === undefined ? CALL_WAIT_MS_MAX : Math.max(0, sendBy - clock.now());
    return rateLimiter.acquire(limits.call(costs, priority, { waitMsMax: Math.min(CALL_WAIT_MS_MAX, leftMs) }));
  }

  /** The reply is not kept waiting until its turn is given back. */
  private async sendIn(turn: Turn, config: RESTRequestConfig): Promise<RESTResponse<unknown> | TransportError> {
    let answer: Parameters<Turn['release']>[0] = { sent: true };
    try {
      const response = await this.send(config);
      answer =
        response instanceof TransportError
          ? { sent: response.sent !== 'no' }
          : { sent: true, observed: observedUses(response.headers, this.deps.limits) };
      return response;
    } finally {
      void turn.release(answer);
    }
  }

  /** A reply without JSON still has a status, and 429 counts whatever its body. */
  private async send(config: RESTRequestConfig): Promise<RESTResponse<unknown> | TransportError> {
    try {
      return await this.deps.rest.request(config);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      if (error.fault !== 'UNREADABLE' || error.reply === undefined || error.reply.status < 400) return error;
      return { ...error.reply, data: undefined, latencyMs: 0 };
    }
  }

  private async refused({ status, data, headers }: RESTResponse<unknown>): Promise<Reply<never>> {
    const parsed = wire.errorReply.safeParse(data);
    const refusal: Refusal = { status, error: parsed.success ? parsed.data : undefined };
    if (isRateLimit(refusal)) {
      const retryAt = await this.keepAway(refusal, headers['retry-after']);
      return { kind: 'refused', refusal, body: data, retryAt };
    }
    if (!isClockRefusal(refusal)) return { kind: 'refused', refusal, body: data };
    const { kind } = await this.time();
    this.deps.logger.warn({ offsetMs: this.deps.serverClock.offsetMs, kind }, 'BINANCE and we differ in time.');
    return { kind: 'refused', refusal, body: data, retryAt: this.deps.clock.now() };
  }

  /** Too many orders stop new orders of the account; everything else stops all calls from this address. */
  private async keepAway(refusal: Refusal, retryAfter: string | undefined): Promise<number> {
    const { clock, limits, rateLimiter } = this.deps;
    const nowMs = clock.now();
    const waitMs = retryAfterMs(retryAfter, nowMs) ?? RETRY_AFTER_DEFAULT_MS[refusal.status] ?? 0;
    const gate = isOrderLimit(refusal) ? gateOf(limits.ownerOf('ACCOUNT'), 'ORDERS') : limits.ownerOf('IP');
    await rateLimiter.ban(limits.exchangeId, [gate], waitMs);
    return nowMs + waitMs;
  }
}

/** A query: itself, and what it weighs. */
function query(weight: number): CallOptions['costs'] {
  return { QUERIES: 1, WEIGHT: weight };
}

/** Our order that the parameters name; a replacement's id names the same one. */
function orderIdIn({ origClientOrderId, cancelOrigClientOrderId, newClientOrderId }: Params): string | undefined {
  const clientOrderId = origClientOrderId ?? cancelOrigClientOrderId ?? newClientOrderId;
  return clientOrderId === undefined ? undefined : orderOfClientOrderId(clientOrderId)?.orderId;
}

function sendByOf({ sendBy }: CallOptions): Pick<RESTRequestConfig, 'sendBy'> {
  return sendBy === undefined ? {} : { sendBy };
}

function firstProblem(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? 'unreadable' : `${issue.path.join('.')}: ${issue.message}`;
}
