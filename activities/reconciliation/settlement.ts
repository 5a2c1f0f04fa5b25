import { isDeepStrictEqual } from 'node:util';
import { ADJUSTMENT_REASON_CHARACTERS_MAX, type PositionHistory } from '../../src/domain/position';
import type {
  AccountName,
  PlannedAdjustment,
  PositionAdjustment,
  PositionReconciliationResult,
  ReconciledAccount,
  ReconciliationReport,
  ReconciliationState,
  Settlement,
} from '../../src/domain/reconciliation';
import { isoTime } from '../../src/platform/clock';
import { type BookedPending, withFinished } from '../../src/reconciliation/finished-adjustments';
import type { AccountSurvey, ReconciliationRun } from '../reconciliation-activities';
import type { ReconciliationDeps } from './reconciliation-deps';

/** Null: the account was reconciled by somebody else since the survey. */
export async function settleSurvey(
  deps: ReconciliationDeps,
  run: ReconciliationRun,
  survey: AccountSurvey,
): Promise<ReconciliationReport | null> {
  if (survey.skipped !== undefined) return await report(deps, run, { state: 'SKIPPED', problem: survey.skipped });
  const { orders, settlement, finished = [] } = survey;
  const { account, state: outcome, problem, ...found } = settlement;
  const discrepancies = withFinished(settlement.discrepancies, finished);
  if (account !== undefined && !(await isWritten(deps, account))) return null;
  const booked = await bookPending(deps, account);
  const adjustmentsMade = [...finished, ...booked.map(({ adjustment }) => adjustment)];
  const { exchangeId } = run.input;
  const timestamp = isoTime(deps.clock.now());
  const positions = { exchangeId, ...found, discrepancies, adjustmentsMade, timestamp };
  const isReconciled = orders.reconciled && found.unexplained.length === 0;
  const state: ReconciliationState = outcome === 'COMPARED' ? (isReconciled ? 'RECONCILED' : 'DISCREPANT') : outcome;
  if (outcome === 'UNSETTLED') alertIfOverdue(deps, run.input, survey);
  raiseAlerts(deps, run.input, survey, { discrepancies, adjustmentsMade });
  return await report(deps, run, { state, orders, positions, ...(problem !== undefined && { problem }) });
}

/** Books what was decided and is not booked yet. */
export async function bookPending(
  { ledger }: ReconciliationDeps,
  account: ReconciledAccount | undefined,
): Promise<BookedPending[]> {
  const made: BookedPending[] = [];
  for (const planned of account?.pending ?? []) {
    const { tenantId, exchangeId } = account as AccountName;
    // It joins what a person wrote with who they are: uncut it could never be booked, nor anything after it.
    const adjustment = { ...planned, reason: planned.reason.slice(0, ADJUSTMENT_REASON_CHARACTERS_MAX) };
    const booked = await ledger.bookAdjustment({ ...adjustment, tenantId, exchangeId });
    if (booked.result === 'OUTDATED') continue;
    const { history } = booked;
    made.push({ adjustment: adjustmentMade(adjustment, history), bookedAt: history.timestamp });
  }
  return made;
}

export async function reportFailure(
  deps: ReconciliationDeps,
  run: ReconciliationRun,
  problem: string,
): Promise<ReconciliationReport> {
  const { tenantId, exchangeId } = run.input;
  deps.alerts.raise({ code: 'RECONCILIATION_FAILED', tenantId, exchangeId, details: { problem } });
  return await report(deps, run, { state: 'FAILED', problem });
}

/** A reply that got lost doesn't make it somebody else's. */
async function isWritten({ reconciliations }: ReconciliationDeps, account: ReconciledAccount): Promise<boolean> {
  return (
    (await reconciliations.putAccount(account)) || isDeepStrictEqual(await reconciliations.getAccount(account), account)
  );
}

function adjustmentMade(
  { adjustmentId, assetId, reason }: PlannedAdjustment,
  { previousQuantity, newQuantity: adjustedQuantity }: PositionHistory,
): PositionAdjustment {
  return { adjustmentId, assetId, previousQuantity, adjustedQuantity, reason };
}

/** One run that finds no quiet moment is nothing; an account that never stands still is never compared. */
function alertIfOverdue(
  { alerts, clock }: ReconciliationDeps,
  { tenantId, exchangeId }: AccountName,
  { settlement: { problem }, lastComparedAt }: Compared,
): void {
  if (lastComparedAt === undefined || clock.now() - Date.parse(lastComparedAt) <= COMPARED_AGO_MS_MAX) return;
  alerts.raise({ code: 'RECONCILIATION_OVERDUE', tenantId, exchangeId, details: { lastComparedAt, problem } });
}

/** One for each thing that differs, so that they don't hold each other back. */
function raiseAlerts(
  { alerts }: ReconciliationDeps,
  { tenantId, exchangeId }: AccountName,
  { orders, settlement }: Compared,
  { discrepancies, adjustmentsMade }: Pick<PositionReconciliationResult, 'discrepancies' | 'adjustmentsMade'>,
): void {
  const account = { tenantId, exchangeId };
  for (const discrepancy of discrepancies) {
    const { assetId: aspect } = discrepancy;
    const adjustments = adjustmentsMade.filter(({ assetId }) => assetId === aspect).slice(0, ADJUSTMENTS_SHOWN_MAX);
    alerts.raise({ code: 'POSITION_MISMATCH', ...account, aspect, details: { ...discrepancy, adjustments } });
  }
  for (const line of settlement.unexplained) {
    const details = { ...line, unseen: settlement.unseen };
    alerts.raise({ code: 'BALANCE_UNEXPLAINED', ...account, aspect: line.currency, details });
  }
  for (const discrepancy of orders.discrepancies.filter(({ resolved }) => !resolved)) {
    const { orderId } = discrepancy;
    alerts.raise({ code: 'ORDER_MISMATCH', ...account, orderId, details: discrepancy });
  }
}

const ADJUSTMENTS_SHOWN_MAX = 10;
/** Eight runs of the schedule. */
const COMPARED_AGO_MS_MAX = 2 * 3_600_000;

type Compared = Extract<AccountSurvey, { settlement: Settlement }>;

async function report(
  { reconciliations, clock, audit }: ReconciliationDeps,
  { input, reportId, startedAt }: ReconciliationRun,
  outcome: Pick<ReconciliationReport, 'state' | 'orders' | 'positions' | 'problem'>,
): Promise<ReconciliationReport> {
  const { tenantId, exchangeId, requestedBy, reason } = input;
  const full: ReconciliationReport = {
    schemaVersion: 1,
    reportId,
    tenantId,
    exchangeId,
    requestedBy,
    ...(reason !== undefined && { reason }),
    ...outcome,
    startedAt,
    completedAt: isoTime(clock.now()),
  };
  await reconciliations.putReport(full);
  auditDecision(audit, full, input);
  return full;
}

/** What it changed in the books, and what a person has accepted as it is, is for the audit trail too. */
function auditDecision(
  audit: ReconciliationDeps['audit'],
  { tenantId, exchangeId, requestedBy, reportId, state, positions }: ReconciliationReport,
  { reason, accept, positions: named }: ReconciliationRun['input'],
): void {
  const adjustmentsMade = positions?.adjustmentsMade ?? [];
  if (adjustmentsMade.length === 0 && accept !== true) return;
  const request = { decision: 'RECONCILE', reportId, positions: named, accept, reason };
  const result = { state, adjustmentsMade };
  audit.record({ tenantId, exchangeId, operationType: 'INTERVENTION', requestedBy, request, result });
}
