import type { AuthMethod, Credentials, ExchangeConfig, ExchangeMode, ExchangeRateLimits } from '../domain/exchange';
import type { Clock } from '../platform/clock';
import type { Logger } from '../platform/logger';
import type { Random } from '../platform/random';
import type { RateGate } from '../ratelimit/rate-gate';
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
  rateGate: RateGate;
  /** Whether SANDBOX may reach simulated exchanges on loopback. */
  allowSimulated: boolean;
}

export interface MarketStreamOptions {
  mode: ExchangeMode;
  endpoints: ExchangeEndpoints;
  clock: Clock;
  logger: Logger;
  rateGate: RateGate;
  allowSimulated: boolean;
}

/** What a market stream tells its holder. */
export interface MarketStreamEvents {
  onTicker(ticker: Ticker): void;
  /** Called once when an open stream ends without close(). */
  onLost(reason: string): void;
}

/** Best prices of one exchange's instruments: a public stream, and single questions beside it. */
export interface MarketStream {
  /** Opens it, or opens it again after onLost with the same subscriptions. @throws ServiceError when that fails */
  open(events: MarketStreamEvents): Promise<void>;
  close(): Promise<void>;
  /** Takes effect soon after; tells of no instrument that the exchange does not list. */
  subscribe(assetId: string): void;
  unsubscribe(assetId: string): void;
  /** @throws ServiceError */
  getTicker(assetId: string): Promise<Ticker>;
}

/** Everything that the service knows of an exchange: what its folder offers to the registry. */
export interface ExchangeModule {
  createAdapter(options: AdapterOptions): ExchangeAdapter;
  createMarketStream(options: MarketStreamOptions): MarketStream;
  capabilities: Capabilities;
  authMethods: readonly AuthMethod[];
  /** Absent: the exchange has no such environment. */
  defaultEndpoints: Partial<Record<ExchangeMode, ExchangeEndpoints>>;
  productionHosts: readonly string[];
  sandboxHosts: readonly string[];
  rateLimits: ExchangeRateLimits;
}
