import type { DecimalString } from '../domain/decimal';
import type { ExchangeId } from '../domain/exchange';
import type { OrderState } from '../domain/order';
import type { OrderRequest } from '../domain/order-request';
import { isSettled } from '../domain/order-state';
import type { Clock } from '../platform/clock';
import { isoTime } from '../platform/clock';
import type { Logger } from '../platform/logger';
import type { OrderProjection } from '../storage/order-projection';
import type { SubmitMark, SubmitMarks } from '../storage/submit-marks';
import { executionMetricsOf } from './execution-metrics';
import type { MetricsSink, SubmitMeasures } from './metrics';

/** A price that comes later is not the price at submit. */
const MID_LIMIT_MS = 1_000;
/** Orders whose measuring is under way; more are not measured. */
const UNDER_WAY_MAX = 1_000;

export interface MeasuredOrdersParts {
  sink: MetricsSink;
  marks: SubmitMarks;
  /** The middle of the best prices, in quote; undefined while none is known. */
  mid(place: { tenantId: string; exchangeId: ExchangeId; assetId: string }): Promise<DecimalString | undefined>;
  clock: Clock;
  logger: Logger;
}

/**
 * Measures orders where their records are written: as a projection it sees every state. What was true at submit is
 * marked in Redis, and whoever first sees the order's end takes the mark, so each order is measured once.
 */
export class MeasuredOrders implements SubmitMeasures, Pick<OrderProjection, 'project'> {
  private underWay = 0;

  constructor(private readonly parts: MeasuredOrdersParts) {}

  sending(request: OrderRequest): void {
    this.beside(() => this.mark(request));
  }

  /** Returns at once. */
  project(states: readonly OrderState[]): Promise<void> {
    for (const state of states) if (isMeasurable(state)) this.beside(() => this.measure(state));
    return Promise.resolve();
  }

  private async mark({ tenantId, orderId, assetId, exchangeId }: OrderRequest): Promise<void> {
    if (exchangeId === undefined) return;
    const { marks, clock } = this.parts;
    const sentAtMs = clock.now();
    const [mid] = await Promise.all([
      this.parts.mid({ tenantId, exchangeId, assetId }),
      marks.set(tenantId, orderId, { sentAtMs }),
    ]);
    if (mid === undefined || clock.now() - sentAtMs > MID_LIMIT_MS) return;
    await marks.improve(tenantId, orderId, { sentAtMs, mid });
  }

  private async measure(state: OrderState): Promise<void> {
    const { tenantId, orderId } = state.request;
    const mark: SubmitMark | undefined = await this.parts.marks.take(tenantId, orderId);
    if (mark === undefined) return; // measured before, or never sent
    const metrics = executionMetricsOf(state, mark, isoTime(this.parts.clock.now()));
    if (metrics !== undefined) this.parts.sink.execution(metrics);
  }

  /** Nobody waits for it, and nobody fails by it. */
  private beside(work: () => Promise<void>): void {
    if (this.underWay >= UNDER_WAY_MAX) return;
    this.underWay += 1;
    work()
      .catch((error: unknown) => this.parts.logger.debug({ error: String(error) }, 'An order is not measured.'))
      .finally(() => (this.underWay -= 1));
  }
}

/** An order that trades at once is settled by its fills before its acknowledgement is recorded. */
function isMeasurable(state: OrderState): boolean {
  const { submittedAt, phase } = state.lifecycle;
  return isSettled(state) && (submittedAt !== undefined || phase === 'REJECTED');
}
