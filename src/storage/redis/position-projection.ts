import type { Redis } from 'ioredis';
import type { Alerts } from '../../alerts/alerts';
import type { PositionState } from '../../domain/position';
import { viewPosition } from '../../domain/position';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { PositionProjection } from '../position-projection';
import { VersionedValues } from './versioned-values';

const KEPT_MS = 60_000;

/** Positions in Redis as clients read them (without a valuation), behind a `version`. */
export class RedisPositionProjection implements PositionProjection {
  private readonly values: VersionedValues;

  constructor(redis: Redis, clock: Clock, logger: Logger, alerts: Alerts) {
    this.values = new VersionedValues(redis, clock, logger, alerts);
  }

  project(positions: readonly PositionState[]): Promise<void> {
    return this.values.write(
      positions.map((position) => ({
        key: `position:${position.tenantId}:${position.assetId}:${position.exchangeId}`,
        version: position.version,
        value: viewPosition(position),
        ttlMs: KEPT_MS,
      })),
    );
  }
}
