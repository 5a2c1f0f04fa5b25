import type { AccountName, ReconciledAccount, ReconciliationReport } from '../domain/reconciliation';
import type { Page } from './orders';

/** What reconciliation remembers of each account, and what it has reported. */
export interface ReconciliationStore {
  /** Strongly consistent; undefined before the first reconciliation. */
  getAccount(name: AccountName): Promise<ReconciledAccount | undefined>;
  /** Version 1 creates, each other replaces the one before it. False: somebody else has written meanwhile. */
  putAccount(next: ReconciledAccount): Promise<boolean>;
  /** Again without effect. Reports are kept for 90 days. */
  putReport(report: ReconciliationReport): Promise<void>;
  /** The newest first. @throws ServiceError INVALID_INPUT for a cursor that is none */
  listReports(name: AccountName, cursor?: string): Promise<Page<ReconciliationReport>>;
}
