import './real-ccxt';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Credentials, ExchangeConfig } from '../../src/domain/exchange';
import type { ExchangeAdapter } from '../../src/exchanges/adapter';
import { exchangeModule } from '../../src/exchanges/registry';
import type { Clock } from '../../src/platform/clock';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import type { RateLimiter } from '../../src/ratelimit/rate-limiter';
import { ownRateLimiter } from '../ratelimit/own-limiter';
import { SimulatorAdmin } from '../../src/simulator/admin-client';
import type { CallObserver } from '../../src/transport/call-observer';
import type { RunningSimulator, SimulatorOptions } from '../../src/simulator/simulator';
import { startSimulator } from '../../src/simulator/simulator';
import { unobserved } from '../audit/silent-audit';

export const TENANT = 'tenant-1';
export const CREDENTIALS: Credentials = { apiKey: 'key-of-tenant-1', apiSecret: 'secret-of-tenant-1' };

/** A simulated Binance with one funded account, and the way to build adapters for it. */
export interface BinanceSandbox {
  simulator: RunningSimulator;
  admin: SimulatorAdmin;
  config: ExchangeConfig;
  createAdapter(overrides?: {
    clock?: Clock;
    config?: Partial<ExchangeConfig>;
    credentials?: Credentials;
    observer?: CallObserver;
    rateLimiter?: RateLimiter;
  }): ExchangeAdapter;
  close(): Promise<void>;
}

/** So many calls as tests make in a minute are more than a documented account may. */
const NO_LIMIT = 1_000_000_000;
export const UNLIMITED: ExchangeConfig['rateLimits'] = {
  ordersPerSecond: NO_LIMIT,
  ordersPerMinute: NO_LIMIT,
  queriesPerSecond: NO_LIMIT,
  queriesPerMinute: NO_LIMIT,
  wsMessagesPerSecond: NO_LIMIT,
  weightPerMinute: NO_LIMIT,
};

/** Prices stand still and nobody limits orders, unless `options` say otherwise. */
export async function startBinanceSandbox(options: Partial<SimulatorOptions> = {}): Promise<BinanceSandbox> {
  const directory = mkdtempSync(join(tmpdir(), 'binance-sandbox-'));
  const simulator = await startSimulator({
    directory,
    marketIntervalMs: 0,
    accounts: [{ ...CREDENTIALS, balances: { BTC: '1000', ETH: '1000', USDT: '100000000' } }],
    limits: {
      ordersPer10Seconds: 1_000_000,
      ordersPerDay: 10_000_000,
      requestWeightPerMinute: 10_000_000,
      openOrdersPerSymbol: 100_000,
      openAlgoOrdersPerSymbol: 100_000,
    },
    ...options,
  });
  const config = configOf(simulator);
  const adapters: ExchangeAdapter[] = [];
  return {
    simulator,
    admin: new SimulatorAdmin(simulator.admin),
    config,
    createAdapter: ({
      clock = systemClock,
      config: changes = {},
      credentials = CREDENTIALS,
      observer = unobserved,
      rateLimiter = ownRateLimiter(clock),
    } = {}) => {
      const adapter = exchangeModule('BINANCE').createAdapter({
        config: { ...config, ...changes },
        credentials,
        observer,
        clock,
        random: systemRandom,
        logger: silentLogger,
        rateLimiter,
        allowSimulated: true,
      });
      adapters.push(adapter);
      return adapter;
    },
    close: async () => {
      await Promise.all(adapters.map((adapter) => adapter.disconnect()));
      await simulator.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function configOf({ binance }: RunningSimulator): ExchangeConfig {
  const { capabilities, rateLimits } = exchangeModule('BINANCE');
  const sealed = { apiKey: 'sealed', apiSecret: 'sealed' };
  return {
    exchangeId: 'BINANCE',
    tenantId: TENANT,
    name: 'Simulated Binance',
    mode: 'SANDBOX',
    restEndpoint: binance.rest,
    wsEndpoint: binance.wsApi,
    wsPublicEndpoint: `${binance.ws}/stream`,
    authMethod: 'HMAC',
    credentials: sealed,
    supportedFeatures: {
      supportedOrderTypes: ['MARKET', 'LIMIT', 'STOP_LIMIT', 'STOP_MARKET'],
      supportedAssets: [],
      supportedTimeInForce: ['GTC', 'IOC', 'FOK'],
      supportsOrderModification: capabilities.amendment !== 'NONE',
      supportsWebSocket: true,
      supportsFIX: false,
      maxOrderSize: '9000',
      minOrderSize: '0.00001',
      tickSize: '0.01',
      lotSize: '0.00001',
    },
    rateLimits: rateLimits.documented,
    status: 'ACTIVE',
    priority: 1,
    emulationAllowed: true,
    stuckAfterMs: 60_000,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
  };
}
