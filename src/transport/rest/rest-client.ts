import { Agent } from 'undici';
import type { Credentials } from '../../domain/exchange';
import type { Clock } from '../../platform/clock';
import type { CallLabel, CallObserver, ObservedEnd } from '../call-observer';
import type { ConnectionWatch } from '../connection-observer';
import { UNWATCHED } from '../connection-observer';
import type { HostGuard } from '../host-guard';
import { TransportError } from '../transport-error';
import type { Collected } from './response-collector';
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
  /** How long the whole call may take, ms. */
  timeout?: number;
  /** Ms since the epoch after which the call is refused, unsent. */
  sendBy?: number;
  /** Turns the call into the exact bytes to send. Called last, so that its timestamp is the time of sending. */
  sign?: (config: RESTRequestConfig) => HttpRequest;
  /** May take from the calls in flight that are kept for what can't wait: a cancel. */
  critical?: boolean;
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

/** Makes a call's exact bytes, in the way of one exchange. */
export type RequestSigner = (config: RESTRequestConfig, credentials: Credentials) => HttpRequest;

/** One exchange's REST API. It never repeats a call: whoever calls decides, by TransportError.sent. */
export interface RESTClient {
  /** @throws TransportError when there is no readable reply */
  request<T = unknown>(config: RESTRequestConfig): Promise<RESTResponse<T>>;
  /**
   * The call, to be signed by the exchange's signer when it is sent: a signature made now could be too old by then.
   * @throws TypeError when the client has no signer
   */
  signRequest(config: RESTRequestConfig, credentials: Credentials): RESTRequestConfig;
  /** Ends after the calls under way. */
  close(): Promise<void>;
}

export const CONNECT_TIMEOUT_MS = 5_000;
/** Exchanges answer or give up within 10 s (Binance: -1007); we wait a little longer for that answer. */
export const HEADERS_TIMEOUT_MS = 11_000;
/** Between two parts of a reply's body. */
export const BODY_TIMEOUT_MS = 10_000;
/** From the call to the last byte of its reply. */
export const CALL_TIMEOUT_MS = 30_000;
export const KEEP_ALIVE_MS = 30_000;
/** Binance's exchangeInfo of all symbols is the largest reply known, several MB. */
export const RESPONSE_BYTES_MAX = 32 * 1024 * 1024;
/** Calls under way at once. A worker may have as many orders and as many cancels on one account (workers/roles.ts). */
export const IN_FLIGHT_MAX = 150;
/** Of those, the ones that only critical calls take: however many others hang, a cancel goes out. */
export const IN_FLIGHT_RESERVED = 50;

export interface RESTClientOptions {
  /** Without a trailing slash. */
  baseUrl: string;
  guard: HostGuard;
  clock: Clock;
  /** Sees the private calls of an exchange account, and watches; absent where nobody looks. */
  observer?: Partial<CallObserver>;
  /** Absent where nothing is signed. */
  signer?: RequestSigner;
  connectTimeoutMs?: number;
  headersTimeoutMs?: number;
  bodyTimeoutMs?: number;
  callTimeoutMs?: number;
  responseBytesMax?: number;
  inFlightMax?: number;
  inFlightReserved?: number;
}

export function createRESTClient(options: RESTClientOptions): RESTClient {
  return new UndiciRESTClient(options);
}

/** Over undici, by its dispatch interface: only that tells a request that was never written from one that may have been. */
class UndiciRESTClient implements RESTClient {
  private readonly agent: Agent;
  private readonly watch: ConnectionWatch;
  private readonly inFlightMax: number;
  private readonly headersTimeoutMs: number;
  private inFlight = 0;
  private sockets = 0;

