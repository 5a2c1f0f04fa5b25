import { z } from 'zod';
import type { ForeignOrder } from './account';
import type { DecimalString } from './decimal';
import type { ExchangeId } from './exchange';
import { EXCHANGE_IDS } from './exchange';
import { haltSchemas } from './halt';
import { orderRequestSchema, tenantIdSchema } from './order-request';

/** Comparing what we have recorded with what an exchange says, which is the truth (property 27). */

/** Amounts by currency; none is zero. */
export type Amounts = Record<string, DecimalString>;

export interface AccountName {
  tenantId: string;
  exchangeId: ExchangeId;
}

/** What a reconciliation is asked for. */
export interface ReconciliationInput extends AccountName {
  schemaVersion?: 1;
  /** A person, or `schedule`. */
  requestedBy: string;
  /** Positions as BASE/QUOTE that a person names: each takes what is unexplained of its base currency. */
  positions?: string[];
  /** A person has looked into what can't be attributed: from now on it counts as explained. */
  accept?: boolean;
  reason?: string;
}

/** One thing in which an order differs here and at the exchange (specification: OrderDiscrepancy). */
export interface OrderDiscrepancy {
  orderId: string;
  field: 'status' | 'filledQuantity' | 'record';
  internalValue: string;
  exchangeValue: string;
  /** Our record says it as the exchange does by now. False: its workflow was told to look, or a person has to. */
  resolved: boolean;
}

/** The orders' part (specification: ReconciliationResult). */
export interface ReconciliationResult {
  ordersChecked: number;
  discrepancies: OrderDiscrepancy[];
  /** Orders of ours whose workflow did not run, and runs again. */
  adopted: string[];
  /** Open at the exchange, placed by others. */
  foreignOrders: ForeignOrder[];
  /** Nothing is left to be resolved. */
  reconciled: boolean;
  timestamp: string;
}

/** Specification: PositionDiscrepancy. Quantities in base; exchangeQuantity is what the balance leaves for the position. */
export interface PositionDiscrepancy {
  assetId: string;
  internalQuantity: DecimalString;
  exchangeQuantity: DecimalString;
  difference: DecimalString;
}

/** Specification: PositionAdjustment; each is a RECONCILE in the position's history. */
export interface PositionAdjustment {
  adjustmentId: string;
  assetId: string;
  previousQuantity: DecimalString;
  adjustedQuantity: DecimalString;
  reason: string;
}

/**
 * The equation of one currency: opening + transfers + booked + foreign + accepted = expected, and balance − expected =
 * difference. `opening` is the balance at the first reconciliation less what was booked by then.
 */
export interface BalanceLine {
  currency: string;
  opening: DecimalString;
  /** Deposits less withdrawals. */
  transfers: DecimalString;
  /** What positions say: fills of ours, their fees, and adjustments. */
  booked: DecimalString;
  /** What trades by others moved besides the quantity of a position: quote and fees. In the run that finds them, all of it. */
  foreign: DecimalString;
  /** What a person has accepted as it is. */
  accepted: DecimalString;
  expected: DecimalString;
  balance: DecimalString;
  difference: DecimalString;
}

/** The positions' part (specification: PositionReconciliationResult). */
export interface PositionReconciliationResult {
  exchangeId: ExchangeId;
  positionsChecked: number;
  discrepancies: PositionDiscrepancy[];
  adjustmentsMade: PositionAdjustment[];
  /** Differences that no position answers for. */
  unexplained: BalanceLine[];
  /** The currencies that anything moved. */
  balances: BalanceLine[];
  /** What this exchange does not let us see; differences may come from there. */
  unseen: string[];
  timestamp: string;
}

/**
 * OPENED: the account's first; the opening balances are stored. RECONCILED: everything is explained, by adjustments too.
 * DISCREPANT: something is left for a person. UNSETTLED: balances and books never stood still together; nothing was
 * compared, and the next run tries again. SKIPPED: the exchange is not ACTIVE. FAILED: `problem` says why.
 */
export type ReconciliationState = 'OPENED' | 'RECONCILED' | 'DISCREPANT' | 'UNSETTLED' | 'SKIPPED' | 'FAILED';

/** What one reconciliation found and did. */
export interface ReconciliationReport extends AccountName {
  schemaVersion: 1;
  reportId: string;
  state: ReconciliationState;
  requestedBy: string;
  reason?: string;
  orders?: ReconciliationResult;
  positions?: PositionReconciliationResult;
  problem?: string;
  startedAt: string;
  completedAt: string;
}

/** What an account's equation stands on; written by reconciliation alone, each time under a new version. */
export interface ReconciledAccount extends AccountName {
  version: number;
  openedAt: string;
  opening: Amounts;
  transferred: Amounts;
  foreign: Amounts;
  accepted: Amounts;
  /** What each recent transfer is counted with: one that arrives late, or is given back, counts by what is new of it. */
  countedTransfers: Record<string, CountedTransfer>;
  /** Transfers begun before this instant (ms since the epoch) are not looked at any more. */
  transfersSinceMs: number;
  /** Recent trades of others that are counted, by instrument and trade, with their instants. */
  countedTrades: Record<string, string>;
  /** When balances and books were last compared; absent on items of earlier versions. */
  comparedAt?: string;
  /** Trades of others before this instant (ms since the epoch) are counted. */
  sinceMs: number;
  /** What the last reconciliation adjusts: written down first, so that it is booked once even if that one breaks off. */
  pending: PlannedAdjustment[];
}

export interface CountedTransfer {
  asset: string;
  effect: DecimalString;
  timestamp: string;
}

/** A change that is to be booked as RECONCILE: quantity in base, price in quote. */
export interface PlannedAdjustment {
  adjustmentId: string;
  assetId: string;
  quantity: DecimalString;
  price?: DecimalString;
  reason: string;
}

/** What a survey of an account's balances comes to: all that remains is to write it. */
export interface Settlement extends Pick<
  PositionReconciliationResult,
  'positionsChecked' | 'discrepancies' | 'unexplained' | 'balances' | 'unseen'
> {
  state: 'OPENED' | 'COMPARED' | 'UNSETTLED';
  problem?: string;
  /** What the account's equation stands on from now on. Absent where nothing was found out. */
  account?: ReconciledAccount;
}

const POSITIONS_MAX = 20;

const { shortTextSchema } = haltSchemas();
const assetId = orderRequestSchema().shape.assetId;

const reconciliationInput = z.strictObject({
  schemaVersion: z.exactOptional(z.literal(1, 'must be 1')),
  tenantId: tenantIdSchema(),
  exchangeId: z.enum(EXCHANGE_IDS, `must be one of ${EXCHANGE_IDS.join(', ')}`),
  requestedBy: shortTextSchema,
  positions: z.exactOptional(z.array(assetId).max(POSITIONS_MAX, `must be at most ${POSITIONS_MAX}`)),
  accept: z.exactOptional(z.boolean('must be true or false')),
  reason: z.exactOptional(shortTextSchema),
});

/** A function, for the same reason as contractSchemas() is one. */
export function reconciliationInputSchema(): typeof reconciliationInput {
  return reconciliationInput;
}
