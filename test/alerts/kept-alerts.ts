import type { AlertInput, Alerts } from '../../src/alerts/alerts';

/** Keeps what is raised, for the test to read. */
export class KeptAlerts implements Alerts {
  readonly raised: AlertInput[] = [];

  raise(alert: AlertInput): void {
    this.raised.push(alert);
  }

  /** Those of one tenant, or of the service itself. */
  of(tenantId: string | undefined): AlertInput[] {
    return this.raised.filter((alert) => ('tenantId' in alert ? alert.tenantId : undefined) === tenantId);
  }
}
