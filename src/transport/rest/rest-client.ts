import { Agent } from 'undici';
import type { Clock } from '../../platform/clock';
import type { CallLabel, CallObserver, ObservedEnd } from '../call-observer';
import type { HostGuard } from '../host-guard';
import { TransportError } from '../transport-error';
import { ResponseCollector } from './response-collector';

/** One call (specification: RESTRequestConfig). */
export interface RESTRequestConfig {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path below the client's base address. */
  endpoint: string;
  /** Query parameters; a signed call's `sign` decides itself where they go. */
  params?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  /** How long the reply's headers may take, ms. */
  timeout?: number;
  /** Ms since the epoch after which the call is refused, unsent. */
  sendBy?: number;
  /** Turns the call into the exact bytes to send. Called last, so that its timestamp is the time of sending. */
  sign?: (config: RESTRequestConfig) => HttpRequest;
  /** What the call is in the audit trail; required of a signed call wherever there is an observer. */
  label?: CallLabel;
}

/** Exactly what goes on the wire. */
export interface HttpRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
}

/** A reply of any status (specification: RESTResponse). Header names are in lower case. */
export interface RESTResponse<T> {
  data: T;
  status: number;
  headers: Record<string, string>;
  latencyMs: number;
}

/** One exchange's REST API. It never repeats a call: whoever calls decides, by TransportError.sent. */
export interface RESTClient {
  /** @throws TransportError when there is no readable reply */
  request<T = unknown>(config: RESTRequestConfig): Promise<RESTResponse<T>>;
  /** Ends after the calls under way. */
  close(): Promise<void>;
}

export const CONNECT_TIMEOUT_MS = 5_000;
/** Exchanges answer or give up within 10 s (Binance: -1007); we wait a little longer for that answer. */
export const HEADERS_TIMEOUT_MS = 11_000;
export const BODY_TIMEOUT_MS = 10_000;
export const KEEP_ALIVE_MS = 30_000;
/** Binance's exchangeInfo of all symbols is the largest reply known, several MB. */
export const RESPONSE_BYTES_MAX = 32 * 1024 * 1024;
export const IN_FLIGHT_MAX = 100;

export interface RESTClientOptions {
  /** Without a trailing slash. */
  baseUrl: string;
  guard: HostGuard;
  clock: Clock;
  /** Sees the private calls of an exchange account; absent where there is no account. */
  observer?: CallObserver;
  connectTimeoutMs?: number;
  headersTimeoutMs?: number;
  bodyTimeoutMs?: number;
  responseBytesMax?: number;
  inFlightMax?: number;
}

export function createRESTClient(options: RESTClientOptions): RESTClient {
  return new UndiciRESTClient(options);
}

/** Over undici, by its dispatch interface: only that tells a request that was never written from one that may have been. */
class UndiciRESTClient implements RESTClient {
  private readonly agent: Agent;
  private readonly inFlightMax: number;
  private readonly headersTimeoutMs: number;
  private inFlight = 0;

  constructor(private readonly options: RESTClientOptions) {
    this.inFlightMax = options.inFlightMax ?? IN_FLIGHT_MAX;
    this.headersTimeoutMs = options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS;
    this.agent = new Agent({
      connect: { timeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, rejectUnauthorized: true },
      bodyTimeout: options.bodyTimeoutMs ?? BODY_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxResponseSize: options.responseBytesMax ?? RESPONSE_BYTES_MAX,
      pipelining: 1,
    });
  }

  async request<T = unknown>(config: RESTRequestConfig): Promise<RESTResponse<T>> {
    const { clock, guard, baseUrl } = this.options;
    const what = `${config.method} ${baseUrl}${config.endpoint}`;
    this.refuseWhenFull(what);
    refuseWhenLate(config, clock, what);
    const request = config.sign?.(config) ?? unsigned(baseUrl, config);
    guard(request.url);
    const end = this.observe(config, request);
    const startedAtMs = clock.now();
    const { status, headers, body } = await this.dispatch(request, config, what).catch((error: TransportError) => {
      end({ error, latencyMs: clock.now() - startedAtMs });
      throw error;
    });
    const latencyMs = clock.now() - startedAtMs;
    end({ status, body, latencyMs });
    const data = parseJson(body, what, { status, headers }) as T;
    return { data, status, headers, latencyMs };
  }

  async close(): Promise<void> {
    await this.agent.close();
  }

  /** No queue here: a queued request would be sent with an old signature. */
  private refuseWhenFull(what: string): void {
    if (this.inFlight < this.inFlightMax) return;
    throw new TransportError('BUSY', 'no', `${what} was not sent: ${this.inFlight} calls are under way already.`);
  }

  private observe({ sign, label, endpoint }: RESTRequestConfig, sent: HttpRequest): (end: ObservedEnd) => void {
    const { observer } = this.options;
    if (sign === undefined || observer === undefined) return () => undefined;
    if (label === undefined) throw new TypeError(`${endpoint} is signed: its audit needs a label.`);
    return observer.begin({ ...label, sent });
  }

  private dispatch(
    request: HttpRequest,
    config: RESTRequestConfig,
    what: string,
  ): Promise<{ status: number; headers: Record<string, string>; body: string }> {
    const { origin, pathname, search } = new URL(request.url);
    this.inFlight += 1;
    const reply = new Promise<{ status: number; headers: Record<string, string>; body: string }>((resolve, reject) => {
      const collector = new ResponseCollector(what, { resolve, reject }, () =>
        refuseWhenLate(config, this.options.clock, what),
      );
      const headers = { accept: 'application/json', ...request.headers };
      this.agent.dispatch(
        {
          origin,
          path: pathname + search,
          method: request.method,
          headers,
          body: request.body ?? null,
          headersTimeout: config.timeout ?? this.headersTimeoutMs,
        },
        collector,
      );
    });
    return reply.finally(() => (this.inFlight -= 1));
  }
}

function refuseWhenLate({ sendBy }: RESTRequestConfig, clock: Clock, what: string): void {
  const now = clock.now();
  if (sendBy === undefined || now <= sendBy) return;
  throw new TransportError('SEND_BY_PASSED', 'no', `${what} was not sent: it is ${now - sendBy} ms past its sendBy.`);
}

function unsigned(baseUrl: string, { method, endpoint, params, body, headers = {} }: RESTRequestConfig): HttpRequest {
  const query = params === undefined ? '' : `?${new URLSearchParams(params).toString()}`;
  const url = `${baseUrl}${endpoint}${query}`;
  if (body === undefined) return { method, url, headers };
  return { method, url, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

function parseJson(body: string, what: string, reply: { status: number; headers: Record<string, string> }): unknown {
  if (body === '') return undefined;
  try {
    return JSON.parse(body);
  } catch (error) {
    const message = `${what} was answered with status ${reply.status} and a body that is not JSON.`;
    throw new TransportError('UNREADABLE', 'maybe', message, { cause: error, reply });
  }
}
