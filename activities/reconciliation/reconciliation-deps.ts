import type { Adjustment, PositionHistory } from '../../src/domain/position';
import type { SimulatedWaits } from '../../src/platform/simulated-waits';
import type { PositionStore } from '../../src/storage/positions';
import type { ReconciliationStore } from '../../src/storage/reconciliation';
import type { ConnectionDeps } from '../connection/connection-deps';

/** What reconciling an account stands on. Its adapter may be shared: no stream is opened. */
export interface ReconciliationDeps extends Omit<ConnectionDeps, 'ledger' | 'holder'> {
  ledger: ConnectionDeps['ledger'] & {
    /** Once for each adjustmentId. @throws ServiceError INVALID_INPUT for another one under an id that is booked */
    bookAdjustment(adjustment: Adjustment): Promise<BookedAdjustment>;
  };
  positions: PositionStore;
  reconciliations: ReconciliationStore;
  simulatedWaits?: SimulatedWaits;
}

/** OUTDATED is for those who book at a certain version of the position only. */
type BookedAdjustment = { result: 'BOOKED' | 'DUPLICATE'; history: PositionHistory } | { result: 'OUTDATED' };
