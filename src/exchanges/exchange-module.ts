import type { ReconnectionStrategy } from '../domain/connection';
import type { AuthMethod, Credentials, ExchangeConfig, ExchangeMode } from '../domain/exchange';
import type { Clock } from '../platform/clock';
import type { Logger } from '../platform/logger';
import type { Random } from '../platform/random';
import type { SimulatedWaits } from '../platform/simulated-waits';
import type { ErrorCategory } from '../domain/errors';
import type { RateLimitConfig } from '../ratelimit/account-limits';
import type { RateLimiter } from '../ratelimit/rate-limiter';
import type { CallObserver, ObservedReply } from '../transport/call-observer';
import type { ConnectionObserver } from '../transport/connection-observer';
import type { ExchangeErrorTable } from './error-codes';
import type { Capabilities, ExchangeAdapter, Ticker } from './adapter';

/** Where an exchange is reached; in the shape of ExchangeConfig's addresses. */
export type ExchangeEndpoints = Pick<
  ExchangeConfig,
  'restEndpoint' | 'wsEndpoint' | 'wsPublicEndpoint' | 'fixEndpoint'
>;

export interface AdapterOptions {
  config: ExchangeConfig;
  credentials: Credentials;
  clock: Clock;
  random: Random;
  logger: Logger;
  rateLimiter: RateLimiter;
  /** Sees every private call of the account; the adapter's transports tell it. */
  observer: CallObserver;
  /** Whether SANDBOX may reach simulated exchanges on loopback. */
  allowSimulated: boolean;
  /** In the place of the exchange's own, at simulated exchanges. */
  simulatedWaits?: ExchangeWaits;
}

export type ExchangeWaits = Pick<SimulatedWaits, 'recvWindowMs' | 'readDelayMs' | 'replyTimeoutMs'>;

export interface MarketStreamOptions {
  mode: ExchangeMode;
  endpoints: ExchangeEndpoints;
  clock: Clock;
  random: Random;
  logger: Logger;
  rateLimiter: RateLimiter;
  /** Watches its connections; may be left out where nobody looks. */
  observer?: ConnectionObserver;
  /** How it is opened again when it is lost; the transport's own when left out. */
  reconnectionStrategy?: ReconnectionStrategy;
  allowSimulated: boolean;
}

/** Best prices of one exchange's instruments: a public stream, and single questions beside it. */
export interface MarketStream {
  /**
   * Opens it and keeps it open until close(); resolves when it is open for the first time. Called once.
   * @throws ServiceError when its address is refused, or when it is closed before
   */
  open(onTicker: (ticker: Ticker) => void): Promise<void>;
  close(): Promise<void>;
  /** Takes effect soon after; tells of no instrument that the exchange does not list. */
  subscribe(assetId: string): void;
  unsubscribe(assetId: string): void;
  /** @throws ServiceError */
  getTicker(assetId: string): Promise<Ticker>;
}

/** What a reply to a private call says went wrong, in the exchange's words. */
export interface ReplyFailure {
  category: ErrorCategory;
  message: string;
}

/** Everything that the service knows of an exchange: what its folder offers to the registry. */
export interface ExchangeModule {
  createAdapter(options: AdapterOptions): ExchangeAdapter;
  createMarketStream(options: MarketStreamOptions): MarketStream;
  /** Undefined where the reply (its body parsed, where it is JSON) is a yes. */
  failureOf(reply: ObservedReply): ReplyFailure | undefined;
  capabilities: Capabilities;
  errors: ExchangeErrorTable;
  authMethods: readonly AuthMethod[];
  /** Absent: the exchange has no such environment. */
  defaultEndpoints: Partial<Record<ExchangeMode, ExchangeEndpoints>>;
  productionHosts: readonly string[];
  sandboxHosts: readonly string[];
  rateLimits: RateLimitConfig;
}
