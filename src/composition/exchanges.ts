import type { RedisConnection } from '../storage/redis/client';
import type { Alerts } from '../alerts/alerts';
import { ConnectionManager } from '../connection-manager/connection-manager';
import { ConnectionWatch } from '../connection-manager/connection-watch';
import { type AccountFacts, accountFacts } from '../connection-manager/health-report';
import { type QualityThresholds, thresholdsOf } from '../connection-manager/quality';
import { TradingPause } from '../connection-manager/trading-pause';
import { LoadSharing } from '../connections/load-sharing';
import { ExchangeService } from '../exchange-service/exchange-service';
import type { ExchangeServiceParts } from '../exchange-service/exchange-service-parts';
import type { Logger } from '../platform/logger';
import type { RateLimiter } from '../ratelimit/rate-limiter';
import type { SafeguardChanges } from '../safeguards/safeguard-changes';
import { SafeguardsReader } from '../safeguards/safeguards-reader';
import type { ConnectionStates } from '../storage/connection-states';
import { RedisConnectionStates } from '../storage/redis/connection-states';
import { RedisHolderLoads } from '../storage/redis/holder-loads';
import type { SafeguardsStore } from '../storage/safeguards';
import type { Surroundings } from './services';

export interface ExchangeParts extends Surroundings, Omit<ExchangeServiceParts, 'connections' | keyof Surroundings> {
  redis: RedisConnection;
  alerts: Alerts;
  safeguardsStore: SafeguardsStore;
  safeguardChanges: SafeguardChanges;
}

/** The exchanges, the process's connections to them, and what watches those. */
export interface Exchanges {
  exchanges: ExchangeService;
  connections: ConnectionManager;
  connectionStates: ConnectionStates;
  connectionWatch: ConnectionWatch;
  /** With the other connection workers of the same namespace. */
  openLoadSharing(namespace: string): LoadSharing;
}

export function openExchanges(parts: ExchangeParts): Exchanges {
  const { clock, random, alerts, safeguardChanges } = parts;
  const safeguards = new SafeguardsReader(parts.safeguardsStore, clock);
  const connections = new ConnectionManager({
    openAdapter: (tenantId, exchangeId) => exchanges.openAdapter(tenantId, exchangeId),
    factsOf: (tenantId, exchangeId) => factsOf({ ...parts, exchanges, safeguards }, { tenantId, exchangeId }),
    clock,
    random,
  });
  const exchanges: ExchangeService = new ExchangeService({ ...parts, connections });
  const connectionStates = new RedisConnectionStates(parts.redis, clock, alerts);
  const pause = new TradingPause({ halts: safeguardChanges, alerts, clock, random });
  const watched = { ...parts, manager: connections, states: connectionStates, safeguards, pause };
  const connectionWatch = new ConnectionWatch(watched);
  const openLoadSharing = (namespace: string): LoadSharing =>
    new LoadSharing(new RedisHolderLoads(parts.redis, clock, namespace), clock);
  return { exchanges, connections, connectionStates, connectionWatch, openLoadSharing };
}

/** Waits for calls under way, and closes what is open. */
export async function closeExchanges(
  { exchanges, connections, connectionWatch }: Exchanges,
  logger: Logger,
): Promise<void> {
  await connectionWatch.close();
  const shutdown = await connections.close();
  if (shutdown.connectionsClosedCount > 0) logger.info(shutdown, 'The connections to exchanges are closed.');
  await exchanges.close();
}

interface FactSources {
  exchanges: ExchangeService;
  rateLimiter: RateLimiter;
  safeguards: SafeguardsReader;
}

async function factsOf(
  { exchanges, rateLimiter, safeguards }: FactSources,
  place: Parameters<RateLimiter['getRateLimitStatus']>[0],
): Promise<AccountFacts & { thresholds: QualityThresholds }> {
  const { tenantId, exchangeId } = place;
  const [config, limits, { safeguards: tenant }, health] = await Promise.all([
    exchanges.getExchange(tenantId, exchangeId),
    rateLimiter.getRateLimitStatus(place),
    safeguards.read(tenantId),
    exchanges.getAdapter(tenantId, exchangeId).then((adapter) => adapter.healthCheck()),
  ]);
  return {
    ...accountFacts(config, limits),
    thresholds: thresholdsOf(tenant.settings),
    ...(health.clockOffsetMs !== undefined && { clockOffsetMs: health.clockOffsetMs }),
  };
}
