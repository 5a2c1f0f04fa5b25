import type {
  PositionAdjustment,
  ReconciliationInput,
  ReconciliationReport,
  ReconciliationResult,
  Settlement,
} from '../src/domain/reconciliation';

/** What the reconciliation workflow asks of the world. Run on the exchange's own reconciliation queue. */
export interface ReconciliationActivities {
  /**
   * Asks the exchange, and compares. Open orders are followed up, fills that were missing are booked; what is to be
   * adjusted is only said. Repeating it is safe.
   */
  surveyAccount(input: ReconciliationInput): Promise<AccountSurvey>;
  /**
   * Writes what a survey came to: adjustments, the account, alerts, the report. Repeating it is safe. Null: somebody
   * else has reconciled the account meanwhile, so the survey is out of date.
   */
  settleSurvey(run: ReconciliationRun, survey: AccountSurvey): Promise<ReconciliationReport | null>;
  /** Calls people: the account could not be reconciled. */
  reportFailure(run: ReconciliationRun, problem: string): Promise<ReconciliationReport>;
}

export interface ReconciliationRun {
  input: ReconciliationInput;
  reportId: string;
  startedAt: string;
}

/**
 * Either of the two halves, or why nothing was looked at. `finished` is what the run before had decided and this one has
 * booked in its place, or found booked but not reported. `lastComparedAt`: before this run, or when the exchange was
 * registered.
 */
export type AccountSurvey =
  | { skipped: string }
  | {
      skipped?: never;
      orders: ReconciliationResult;
      settlement: Settlement;
      finished?: PositionAdjustment[];
      lastComparedAt?: string;
    };