  constructor(private readonly options: RESTClientOptions) {
    this.inFlightMax = options.inFlightMax ?? IN_FLIGHT_MAX;
    this.headersTimeoutMs = options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS;
    this.watch = options.observer?.watch?.({ type: 'REST', purpose: 'CALLS', endpoint: options.baseUrl }) ?? UNWATCHED;
    this.agent = new Agent({
      connect: { timeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, rejectUnauthorized: true },
      connections: this.inFlightMax,
      bodyTimeout: options.bodyTimeoutMs ?? BODY_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxResponseSize: options.responseBytesMax ?? RESPONSE_BYTES_MAX,
      pipelining: 1,
    });
    this.agent.on('connect', () => this.count(1));
    this.agent.on('disconnect', () => this.count(-1));
  }

  async request<T = unknown>(config: RESTRequestConfig): Promise<RESTResponse<T>> {
    const { clock, guard, baseUrl } = this.options;
    const what = `${config.method} ${baseUrl}${config.endpoint}`;
    this.refuseWhenFull(config, what);
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

  signRequest(config: RESTRequestConfig, credentials: Credentials): RESTRequestConfig {
    const { signer } = this.options;
    if (signer === undefined) throw new TypeError(`${config.endpoint} can't be signed: this client has no signer.`);
    return { ...config, sign: (complete) => signer(complete, credentials) };
  }

  async close(): Promise<void> {
    await this.agent.close();
  }

  /** No queue here: a queued request would be sent with an old signature. */
  private refuseWhenFull({ critical = false }: RESTRequestConfig, what: string): void {
    const { inFlightReserved = IN_FLIGHT_RESERVED } = this.options;
    if (this.inFlight < this.inFlightMax - (critical ? 0 : inFlightReserved)) return;
    throw new TransportError('BUSY', 'no', `${what} was not sent: ${this.inFlight} calls are under way already.`);
  }

  /** Keep-alive ends idle sockets, so that none is left says nothing bad of the exchange. */
  private count(change: 1 | -1): void {
    this.sockets = Math.max(0, this.sockets + change);
    if (this.sockets > 0) this.watch.entered('CONNECTED');
    else this.watch.entered('DISCONNECTED', 'no socket is open');
  }

  private observe(config: RESTRequestConfig, sent: HttpRequest): (end: ObservedEnd) => void {
    const told = this.observeCall(config, sent);
    this.watch.sent();
    return (end) => {
      told(end);
      if ('error' in end) return this.watch.failed(end.error);
      this.watch.received();
      if ((end.status ?? 0) < 500) this.watch.answered(end.latencyMs);
      else this.watch.failed(new Error(`${config.method} ${config.endpoint} was answered with status ${end.status}.`));
    };
  }

  private observeCall({ sign, label, endpoint }: RESTRequestConfig, sent: HttpRequest): (end: ObservedEnd) => void {
    const { observer } = this.options;
    if (sign === undefined || observer?.begin === undefined) return () => undefined;
    if (label === undefined) throw new TypeError(`${endpoint} is signed: its audit needs a label.`);
    return observer.begin({ ...label, sent });
  }

  private dispatch(request: HttpRequest, config: RESTRequestConfig, what: string): Promise<Collected> {
    const { clock, callTimeoutMs = CALL_TIMEOUT_MS } = this.options;
    const { origin, pathname, search } = new URL(request.url);
    const timeoutMs = config.timeout ?? callTimeoutMs;
    const answered = new AbortController();
    this.inFlight += 1;
    const reply = new Promise<Collected>((resolve, reject) => {
      const collector = new ResponseCollector(what, { resolve, reject }, () => refuseWhenLate(config, clock, what));
      const headers = { accept: 'application/json', ...request.headers };
      this.agent.dispatch(
        {
          origin,
          path: pathname + search,
          method: request.method,
          headers,
          body: request.body ?? null,
          headersTimeout: Math.min(this.headersTimeoutMs, timeoutMs),
        },
        collector,
      );
      clock.sleep(timeoutMs, answered.signal).then(
        () => collector.giveUp(timeoutMs),
        () => undefined,
      );
    });
    return reply.finally(() => {
      this.inFlight -= 1;
      answered.abort();
    });
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
