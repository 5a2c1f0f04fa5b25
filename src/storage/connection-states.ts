import type { AccountName, ReportedConnection } from '../domain/connection';

/** What all processes know of an account's connections. Neither call throws: it is a view, and may be missing. */
export interface ConnectionStates {
  /** To be called again within CONNECTION_REPORT_KEPT_MS; what is not is gone with its process. */
  report(connections: readonly ReportedConnection[]): Promise<void>;
  /** For connections that were closed. */
  forget(connections: readonly ReportedConnection[]): Promise<void>;
  /** Those of all processes; undefined when it can't be read. */
  list(account: AccountName): Promise<ReportedConnection[] | undefined>;
}

/** A report that is older is not believed: its process has died or can't reach Redis. */
export const CONNECTION_REPORT_KEPT_MS = 20_000;
