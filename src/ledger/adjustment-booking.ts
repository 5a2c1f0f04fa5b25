import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { ServiceError } from '../domain/errors';
import type { Adjustment, PositionHistory, PositionState } from '../domain/position';
import { applyAdjustment } from '../domain/position-changes';
import { answered } from '../storage/dynamodb/answered';
import { adjustmentKey } from '../storage/dynamodb/keys';
import { type BookedAdjustmentItem, bookedAdjustmentOf } from '../storage/dynamodb/position-item';
import { untilCommitted } from './booking-attempts';
import type { LedgerParts } from './ledger-parts';
import type { PositionRecord } from './position-record';

/** What became of an adjustment: BOOKED now, DUPLICATE if it was booked before, OUTDATED if the position has moved on. */
export type BookedAdjustment =
  { result: 'BOOKED' | 'DUPLICATE'; history: PositionHistory } | { result: 'OUTDATED'; position: PositionState };

/**
 * Books an adjustment once, as one more change in the position's chain.
 * @param atVersion books only while the position is at this version (0: there is none yet)
 * @throws ServiceError INVALID_INPUT for another adjustment under the id of one that is booked, DEPENDENCY_UNAVAILABLE
 */
export async function bookAdjustment(
  parts: LedgerParts,
  record: PositionRecord,
  adjustment: Adjustment,
  atVersion: number | undefined,
): Promise<BookedAdjustment> {
  return await untilCommitted(parts, record.ref, async (): Promise<BookedAdjustment | undefined> => {
    const booked = await readBooked(parts, adjustment);
    if (booked !== undefined) return { result: 'DUPLICATE', history: sameAs(adjustment, booked) };
    const before = await record.readStored();
    if (atVersion !== undefined && before.version !== atVersion) return { result: 'OUTDATED', position: before };
    const { position: after, history } = applyAdjustment(before, adjustment, record.bookingTime(before));
    const plan = { position: { before, after }, histories: [history], orders: [], fillItems: [] };
    if ((await record.write({ ...plan, adjustment: { adjustment, history } })) === 'outdated') return undefined;
    await parts.positionProjection.project([after]);
    return { result: 'BOOKED', history };
  });
}

async function readBooked(
  { client, tables }: LedgerParts,
  adjustment: Adjustment,
): Promise<BookedAdjustmentItem | undefined> {
  const command = new GetCommand({
    TableName: tables.positionHistory,
    Key: adjustmentKey(adjustment),
    ConsistentRead: true,
  });
  const { Item } = await answered(`reading adjustment ${adjustment.adjustmentId}`, client.send(command));
  return Item && bookedAdjustmentOf(Item);
}

function sameAs(given: Adjustment, { adjustment, history }: BookedAdjustmentItem): PositionHistory {
  const faults = (['quantity', 'price'] as const).flatMap((field) =>
    given[field] === adjustment[field]
      ? []
      : [{ field, message: `is ${given[field]}, but ${adjustment[field]} is booked under this adjustmentId` }],
  );
  if (faults.length === 0) return history;
  const what = `Adjustment ${given.adjustmentId} is booked already, as another one.`;
  throw new ServiceError('INVALID_INPUT', what, faults);
}
