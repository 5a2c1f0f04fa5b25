import type { z } from 'zod';
import type { CallOperation } from '../../domain/audit';
import { orderOfClientOrderId } from '../../domain/ids';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { RateGate, RateScope } from '../../ratelimit/rate-gate';
import type { HttpRequest, RESTClient, RESTRequestConfig, RESTResponse } from '../../transport/rest/rest-client';
import { TransportError } from '../../transport/transport-error';
import type { CcxtSigner } from '../ccxt-signer';
import { RECV_WINDOW_MS } from './capabilities';
import type { Refusal } from './errors';
import { isClockRefusal, isOrderLimit, isRateLimit } from './errors';
import type { LimitUsage } from './limit-usage';
import type { ServerClock } from './server-clock';
import type { Params } from './translate';
import { EXCHANGE_ID } from './translate';
import * as wire from './wire';

export const API_PATH = '/api/v3';
/** Where Binance names no Retry-After: the weight window, and the shortest documented ban. */
const RETRY_AFTER_DEFAULT_MS: Record<number, number> = { 429: 60_000, 418: 120_000 };
const RETRY_AFTER_MS_MAX = 3 * 86_400_000;

/** What became of one call. */
export type Reply<T> =
  | { kind: 'answered'; data: T; latencyMs: number }
  /** Binance said no. `body` is all it said. */
  | { kind: 'refused'; refusal: Refusal; body: unknown; retryAt?: number }
  /** Processed, by its status, and not what we can read. */
  | { kind: 'unreadable'; problem: string }
  /** Not sent: Binance has asked to be left alone. */
  | { kind: 'blocked'; retryAt: number }
  | { kind: 'failed'; error: TransportError };

export interface EndpointDeps {
  rest: RESTClient;
  /** Absent where only public endpoints are called. */
  signer?: CcxtSigner;
  gate: RateGate;
  /** Whose orders Binance counts; absent where only public endpoints are called. */
  tenantId?: string;
  clock: Clock;
  serverClock: ServerClock;
  usage: LimitUsage;
  logger: Logger;
}

interface CallOptions {
  sendBy?: number;
  placesOrder?: boolean;
  orderId?: string | undefined;
}

type Method = RESTRequestConfig['method'];

/** Binance's raw calls under Binance's names (rest-api.md). They answer with a Reply and never repeat a call. */
export class BinanceEndpoints {
  constructor(private readonly deps: EndpointDeps) {}

  newOrder(params: Params, sendBy: number): Promise<Reply<wire.NewOrderReply>> {
    return this.signed('ORDER_SUBMIT', 'POST', 'order', params, wire.newOrderReply, { sendBy, placesOrder: true });
  }

  deleteOrder(params: Params): Promise<Reply<wire.CancelReply>> {
    return this.signed('ORDER_CANCEL', 'DELETE', 'order', params, wire.cancelReply);
  }

  cancelReplace(params: Params, sendBy: number): Promise<Reply<z.infer<typeof wire.cancelReplaceReply>>> {
    return this.signed('ORDER_MODIFY', 'POST', 'order/cancelReplace', params, wire.cancelReplaceReply, {
      sendBy,
      placesOrder: true,
    });
  }

  amendKeepPriority(params: Params, sendBy: number): Promise<Reply<wire.AmendReply>> {
    return this.signed('ORDER_MODIFY', 'PUT', 'order/amend/keepPriority', params, wire.amendReply, { sendBy });
  }

  getOrder(params: Params): Promise<Reply<wire.QueriedOrder>> {
    return this.signed('ORDER_QUERY', 'GET', 'order', params, wire.queriedOrder);
  }

  openOrders(params: Params): Promise<Reply<wire.QueriedOrder[]>> {
    return this.signed('ORDER_QUERY', 'GET', 'openOrders', params, wire.openOrdersReply);
  }

  /** `orderId`: ours, where only one order's trades are asked for. */
  myTrades(params: Params, orderId?: string): Promise<Reply<wire.OwnTrade[]>> {
    return this.signed('ORDER_QUERY', 'GET', 'myTrades', params, wire.ownTradesReply, { orderId });
  }

  account(
    operation: 'BALANCE_QUERY' | 'POSITION_QUERY',
    params: Params,
  ): Promise<Reply<z.infer<typeof wire.accountReply>>> {
    return this.signed(operation, 'GET', 'account', params, wire.accountReply);
  }

