import { ordersToLookUp } from '../../src/connections/backfill-plan';
import { mapBounded } from '../../src/connections/bounded-concurrency';
import { ServiceError } from '../../src/domain/errors';
import type { OrderState, OrderUpdate } from '../../src/domain/order';
import { LIVE_STATUSES } from '../../src/domain/order';
import { isEnded, statusOf } from '../../src/domain/order-state';
import type { AccountName, OrderDiscrepancy, ReconciliationResult } from '../../src/domain/reconciliation';
import type { ExchangeAdapter, FoundOrder } from '../../src/exchanges/adapter';
import { isoTime } from '../../src/platform/clock';
import { ORDERS_PAGE_MAX, type OrderStore } from '../../src/storage/orders';
import { pagesOf } from '../../src/storage/pages';
import { CONNECTION_LIMITS } from '../connection/connection-deps';
import { Backfill } from '../connection/backfill';
import type { EventProcessor } from '../connection/event-processor';
import { Orphans } from '../connection/orphans';
import { patiently } from '../connection/patience';
import type { ReconciliationDeps } from './reconciliation-deps';

const OPEN_ORDER_PAGES_MAX = 100;
/** Lookups are dear; what is beyond waits for the connection's own sweep, or the next run. */
const LOOKUPS_MAX = 500;
const LOOKUPS_AT_ONCE_MAX = 3;
const SHOWN_MAX = 100;

/** Our open orders beside the exchange's. What differs is followed up by the orders' own workflows, never behind them. */
export class OrderSurvey {
  private readonly backfill: Backfill;
  private readonly orphans: Orphans;

  constructor(
    private readonly deps: ReconciliationDeps,
    private readonly name: AccountName,
    private readonly adapter: ExchangeAdapter,
    processor: EventProcessor,
  ) {
    const { orphanAgeMinMs = CONNECTION_LIMITS.orphanAgeMinMs } = deps.simulatedWaits ?? {};
    this.orphans = new Orphans(deps, name, { orphanAgeMinMs, orphanCheckIntervalMs: 0 });
    this.backfill = new Backfill(deps, name, adapter, processor, this.orphans);
  }

  /** @throws ServiceError when the exchange or our records do not answer */
  async run(): Promise<{ result: ReconciliationResult; openAssets: string[] }> {
    const open = await this.listOpen();
    const { ours, foreign } = await this.ask(() => this.adapter.surveyOpenOrders(this.name.tenantId));
    const adopted = await this.orphans.adopt(open);
    const known = new Set(open.map(({ request }) => request.orderId));
    const differing = ordersToLookUp(open, ours).slice(0, LOOKUPS_MAX);
    const strangers = ours.filter(({ orderId }) => !known.has(orderId)).slice(0, LOOKUPS_MAX);
    const found = [
      ...(await mapBounded(differing, LOOKUPS_AT_ONCE_MAX, (order) => this.followUp(order))),
      ...(await mapBounded(strangers, LOOKUPS_AT_ONCE_MAX, (update) => this.explain(update))),
    ].flat();
    const result = {
      ordersChecked: known.size + strangers.length,
      // What is left to do comes first, so that it is never cut off.
      discrepancies: found.sort((one, other) => Number(one.resolved) - Number(other.resolved)).slice(0, SHOWN_MAX),
      adopted,
      foreignOrders: foreign.slice(0, SHOWN_MAX),
      reconciled: found.every(({ resolved }) => resolved),
      timestamp: isoTime(this.deps.clock.now()),
    };
    return { result, openAssets: [...new Set([...open.map(({ request }) => request), ...ours].map(assetOf))] };
  }

  /** The lookup books what is missing and tells the order; then the record is read again. */
  private async followUp(order: OrderState): Promise<OrderDiscrepancy[]> {
    const { orderId, tenantId } = order.request;
    const found = await this.backfill.lookUp(order, { source: 'BACKFILL' });
    // One that is not acknowledged yet is the business of the activity that submits it.
    if (!found.found && order.lifecycle.phase !== 'OPEN') return [];
    const now = (await this.deps.orders.get(tenantId, orderId))?.state ?? order;
    return differencesOf(order, found).map((difference) => {
      const [left] = differencesOf(now, found).filter(({ field }) => field === difference.field);
      return { orderId, ...difference, resolved: left === undefined };
    });
  }

  /** An order that the exchange has open under an id of ours, while we have it ended, or have not listed it yet, or not at all. */
  private async explain(update: OrderUpdate): Promise<OrderDiscrepancy[]> {
    const { orderId, status: exchangeValue } = update;
    const { tenantId } = this.name;
    const record = await this.deps.orders.get(tenantId, orderId);
    if (record === undefined) {
      return [{ orderId, field: 'record', internalValue: 'NONE', exchangeValue, resolved: false }];
    }
    if (!isEnded(record.state)) return [];
    const found = await this.backfill.lookUp(record.state, { source: 'BACKFILL' });
    if (!found.found || !LIVE_STATUSES.includes(found.update.status as (typeof LIVE_STATUSES)[number])) return [];
    const internalValue = statusOf(record.state);
    return [{ orderId, field: 'status', internalValue, exchangeValue: found.update.status, resolved: false }];
  }

  private async listOpen(): Promise<OrderState[]> {
    const { tenantId, exchangeId } = this.name;
    const filters = { exchangeId, status: [...LIVE_STATUSES], limit: ORDERS_PAGE_MAX };
    const read = (cursor?: string): ReturnType<OrderStore['list']> => this.deps.orders.list(tenantId, filters, cursor);
    const orders: OrderState[] = [];
    for await (const page of pagesOf(read, OPEN_ORDER_PAGES_MAX, () => this.refuseMore(orders.length))) {
      orders.push(...page);
    }
    return orders;
  }

  private refuseMore(read: number): never {
    const { tenantId, exchangeId } = this.name;
    const what = `${tenantId} has more open orders at ${exchangeId} than one reconciliation reads (${read} read).`;
    throw new ServiceError('DEPENDENCY_UNAVAILABLE', what);
  }

  private async ask<T>(query: () => Promise<T>): Promise<T> {
    return await patiently(this.deps, this.name.exchangeId, query);
  }
}

/** In what our record says otherwise than the exchange. */
function differencesOf(
  order: OrderState,
  found: FoundOrder,
): Pick<OrderDiscrepancy, 'field' | 'internalValue' | 'exchangeValue'>[] {
  const status = { field: 'status', internalValue: statusOf(order) } as const;
  if (!found.found) return isEnded(order) ? [] : [{ ...status, exchangeValue: 'NOT_FOUND' }];
  const { filledQuantity } = order.ledger;
  const { update } = found;
  return [
    ...(status.internalValue === update.status ? [] : [{ ...status, exchangeValue: update.status }]),
    ...(filledQuantity === update.filledQuantity
      ? []
      : [{ field: 'filledQuantity', internalValue: filledQuantity, exchangeValue: update.filledQuantity } as const]),
  ];
}

function assetOf({ assetId }: { assetId: string }): string {
  return assetId;
}
