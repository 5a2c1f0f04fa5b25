import { ServiceError } from '../../domain/errors';
import type { ExchangeAdapter } from '../adapter';
import type { AdapterOptions, ExchangeModule, MarketStream, MarketStreamOptions } from '../exchange-module';
import { assemble } from './assembly';
import { BinanceAdapter } from './binance-adapter';
import { CAPABILITIES } from './capabilities';
import { failureOf } from './errors';
import { DEFAULT_ENDPOINTS, PRODUCTION_HOSTS, SANDBOX_HOSTS } from './environments';
import { ERROR_TABLE } from './errors';
import { BinanceMarketStream } from './market-stream';
import { RATE_LIMITS } from './rate-limits';

export function createBinanceAdapter(options: AdapterOptions): ExchangeAdapter {
  return new BinanceAdapter(options);
}

/** @throws ServiceError CONFIGURATION without an address for public streams */
export function createBinanceMarketStream(options: MarketStreamOptions): MarketStream {
  const { wsPublicEndpoint: endpoint } = options.endpoints;
  if (endpoint === undefined) throw new ServiceError('CONFIGURATION', 'BINANCE has no wsPublicEndpoint.');
  const { instruments, queries, limits, guard } = assemble(options);
  return new BinanceMarketStream({
    endpoint,
    instruments,
    queries,
    limits,
    rateLimiter: options.rateLimiter,
    guard,
    clock: options.clock,
    random: options.random,
    logger: options.logger,
    ...(options.observer && { observer: options.observer }),
    ...(options.reconnectionStrategy && { reconnectionStrategy: options.reconnectionStrategy }),
  });
}

export const binance: ExchangeModule = {
  createAdapter: createBinanceAdapter,
  createMarketStream: createBinanceMarketStream,
  failureOf,
  capabilities: CAPABILITIES,
  errors: ERROR_TABLE,
  authMethods: ['HMAC', 'API_KEY'],
  defaultEndpoints: DEFAULT_ENDPOINTS,
  productionHosts: PRODUCTION_HOSTS,
  sandboxHosts: SANDBOX_HOSTS,
  rateLimits: RATE_LIMITS,
};
