import type { Alerts } from '../alerts/alerts';
import type { Ledger } from '../ledger/ledger';
import type { Clock } from '../platform/clock';
import type { Logger } from '../platform/logger';
import { PositionManager } from '../positions/position-manager';
import type { PositionStore } from '../storage/positions';
import type { RedisConnection } from '../storage/redis/client';
import { RedisLastPrices } from '../storage/redis/last-prices';
import { VersionedValues } from '../storage/redis/versioned-values';
import type { TenantPrices } from './tenant-prices';

interface PositionParts {
  positions: PositionStore;
  ledger: Ledger;
  prices: TenantPrices;
  redis: RedisConnection;
  alerts: Alerts;
  clock: Clock;
  logger: Logger;
}

/** Positions valued where each tenant trades. */
export function openPositionManager({ prices, redis, logger, ...parts }: PositionParts): PositionManager {
  const lastPrices = new RedisLastPrices(new VersionedValues(redis, { ...parts, logger }));
  return new PositionManager({ ...parts, lastPrices, price: (place) => prices.mark(place) });
}
