import type { PositionAdjustment, ReconciliationReport } from '../../src/domain/reconciliation';
import { unreportedAdjustments, withFinished } from '../../src/reconciliation/finished-adjustments';

const assetId = 'BTC/USDT';
const finished = (adjustmentId: string, previousQuantity: string, adjustedQuantity: string): PositionAdjustment => {
  return { adjustmentId, assetId, previousQuantity, adjustedQuantity, reason: 'found' };
};

test('what two runs have found of one position is told as one difference', () => {
  const found = [{ assetId, internalQuantity: '3', exchangeQuantity: '3.5', difference: '0.5' }];
  expect(withFinished(found, [finished('a', '1', '2'), finished('b', '2', '3')])).toEqual([
    { assetId, internalQuantity: '1', exchangeQuantity: '3.5', difference: '2.5' },
  ]);
  expect(withFinished(found, [])).toEqual(found);
});

test('an adjustment is told once, however many runs without one come after its report', () => {
  const at = (hour: number): string => `2026-01-31T${hour}:00:00.000Z`;
  const adjustment = finished('a', '1', '2');
  const booked = [{ adjustment, bookedAt: at(12) }];
  const report = (startedAt: string, adjustmentsMade: PositionAdjustment[]): ReconciliationReport =>
    ({ startedAt, positions: { adjustmentsMade } }) as unknown as ReconciliationReport;
  expect(unreportedAdjustments(booked, [])).toEqual([adjustment]);
  expect(unreportedAdjustments(booked, [report(at(13), []), report(at(11), [])])).toEqual([adjustment]);
  expect(unreportedAdjustments(booked, [report(at(13), []), report(at(11), [adjustment])])).toEqual([]);
  expect(unreportedAdjustments(booked, [report(at(14), []), report(at(13), [])])).toEqual([]);
});
