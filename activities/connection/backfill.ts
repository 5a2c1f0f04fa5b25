import { endedSince, ordersToLookUp, planBackfill } from '../../src/connections/backfill-plan';
import { mapBounded } from '../../src/connections/bounded-concurrency';
import type { Cursor } from '../../src/connections/cursor';
import { backfillSinceMs } from '../../src/connections/cursor';
import type { OrderState, OrderStatus, OrderUpdate } from '../../src/domain/order';
import type { ExchangeAdapter, FoundOrder } from '../../src/exchanges/adapter';
import { isoTime } from '../../src/platform/clock';
import type { ActivityDeps } from '../deps';
import { refOf } from '../order-refs';
import { executionPages } from './execution-pages';
import type { ConnectionName, EventProcessor, Origin } from './event-processor';
import type { Orphans } from './orphans';
import { patiently } from './patience';
import { RecordedOrders, updateOf } from './recorded-orders';

const CLOSED_ORDER_PAGES_MAX = 20;
/** How long before the backfill's start an order may have been created to count as recently closed. */
const RECENTLY_CLOSED_MS = 24 * 3_600_000;
/** Small, so that orders and cancels find room in the rate limit. */
const QUERIES_AT_ONCE_MAX = 3;
const LOOKUPS_A_SWEEP_MAX = 50;

const CLOSED_STATUSES = ['FILLED', 'CANCELLED', 'EXPIRED'] as const satisfies readonly OrderStatus[];

/** Reads over REST what the stream did not say, or may not have said. */
export class Backfill {
  private readonly recorded: RecordedOrders;

  constructor(
    private readonly deps: Pick<ActivityDeps, 'orders' | 'errors' | 'clock' | 'logger'>,
    private readonly name: ConnectionName,
    private readonly adapter: ExchangeAdapter,
    private readonly processor: EventProcessor,
    private readonly orphans: Orphans,
  ) {
    this.recorded = new RecordedOrders(deps, name);
  }

  /** Everything since the cursor; without one, since our oldest open order. Stops between two queries when the signal aborts. */
  async run(cursor: Cursor | undefined, signal: AbortSignal): Promise<void> {
    const open = await this.recorded.open();
    const oldestOpenMs = open.map(({ lifecycle }) => Date.parse(lifecycle.createdAt)).sort((a, b) => a - b)[0];
    const sinceMs = backfillSinceMs({ cursor, oldestOpenMs, nowMs: this.deps.clock.now() });
    const startTime = isoTime(Math.max(sinceMs - RECENTLY_CLOSED_MS, 0));
    const recentlyClosed = await this.recorded.list(
      { status: [...CLOSED_STATUSES], startTime },
      CLOSED_ORDER_PAGES_MAX,
    );
    if (open.length === 0 && recentlyClosed.length === 0) return;
    const atExchange = await this.listOpenAtExchange();
    const plan = planBackfill({ open, recentlyClosed, atExchange, sinceMs });
    const origin: Origin = { source: 'BACKFILL', isStillTold: (order) => endedSince(order, sinceMs) };
    await this.each(plan.assetIds, signal, (assetId) => this.readExecutions(assetId, sinceMs, origin, signal));
    await this.each(plan.lookups, signal, (order) => this.lookUp(order, origin));
    await this.each(plan.retold, signal, (order) =>
      this.processor.retell({ ...updateOf(order), lifecycle: order.lifecycle }, origin),
    );
    if (signal.aborted) return;
    const { assetIds, lookups, retold } = plan;
    const fields = { ...this.name, since: isoTime(sinceMs), assetIds, lookups: lookups.length, retold: retold.length };
    this.deps.logger.info(fields, 'backfill done');
  }

  /** Checks our open orders against the exchange's: finds fills and ends that the stream lost without breaking off. */
  async sweep(signal: AbortSignal): Promise<void> {
    const open = await this.recorded.open();
    if (open.length === 0) return;
    await this.orphans.adopt(open);
    const lookups = ordersToLookUp(open, await this.listOpenAtExchange()).slice(0, LOOKUPS_A_SWEEP_MAX);
    await this.each(lookups, signal, (order) => this.lookUp(order, { source: 'BACKFILL' }));
  }

  private async readExecutions(assetId: string, sinceMs: number, origin: Origin, signal: AbortSignal): Promise<void> {
    for await (const executions of executionPages(this.deps, this.name, this.adapter, { assetId, sinceMs })) {
      await this.processor.processExecutions(executions, origin);
      if (signal.aborted) return;
    }
  }

  /** Asks the exchange for one order, books and tells what it says. @returns that */
  async lookUp(order: OrderState, origin: Origin): Promise<FoundOrder> {
    const { request, lifecycle } = order;
    const ref = refOf(request, lifecycle.generation, lifecycle.exchangeOrderId);
    const found = await patiently(this.deps, this.name.exchangeId, () => this.adapter.findOrder(ref));
    if (found.found) await this.processor.processWord(found, origin);
    // One that it does not have yet is the business of the activity that submits it; one that it had is in doubt.
    else if (lifecycle.phase === 'OPEN' && lifecycle.stuck === undefined) {
      await this.processor.hint(updateOf(order), origin);
    }
    return found;
  }

  private async listOpenAtExchange(): Promise<OrderUpdate[]> {
    return await patiently(this.deps, this.name.exchangeId, () => this.adapter.listOpenOrders(this.name.tenantId));
  }

  private async each<T>(items: readonly T[], signal: AbortSignal, work: (item: T) => Promise<unknown>): Promise<void> {
    await mapBounded(items, QUERIES_AT_ONCE_MAX, async (item) => {
      if (!signal.aborted) await work(item);
    });
  }
}
