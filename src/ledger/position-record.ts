import type { PositionState } from '../domain/position';
import { emptyPosition, positionIdOf } from '../domain/position';
import { isoTime } from '../platform/clock';
import type { PositionRef } from '../storage/dynamodb/keys';
import { readPosition } from '../storage/dynamodb/positions-store';
import type { BookingPlan } from './booking-plan';
import { type TransactionResult, writeBooking } from './booking-transaction';
import type { LedgerParts } from './ledger-parts';
import type { PositionCache } from './position-cache';

/** One position as bookings read and write it: kept in memory between them, and stored on condition of its version. */
export class PositionRecord {
  readonly positionId: string;

  constructor(
    private readonly parts: LedgerParts,
    private readonly cache: PositionCache,
    readonly ref: PositionRef,
  ) {
    this.positionId = positionIdOf(ref);
  }

  /** As this process stored it last, else as it is stored; another process may have changed it, which the write finds out. */
  async read(): Promise<PositionState> {
    return this.cache.get(this.positionId) ?? (await this.readStored());
  }

  async readStored(): Promise<PositionState> {
    const { client, tables, clock } = this.parts;
    const { tenantId, assetId, exchangeId } = this.ref;
    const stored = await readPosition(client, tables, this.ref);
    return stored ?? emptyPosition(tenantId, assetId, exchangeId, isoTime(clock.now()));
  }

  /** Never before the last booking, whichever machine's clock that was: the history is read in order of time. */
  bookingTime({ updatedAt, version }: PositionState): string {
    const now = isoTime(this.parts.clock.now());
    return version > 0 && updatedAt > now ? updatedAt : now;
  }

  async write(plan: BookingPlan): Promise<TransactionResult> {
    // Until the reply is there nobody knows which position is stored.
    this.cache.drop(this.positionId);
    await this.parts.crashPoint('ledger.beforeTransaction');
    const result = await writeBooking(this.parts.client, this.parts.tables, plan);
    if (result === 'committed') {
      await this.parts.crashPoint('ledger.afterTransaction');
      this.cache.set(this.positionId, plan.position.after);
    }
    return result;
  }
}
