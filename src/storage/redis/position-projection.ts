import type { PositionState } from '../../domain/position';
import { viewPosition } from '../../domain/position';
import type { PositionProjection } from '../position-projection';
import type { RedisConnection } from './client';
import { type VersionedValue, VersionedValues, type VersionedValuesParts } from './versioned-values';

const KEPT_MS = 60_000;

/** Reads the record, strongly consistent. */
export type ReadPosition = (
  ref: Pick<PositionState, 'tenantId' | 'assetId' | 'exchangeId'>,
) => Promise<PositionState | undefined>;

/** Positions in Redis as clients read them (without a valuation), behind a `version`. */
export class RedisPositionProjection implements PositionProjection {
  private readonly values: VersionedValues;

  constructor(
    redis: RedisConnection,
    parts: VersionedValuesParts,
    private readonly record: ReadPosition,
  ) {
    this.values = new VersionedValues(redis, parts);
  }

  project(positions: readonly PositionState[]): Promise<void> {
    return this.values.write(
      positions.map((position) => ({
        key: `position:${position.tenantId}:${position.assetId}:${position.exchangeId}`,
        ...valueOf(position),
        reread: () => this.reread(position),
      })),
    );
  }

  private async reread(position: PositionState): Promise<VersionedValue | undefined> {
    const current = await this.record(position);
    return current && valueOf(current);
  }
}

function valueOf(position: PositionState): VersionedValue {
  return { version: position.version, value: viewPosition(position), ttlMs: KEPT_MS };
}
