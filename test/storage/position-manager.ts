import type { Clock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { PositionManager } from '../../src/positions/position-manager';
import type { PricedPlace } from '../../src/storage/last-prices';
import { RedisLastPrices } from '../../src/storage/redis/last-prices';
import { VersionedValues } from '../../src/storage/redis/versioned-values';
import type { Stores } from './stores';

/** When the market of the tests had its prices. */
export const PRICED_AT = '2026-01-31T12:00:00.000Z';

/** Waits for nothing. */
const hasty: Clock = { now: () => Date.parse(PRICED_AT), sleep: () => Promise.resolve() };

/** A PositionManager on real stores, with the market that the test makes up: prices in quote, undefined for none. */
export function aPositionManager(
  { positions, ledger, alerts, redis }: Stores,
  priceAt: (place: PricedPlace) => string | undefined,
): PositionManager {
  const lastPrices = new RedisLastPrices(new VersionedValues(redis, { clock: hasty, logger: silentLogger, alerts }));
  return new PositionManager({
    ...{ positions, ledger, lastPrices, alerts, clock: hasty },
    price: (place) => {
      const price = priceAt(place);
      return Promise.resolve(price === undefined ? undefined : { price, at: PRICED_AT });
    },
  });
}
