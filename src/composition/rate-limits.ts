import type { RedisConnection } from '../storage/redis/client';
import { ServiceError } from '../domain/errors';
import { exchangeModule } from '../exchanges/registry';
import { AccountLimits } from '../ratelimit/account-limits';
import { createRateLimiter } from '../ratelimit/create-rate-limiter';
import type { RateLimiter } from '../ratelimit/rate-limiter';
import { RedisRateStore } from '../ratelimit/redis-rate-store';
import { SharedRateStore, WORKERS_MAX } from '../ratelimit/shared-rate-store';
import type { ExchangeConfigStore } from '../storage/exchange-configs';
import type { Surroundings } from './services';

/** The limiter that all processes share through Redis; accounts are limited as they are registered. */
export function openRateLimiter(
  redis: RedisConnection,
  configs: ExchangeConfigStore,
  surroundings: Surroundings,
  workersMax = WORKERS_MAX,
): RateLimiter {
  const { clock, random, logger } = surroundings;
  const store = new SharedRateStore({
    redis: new RedisRateStore({ redis, random }),
    clock,
    random,
    logger,
    workersMax,
  });
  return createRateLimiter({
    store,
    clock,
    random,
    logger,
    countsAlone: () => store.countsAlone,
    limitsOf: async ({ tenantId, exchangeId }) => {
      const config = await configs.get(tenantId, exchangeId);
      if (config !== undefined) return new AccountLimits(exchangeModule(exchangeId).rateLimits, config);
      throw new ServiceError('EXCHANGE_NOT_REGISTERED', `Tenant ${tenantId} has not registered ${exchangeId}.`);
    },
  });
}
