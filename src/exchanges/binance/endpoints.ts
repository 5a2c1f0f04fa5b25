import type { z } from 'zod';
import type { CallOperation } from '../../domain/audit';
import type { Credentials } from '../../domain/exchange';
import { orderOfClientOrderId } from '../../domain/ids';
import type { Denied } from '../../domain/outcome';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { AccountLimits } from '../../ratelimit/account-limits';
import type { RateLimitCategory } from '../../ratelimit/budget';
import type { RequestPriority } from '../../ratelimit/priority';
import { CALL_WAIT_MS_MAX } from '../../ratelimit/priority';
import type { NoTurn, RateLimiter, Turn } from '../../ratelimit/rate-limiter';
import { retryAfterMs } from '../../ratelimit/retry-after';
import type { RESTClient, RESTRequestConfig, RESTResponse } from '../../transport/rest/rest-client';
import type { CallLabel } from '../../transport/call-observer';
import { TransportError } from '../../transport/transport-error';
import type { PlacedOrder } from '../adapter';
import type { ServerClock } from '../server-clock';
import type { Refusal } from './errors';
import { isClockRefusal, isRateLimit } from './errors';
import { keepAway } from './keep-away';
import { observedUses } from './rate-limits';
import type { Params } from './translate';
import * as wire from './wire';

export const API_PATH = '/api/v3';
/** Deposits, withdrawals and other things of the wallet; limited apart from the rest. */
export const WALLET_PATH = '/sapi/v1';
/** What of Binance's endpoints is signed, by ccxt's names. */
export const SIGNED_SECTIONS = { private: API_PATH, sapi: WALLET_PATH } as const;

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

/** The same of a call that makes or changes an order: our own last check may have denied it, unsent. */
export type SendReply<T> = Reply<T> | { kind: 'denied'; denial: Denied };

export interface EndpointDeps {
  rest: RESTClient;
  /** How long a signed request is good for, ms. */
  recvWindowMs: number;
  /** Absent where only public endpoints are called. */
  credentials?: Credentials;
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
  orderId?: string | undefined;
}

/** Until when, and on whose leave, an order is sent. */
type SendTerms = Pick<PlacedOrder, 'sendBy' | 'lastCheck'>;

type Method = RESTRequestConfig['method'];

/** Binance's raw calls under Binance's names (rest-api.md). They answer with a Reply and never repeat a call. */
export class BinanceEndpoints {
  constructor(private readonly deps: EndpointDeps) {}

  newOrder(params: Params, terms: SendTerms): Promise<SendReply<wire.NewOrderReply>> {
    return this.send('ORDER_SUBMIT', 'POST', 'order', params, wire.newOrderReply, {
      ...terms,
      costs: { ORDERS: 1, WEIGHT: 1 },
    });
  }

  deleteOrder(params: Params): Promise<Reply<wire.CancelReply>> {
    return this.signed('ORDER_CANCEL', 'DELETE', 'order', params, wire.cancelReply, {
      costs: { WEIGHT: 1 },
      priority: 'CRITICAL',
    });
  }

  /** All open orders of the account on one symbol. */
  deleteOpenOrders(symbol: string): Promise<Reply<unknown[]>> {
    return this.signed('ORDER_CANCEL', 'DELETE', 'openOrders', { symbol }, wire.cancelAllReply, {
      costs: { WEIGHT: 1 },
      priority: 'CRITICAL',
    });
  }

  cancelReplace(params: Params, terms: SendTerms): Promise<SendReply<z.infer<typeof wire.cancelReplaceReply>>> {
    return this.send('ORDER_MODIFY', 'POST', 'order/cancelReplace', params, wire.cancelReplaceReply, {
      ...terms,
      costs: { ORDERS: 1, WEIGHT: 1 },
      priority: 'HIGH',
    });
  }

