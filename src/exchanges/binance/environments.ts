import type { ExchangeMode } from '../../domain/exchange';
import type { ExchangeEndpoints } from '../exchange-module';

/** https://github.com/binance/binance-spot-api-docs, rest-api.md and testnet/general-info.md, read 2026-07 (a5e0bc3). */
export const DEFAULT_ENDPOINTS: Record<ExchangeMode, ExchangeEndpoints> = {
  PRODUCTION: {
    restEndpoint: 'https://api.binance.com',
    wsEndpoint: 'wss://ws-api.binance.com/ws-api/v3',
    wsPublicEndpoint: 'wss://stream.binance.com/stream',
  },
  SANDBOX: {
    restEndpoint: 'https://testnet.binance.vision',
    wsEndpoint: 'wss://ws-api.testnet.binance.vision/ws-api/v3',
    wsPublicEndpoint: 'wss://stream.testnet.binance.vision/stream',
  },
};

/** A connection is cut after 24 hours (web-socket-api.md, web-socket-streams.md); ours is replaced before. */
export const SOCKET_LIFETIME_MS = 23 * 3_600_000;

export const PRODUCTION_HOSTS: readonly string[] = [
  'api.binance.com',
  'api-gcp.binance.com',
  'api1.binance.com',
  'api2.binance.com',
  'api3.binance.com',
  'api4.binance.com',
  'data-api.binance.vision',
  'ws-api.binance.com',
  'stream.binance.com',
  'data-stream.binance.vision',
];

export const SANDBOX_HOSTS: readonly string[] = [
  'testnet.binance.vision',
  'api1.testnet.binance.vision',
  'ws-api.testnet.binance.vision',
  'stream.testnet.binance.vision',
];