  exchangeInfo(): Promise<Reply<wire.ExchangeInfoReply>> {
    return this.public('exchangeInfo', { showPermissionSets: 'false' }, wire.exchangeInfoReply);
  }

  bookTicker(symbol: string): Promise<Reply<z.infer<typeof wire.bookTickerReply>>> {
    return this.public('ticker/bookTicker', { symbol }, wire.bookTickerReply);
  }

  /** Also sets the server clock. */
  async time(): Promise<Reply<z.infer<typeof wire.serverTimeReply>>> {
    const askedAtMs = this.deps.clock.now();
    const reply = await this.public('time', {}, wire.serverTimeReply);
    if (reply.kind === 'answered') this.deps.serverClock.learn(reply.data.serverTime, askedAtMs);
    return reply;
  }

  private signed<T>(
    operation: CallOperation,
    method: Method,
    path: string,
    params: Params,
    schema: z.ZodType<T>,
    options: CallOptions = {},
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

  private public<T>(path: string, params: Params, schema: z.ZodType<T>): Promise<Reply<T>> {
    return this.call({ method: 'GET', endpoint: `${API_PATH}/${path}`, params }, schema, {});
  }

  private async call<T>(config: RESTRequestConfig, schema: z.ZodType<T>, options: CallOptions): Promise<Reply<T>> {
    const retryAt = await this.blockedUntil(options);
    if (retryAt !== undefined) return { kind: 'blocked', retryAt };
    const response = await this.send(config);
    if (response instanceof TransportError) return { kind: 'failed', error: response };
    this.deps.usage.observe(response.headers, this.deps.serverClock.now());
    if (response.status < 200 || response.status > 299) return await this.refused(response);
    const parsed = schema.safeParse(response.data);
    if (!parsed.success) return { kind: 'unreadable', problem: firstProblem(parsed.error) };
    return { kind: 'answered', data: parsed.data, latencyMs: response.latencyMs };
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
      const retryAt = this.deps.clock.now() + retryAfterMs(status, headers['retry-after']);
      await this.deps.gate.block(this.scopeOf(isOrderLimit(refusal)), retryAt, `status ${status}`);
      return { kind: 'refused', refusal, body: data, retryAt };
    }
    if (!isClockRefusal(refusal)) return { kind: 'refused', refusal, body: data };
    const { kind } = await this.time();
    this.deps.logger.warn({ offsetMs: this.deps.serverClock.offsetMs, kind }, 'BINANCE and we differ in time.');
    return { kind: 'refused', refusal, body: data, retryAt: this.deps.clock.now() };
  }

  private async blockedUntil({ placesOrder = false }: CallOptions): Promise<number | undefined> {
    const scopes = placesOrder ? [this.scopeOf(false), this.scopeOf(true)] : [this.scopeOf(false)];
    const blocks = await Promise.all(scopes.map((scope) => this.deps.gate.blockedUntil(scope)));
    const untils = blocks.filter((until) => until !== undefined);
    return untils.length === 0 ? undefined : Math.max(...untils);
  }

  private scopeOf(isOrders: boolean): RateScope {
    const { tenantId } = this.deps;
    if (!isOrders || tenantId === undefined) return { kind: 'IP', exchangeId: EXCHANGE_ID };
    return { kind: 'ORDERS', exchangeId: EXCHANGE_ID, tenantId };
  }
}

/** Our order that the parameters name; a replacement's id names the same one. */
function orderIdIn({ origClientOrderId, cancelOrigClientOrderId, newClientOrderId }: Params): string | undefined {
  const clientOrderId = origClientOrderId ?? cancelOrigClientOrderId ?? newClientOrderId;
  return clientOrderId === undefined ? undefined : orderOfClientOrderId(clientOrderId)?.orderId;
}

function sendByOf({ sendBy }: CallOptions): Pick<RESTRequestConfig, 'sendBy'> {
  return sendBy === undefined ? {} : { sendBy };
}

function retryAfterMs(status: number, header: string | undefined): number {
  const seconds = header !== undefined && /^\d{1,9}$/.test(header.trim()) ? Number(header) : undefined;
  const ms = seconds === undefined ? (RETRY_AFTER_DEFAULT_MS[status] ?? 0) : seconds * 1_000;
  return Math.min(ms, RETRY_AFTER_MS_MAX);
}

function firstProblem(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? 'unreadable' : `${issue.path.join('.')}: ${issue.message}`;
}
