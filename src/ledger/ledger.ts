import { describeFaults, ServiceError } from '../domain/errors';
import { isOrderId } from '../domain/ids';
import type { BookedExecution, ExecutionUpdate } from '../domain/order';
import { type Adjustment, positionIdOf } from '../domain/position';
import { isoTime } from '../platform/clock';
import { readOrderFills } from '../storage/dynamodb/order-fills';
import { findOrderId } from '../storage/dynamodb/order-lookup';
import type { BookedFill, FillSource } from '../storage/orders';
import { bookAdjustment, type BookedAdjustment } from './adjustment-booking';
import { adjustmentFaults } from './adjustment-faults';
import type { FillToBook } from './booking-plan';
import { executionFaults } from './execution-faults';
import { GroupCommit } from './group-commit';
import type { LedgerParts } from './ledger-parts';
import { PositionBooking, type CommittedGroup } from './position-booking';
import { PositionCache } from './position-cache';
import { PositionRecord } from './position-record';
import { correctionIdOf, entriesOf, type FillRestatement } from './restatement';

/** With at most 3 items a fill and one more they are one transaction, except where fills replace reported ones. */
const FILLS_PER_GROUP_MAX = 30;
/** Waiting for one position; beyond it callers are refused and come again. */
const FILLS_WAITING_MAX = 10_000;
const POSITIONS_CACHED_MAX = 1_000;

/** Where fills become positions and sums of orders: the only way a fill is booked (README.md). */
export interface Ledger {
  /**
   * Books executions exactly once each, in the order given, and answers for each in that order. Booking one again is
   * no fault and has no effect. After an error some may be booked: call again with the same.
   * @throws ServiceError INVALID_INPUT (nothing is booked then), DEPENDENCY_UNAVAILABLE
   */
  bookFills(executions: ExecutionUpdate[], source: FillSource): Promise<BookedFill[]>;
  /**
   * Takes back a booked fill that the exchange has cancelled, and books in its place what it was corrected to, as
   * entries of their own: the reversal, then the correction. Doing it again changes nothing (DUPLICATE).
   * @throws ServiceError ORDER_NOT_FOUND, INVALID_INPUT with all faults, RESOLUTION_REFUSED while the order may trade,
   * DEPENDENCY_UNAVAILABLE
   */
  restateFill(request: FillRestatement, source: FillSource): Promise<BookedFill[]>;
  /**
   * Books a change of one position that no fill explains, as a RECONCILE record in its chain; exactly once for each
   * adjustmentId. A difference, not a target: what is booked meanwhile is neither undone nor counted twice. Where it
   * should hold only for the position that it was computed from, `atVersion` says so (0: there was none).
   * @throws ServiceError INVALID_INPUT, DEPENDENCY_UNAVAILABLE
   */
  bookAdjustment(adjustment: Adjustment, atVersion?: number): Promise<BookedAdjustment>;
}

export function createLedger(parts: LedgerParts): Ledger {
  const cache = new PositionCache(POSITIONS_CACHED_MAX);
  const positions = new Map<string, GroupCommit<FillToBook, CommittedGroup, BookedFill>>();

  return {
    async bookFills(executions, source) {
      refuseFaulty(executions);
      const named = await Promise.all(executions.map((execution) => withOrderId(parts, execution)));
      return await bookAll(named, source);
    },
    async restateFill(request, source) {
      const { executionId } = request;
      const { order, fills } = await readOrderFills(parts, request, [executionId, correctionIdOf(executionId)]);
      const [fill, corrected] = fills;
      const entries = entriesOf(request, { order, fill, corrected }, isoTime(parts.clock.now()));
      const booked = await bookAll(entries, source);
      const isNews = source !== 'CLIENT' && booked.some(({ result }) => result === 'BOOKED');
      if (isNews) alertOfRestatement(parts, request, entries);
      return booked;
    },
    async bookAdjustment(adjustment, atVersion) {
      const faults = adjustmentFaults(adjustment);
      if (faults.length > 0) throw new ServiceError('INVALID_INPUT', `Not booked: ${describeFaults(faults)}`, faults);
      const { tenantId, assetId, exchangeId } = adjustment;
      const record = new PositionRecord(parts, cache, { tenantId, assetId, exchangeId });
      return await bookAdjustment(parts, record, adjustment, atVersion);
    },
  };

  async function bookAll(executions: readonly BookedExecution[], source: FillSource): Promise<BookedFill[]> {
    const results = await Promise.allSettled(executions.map((execution) => book({ execution, source })));
    return results.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
  }

  function book(fill: FillToBook): Promise<BookedFill> {
    const { execution } = fill;
    if (!isOrderId(execution.orderId)) return Promise.resolve({ execution, result: 'UNKNOWN_ORDER' });
    const position = groupsOf(execution);
    if (!position.isFull) return position.add(fill);
    const what = `More than ${FILLS_WAITING_MAX} fills wait for position ${positionIdOf(execution)}.`;
    return Promise.reject(new ServiceError('DEPENDENCY_UNAVAILABLE', what));
  }

  function groupsOf({
    tenantId,
    assetId,
    exchangeId,
  }: ExecutionUpdate): GroupCommit<FillToBook, CommittedGroup, BookedFill> {
    const ref = { tenantId, assetId, exchangeId };
    const positionId = positionIdOf(ref);
    const known = positions.get(positionId);
    if (known !== undefined) return known;
    const limits = { groupMax: FILLS_PER_GROUP_MAX, waitingMax: FILLS_WAITING_MAX };
    const fresh = new GroupCommit(new PositionBooking(parts, cache, ref), limits, () => positions.delete(positionId));
    positions.set(positionId, fresh);
    return fresh;
  }
}

function refuseFaulty(executions: readonly ExecutionUpdate[]): void {
  const faults = executionFaults(executions);
  if (faults.length > 0) throw new ServiceError('INVALID_INPUT', `Not booked: ${describeFaults(faults)}`, faults);
}

function alertOfRestatement(
  { alerts }: LedgerParts,
  { tenantId, orderId, reason, by }: FillRestatement,
  entries: readonly BookedExecution[],
): void {
  const exchangeId = entries[0]?.exchangeId;
  const place = { tenantId, orderId, ...(exchangeId !== undefined && { exchangeId }) };
  alerts.raise({ code: 'TRADE_RESTATED', ...place, details: { reason, by, entries } });
}

/** Executions whose exchange named only its own order id get ours, where we have the order. */
async function withOrderId(parts: LedgerParts, execution: ExecutionUpdate): Promise<ExecutionUpdate> {
  if (execution.orderId !== '') return execution;
  return { ...execution, orderId: (await findOrderId(parts, execution)) ?? '' };
}