  amendKeepPriority(params: Params, terms: SendTerms): Promise<SendReply<wire.AmendReply>> {
    return this.send('ORDER_MODIFY', 'PUT', 'order/amend/keepPriority', params, wire.amendReply, {
      ...terms,
      costs: { WEIGHT: 4 },
      priority: 'HIGH',
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

  /** developers.binance.com, Wallet, Deposit History. */
  depositHistory(params: Params): Promise<Reply<wire.Deposit[]>> {
    return this.wallet('capital/deposit/hisrec', params, wire.depositsReply);
  }

  /** developers.binance.com, Wallet, Withdraw History: 18,000 of the 180,000 that an account's wallet calls may weigh. */
  withdrawHistory(params: Params): Promise<Reply<wire.Withdrawal[]>> {
    return this.wallet('capital/withdraw/history', params, wire.withdrawalsReply);
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

  private async signed<T>(
    operation: CallOperation,
    method: Method,
    path: string,
    params: Params,
    schema: z.ZodType<T>,
    options: CallOptions,
  ): Promise<Reply<T>> {
    const label = labelOf(operation, options.orderId ?? orderIdIn(params));
    return await this.call(this.signedConfig(label, method, path, params), schema, options);
  }

  private async wallet<T>(path: string, params: Params, schema: z.ZodType<T>): Promise<Reply<T>> {
    const config = this.signedConfig(labelOf('BALANCE_QUERY', undefined), 'GET', path, params, WALLET_PATH);
    return await this.call(config, schema, { costs: { QUERIES: 1 } });
  }

  /** A call that makes or changes an order: the last check comes when nothing is left to wait for. */
  private async send<T>(
    operation: CallOperation,
    method: Method,
    path: string,
    params: Params,
    schema: z.ZodType<T>,
    { sendBy, lastCheck, ...options }: CallOptions & SendTerms,
  ): Promise<SendReply<T>> {
    const turn = await this.turnFor(options, sendBy);
    if (!turn.granted) return blocked(turn);
    const clearance = await lastCheck().catch((error: unknown) => {
      void turn.release({ sent: false });
      throw error;
    });
    if (clearance.outcome === 'denied') {
      void turn.release({ sent: false });
      return { kind: 'denied', denial: clearance };
    }
    const config = this.signedConfig(labelOf(operation, orderIdIn(params)), method, path, params);
    return await this.callIn(turn, { ...config, sendBy: Math.min(sendBy, clearance.sendBy) }, schema);
  }

  private signedConfig(
    label: CallLabel,
    method: Method,
    path: string,
    params: Params,
    root = API_PATH,
  ): RESTRequestConfig {
    const { credentials, recvWindowMs, rest, serverClock } = this.deps;
    if (credentials === undefined) throw new TypeError(`${method} ${path} needs credentials.`);
    if (serverClock.isStale()) void this.time(); // for the calls after this one
    const complete = { ...params, recvWindow: String(recvWindowMs) };
    return rest.signRequest({ method, endpoint: `${root}/${path}`, params: complete, label }, credentials);
  }

  private public<T>(path: string, params: Params, schema: z.ZodType<T>, options: CallOptions): Promise<Reply<T>> {
    return this.call({ method: 'GET', endpoint: `${API_PATH}/${path}`, params }, schema, options);
  }

  private async call<T>(config: RESTRequestConfig, schema: z.ZodType<T>, options: CallOptions): Promise<Reply<T>> {
    const turn = await this.turnFor(options);
    const critical = options.priority === 'CRITICAL';
    return turn.granted ? await this.callIn(turn, { ...config, critical }, schema) : blocked(turn);
  }

  private async callIn<T>(turn: Turn, config: RESTRequestConfig, schema: z.ZodType<T>): Promise<Reply<T>> {
    const response = await this.requestIn(turn, config);
    if (response instanceof TransportError) return { kind: 'failed', error: response };
    if (response.status < 200 || response.status > 299) return await this.refused(response);
    const parsed = schema.safeParse(response.data);
    if (!parsed.success) return { kind: 'unreadable', problem: firstProblem(parsed.error) };
    return { kind: 'answered', data: parsed.data, latencyMs: response.latencyMs };
  }

  /** It waits for its turn, but never past its sendBy. */
  private turnFor({ costs, priority = 'NORMAL' }: CallOptions, sendBy?: number): Promise<Turn | NoTurn> {
    const { rateLimiter, limits, clock } = this.deps;
    const leftMs = sendBy === undefined ? CALL_WAIT_MS_MAX : Math.max(0, sendBy - clock.now());
    return rateLimiter.acquire(limits.call(costs, priority, { waitMsMax: Math.min(CALL_WAIT_MS_MAX, leftMs) }));
  }

  /** The reply is not kept waiting until its turn is given back. */
  private async requestIn(turn: Turn, config: RESTRequestConfig): Promise<RESTResponse<unknown> | TransportError> {
    let answer: Parameters<Turn['release']>[0] = { sent: true };
    try {
      const response = await this.request(config);
      answer =
        response instanceof TransportError
          ? { sent: response.sent !== 'no' }
          : { sent: true, observed: observedUses(response.headers, this.deps.limits) };
      return response;
    } finally {
      void turn.release(answer);
    }
  }

  /** A reply without JSON still has a status, and what asks to keep away counts whatever its body. */
  private async request(config: RESTRequestConfig): Promise<RESTResponse<unknown> | TransportError> {
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
      const askedMs = retryAfterMs(headers['retry-after'], this.deps.clock.now());
      const retryAt = await keepAway(this.deps, refusal, askedMs);
      return { kind: 'refused', refusal, body: data, retryAt };
    }
    if (!isClockRefusal(refusal)) return { kind: 'refused', refusal, body: data };
    const { kind } = await this.time();
    this.deps.logger.warn({ offsetMs: this.deps.serverClock.offsetMs, kind }, 'BINANCE and we differ in time.');
    return { kind: 'refused', refusal, body: data, retryAt: this.deps.clock.now() };
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

function labelOf(operation: CallOperation, orderId: string | undefined): CallLabel {
  return { operation, ...(orderId !== undefined && { orderId }) };
}

function blocked({ retryAt, banned }: NoTurn): Extract<Reply<never>, { kind: 'blocked' }> {
  return { kind: 'blocked', retryAt, banned };
}

function firstProblem(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? 'unreadable' : `${issue.path.join('.')}: ${issue.message}`;
}
