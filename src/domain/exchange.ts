import type { OrderType, TimeInForce } from './order-request';
import type { DecimalString } from './decimal';

export const EXCHANGE_IDS = ['BINANCE', 'COINBASE', 'KRAKEN', 'OKX', 'BSDEX', 'BISON', 'FINOA', 'BYBIT'] as const;
export type ExchangeId = (typeof EXCHANGE_IDS)[number];

/** INACTIVE, MAINTENANCE and ERROR refuse new orders; cancels, queries and streams go on in every status. */
export const EXCHANGE_STATUSES = ['ACTIVE', 'INACTIVE', 'MAINTENANCE', 'ERROR'] as const;
export type ExchangeStatus = (typeof EXCHANGE_STATUSES)[number];

export const EXCHANGE_MODES = ['PRODUCTION', 'SANDBOX'] as const;
export type ExchangeMode = (typeof EXCHANGE_MODES)[number];

export const AUTH_METHODS = ['API_KEY', 'HMAC', 'OAUTH', 'FIX_CREDENTIALS'] as const;
export type AuthMethod = (typeof AUTH_METHODS)[number];

/** What an exchange can do for an account, per the specification; sizes are those of the tightest instrument. */
export interface ExchangeFeatures {
  supportedOrderTypes: OrderType[];
  /** Instruments as BASE/QUOTE; empty means all that the exchange lists. */
  supportedAssets: string[];
  supportedTimeInForce: TimeInForce[];
  supportsOrderModification: boolean;
  supportsWebSocket: boolean;
  supportsFIX: boolean;
  /** In base currency. */
  maxOrderSize: DecimalString;
  minOrderSize: DecimalString;
  /** In quote currency. */
  tickSize: DecimalString;
  /** In base currency. */
  lotSize: DecimalString;
}

export interface ExchangeRateLimits {
  ordersPerSecond: number;
  ordersPerMinute: number;
  queriesPerSecond: number;
  queriesPerMinute: number;
  wsMessagesPerSecond: number;
  /** For limits that count weights (Binance). */
  weightPerMinute?: number;
}

/** Credentials in the clear. They exist in activities and connections only; see src/storage/credentials. */
export interface Credentials {
  apiKey: string;
  apiSecret: string;
  passphrase?: string;
  fixSenderCompId?: string;
  fixTargetCompId?: string;
}

/** Credentials as stored: one opaque text per field, `v1.<key id>.<iv>.<tag>.<ciphertext>`. */
export type EncryptedCredentials = { [K in keyof Credentials]: string };

/** One exchange as a tenant has registered it (specification: ExchangeConfig). */
export interface ExchangeConfig {
  exchangeId: ExchangeId;
  tenantId: string;
  name: string;
  mode: ExchangeMode;
  restEndpoint: string;
  wsEndpoint?: string;
  /** Public market data streams, where the exchange has a second WebSocket address for them. */
  wsPublicEndpoint?: string;
  fixEndpoint?: string;
  authMethod: AuthMethod;
  credentials: EncryptedCredentials;
  supportedFeatures: ExchangeFeatures;
  rateLimits: ExchangeRateLimits;
  status: ExchangeStatus;
  /** Why it has this status, where somebody or something said so. */
  statusReason?: string;
  /** For failover ordering: 1 is tried first. */
  priority: number;
  /** The service may emulate order types and times in force that the exchange lacks. */
  emulationAllowed: boolean;
  /** After how long of nobody being able to say how an order stands a person is asked to look, ms. */
  stuckAfterMs: number;
  createdAt: string;
  updatedAt: string;
}
