import type { PositionState } from '../domain/position';

/** The positions that this process booked last, so that a busy one need not be read for each group. */
export class PositionCache {
  private readonly positions = new Map<string, PositionState>();

  constructor(private readonly positionsMax: number) {}

  get(positionId: string): PositionState | undefined {
    return this.positions.get(positionId);
  }

  /** Makes room by dropping the one that was booked longest ago. */
  set(positionId: string, position: PositionState): void {
    this.positions.delete(positionId);
    this.positions.set(positionId, position);
    const [oldest] = this.positions.keys();
    if (this.positions.size > this.positionsMax && oldest !== undefined) this.positions.delete(oldest);
  }

  drop(positionId: string): void {
    this.positions.delete(positionId);
  }
}
