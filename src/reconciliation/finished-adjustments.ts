import { sum } from '../domain/decimal';
import type { PositionAdjustment, PositionDiscrepancy, ReconciliationReport } from '../domain/reconciliation';
import { minus } from './amounts';

const FIRST_INSTANT = '1970-01-01T00:00:00.000Z';

/** An adjustment that a run has decided, and when it was booked. */
export interface BookedPending {
  adjustment: PositionAdjustment;
  bookedAt: string;
}

/**
 * Those that no report tells of: the run that decided them broke off before it could. `reports` are the newest, the
 * newest first; what was booked before all of them has been told long since.
 */
export function unreportedAdjustments(
  booked: readonly BookedPending[],
  reports: readonly ReconciliationReport[],
): PositionAdjustment[] {
  const sinceMs = Date.parse(reports.at(-1)?.startedAt ?? FIRST_INSTANT);
  const told = reports.flatMap(({ positions }) => positions?.adjustmentsMade ?? []);
  const reported = new Set(told.map(({ adjustmentId }) => adjustmentId));
  return booked
    .filter(({ bookedAt }) => Date.parse(bookedAt) >= sinceMs)
    .map(({ adjustment }) => adjustment)
    .filter(({ adjustmentId }) => !reported.has(adjustmentId));
}

/** What a run has found, with what the one before it had found and this one has adjusted: one for each position. */
export function withFinished(
  found: readonly PositionDiscrepancy[],
  finished: readonly PositionAdjustment[],
): PositionDiscrepancy[] {
  const assetIds = [...new Set([...finished, ...found].map(({ assetId }) => assetId))];
  return assetIds.flatMap((assetId) => {
    const own = finished.filter((one) => one.assetId === assetId);
    const later = found.find((one) => one.assetId === assetId);
    const [first] = own;
    if (first === undefined) return later ?? [];
    const moved = sum(own.map(({ previousQuantity, adjustedQuantity }) => minus(adjustedQuantity, previousQuantity)));
    const internalQuantity = later === undefined ? first.previousQuantity : minus(later.internalQuantity, moved);
    const difference = sum([moved, later?.difference ?? '0']);
    return { assetId, internalQuantity, exchangeQuantity: sum([internalQuantity, difference]), difference };
  });
}
