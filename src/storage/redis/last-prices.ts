import type { LastPrices, Mark, PricedPlace } from '../last-prices';
import type { VersionedValues } from './versioned-values';

/** A price that is older than a week says nothing of a position any more. */
const KEPT_MS = 7 * 86_400_000;

/** `price:{tenantId}:{exchangeId}:{assetId}` */
export class RedisLastPrices implements LastPrices {
  constructor(private readonly values: Pick<VersionedValues, 'read' | 'write'>) {}

  async keep(place: PricedPlace, mark: Mark): Promise<void> {
    await this.values.write([{ key: keyOf(place), version: Date.parse(mark.at), value: mark, ttlMs: KEPT_MS }]);
  }

  async last(place: PricedPlace): Promise<Mark | undefined> {
    const value = (await this.values.read(keyOf(place))) as Mark | undefined;
    return value && { price: value.price, at: value.at };
  }
}

function keyOf({ tenantId, exchangeId, assetId }: PricedPlace): string {
  return `price:${tenantId}:${exchangeId}:${assetId}`;
}
