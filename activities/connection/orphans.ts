import type { OrderState } from '../../src/domain/order';
import type { ConnectionDeps, ConnectionLimits } from './connection-deps';
import type { ConnectionName } from './event-processor';

const ADOPTED_A_CHECK_MAX = 100;

/**
 * Open orders whose workflow somebody terminated, or that was lost with Temporal's database: they live on at the
 * exchange, so their workflow is run again. It goes on from the record.
 */
export class Orphans {
  private checkedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly deps: Pick<ConnectionDeps, 'orderRuns' | 'alerts' | 'clock' | 'logger'>,
    private readonly name: ConnectionName,
    private readonly limits: Pick<ConnectionLimits, 'orphanCheckIntervalMs' | 'orphanAgeMinMs'>,
  ) {}

  /** `open`: all of our orders at this exchange that have not ended. Looks at most once in orphanCheckIntervalMs. @returns their ids */
  async adopt(open: readonly OrderState[]): Promise<string[]> {
    const nowMs = this.deps.clock.now();
    if (nowMs - this.checkedAtMs < this.limits.orphanCheckIntervalMs) return [];
    this.checkedAtMs = nowMs;
    const settledIn = open.filter(
      ({ lifecycle }) => nowMs - Date.parse(lifecycle.createdAt) >= this.limits.orphanAgeMinMs,
    );
    if (settledIn.length === 0) return [];
    const { tenantId, exchangeId } = this.name;
    const running = await this.deps.orderRuns.listRunning(tenantId, exchangeId);
    const orphans = settledIn.filter(({ request }) => !running.has(request.orderId)).slice(0, ADOPTED_A_CHECK_MAX);
    const adopted: string[] = [];
    for (const { request } of orphans) {
      if (!(await this.deps.orderRuns.adopt(request))) continue;
      const { orderId } = request;
      adopted.push(orderId);
      const details = { adopted: true };
      this.deps.alerts.raise({ code: 'ORPHANED_ORDER', tenantId, orderId, exchangeId, details });
    }
    return adopted;
  }
}
