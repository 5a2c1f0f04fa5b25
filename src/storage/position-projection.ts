import type { PositionState } from '../domain/position';

/**
 * Current positions in Redis (`position:{tenantId}:{assetId}:{exchangeId}`, kept 60 s) for readers that watch many.
 * A projection like that of orders: failing to write it never fails a booking, an older one never replaces a newer.
 */
export interface PositionProjection {
  project(positions: readonly PositionState[]): Promise<void>;
}
