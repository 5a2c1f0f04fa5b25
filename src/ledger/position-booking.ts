import type { OrderState } from '../domain/order';
import type { PositionState } from '../domain/position';
import { batchRead } from '../storage/dynamodb/batch-read';
import { fillKey, type PositionRef } from '../storage/dynamodb/keys';
import { type FillItem, fillOfItem } from '../storage/dynamodb/order-fills';
import { orderRecordOf } from '../storage/dynamodb/order-item';
import type { BookedFill, FillSource } from '../storage/orders';
import { untilCommitted } from './booking-attempts';
import type { BookingPlan, BooksBefore, FillToBook } from './booking-plan';
import { planBooking, standingReportsOf } from './booking-plan';
import { isOneTransaction } from './booking-transaction';
import type { GroupWork } from './group-commit';
import type { LedgerParts } from './ledger-parts';
import type { PositionCache } from './position-cache';
import { PositionRecord } from './position-record';

/** A committed group: what each fill met, and the states after it. */
export interface CommittedGroup {
  results: BookedFill[];
  position: PositionState | undefined;
}

/** What became of a group's fills in one transaction, and which of them are left for the next. */
interface Step {
  /** As they are after it. */
  orders: Map<string, OrderState>;
  /** Who booked what was booked before. */
  earlier: Map<string, FillSource>;
  booked: readonly FillToBook[];
  position?: PositionState;
  left: readonly FillToBook[];
}

/** Books groups of fills of one position. Its methods are the two steps of a group commit. */
export class PositionBooking implements GroupWork<FillToBook, CommittedGroup, BookedFill> {
  private readonly record: PositionRecord;

  constructor(
    private readonly parts: LedgerParts,
    cache: PositionCache,
    private readonly ref: PositionRef,
  ) {
    this.record = new PositionRecord(parts, cache, ref);
  }

  /**
   * Books a group in one transaction, or where that would be too large, or a fill replaces one of the same group, in
   * several, one after the other. An error leaves the fills of earlier ones booked.
   * @throws ServiceError DEPENDENCY_UNAVAILABLE
   */
  async commit(group: FillToBook[]): Promise<CommittedGroup> {
    const steps: Step[] = [];
    let open: readonly FillToBook[] = firstOfEach(group);
    while (open.length > 0) {
      const step = await this.commitSome(open);
      steps.push(step);
      open = step.left;
    }
    const position = steps.findLast((step) => step.position !== undefined)?.position;
    return { results: resultsOf(group, steps), position };
  }

  async publish({ results, position }: CommittedGroup): Promise<BookedFill[]> {
    const changed = results.filter(({ result }) => result === 'BOOKED').flatMap(({ order }) => order ?? []);
    await Promise.all([
      this.parts.projection.project([...new Set(changed)]),
      this.parts.positionProjection.project(position === undefined ? [] : [position]),
    ]);
    return results;
  }

  /**
   * Reads what the fills touch, and writes what follows from them on the condition that nothing has changed meanwhile;
   * otherwise again, from what is there now.
   */
  private commitSome(fills: readonly FillToBook[]): Promise<Step> {
    return untilCommitted(this.parts, this.ref, async (attempt) => {
      const orders = await this.readOrders(fills);
      const earlier = await this.readBooked(fills, orders, attempt > 1);
      const open = fills.filter((fill) => !earlier.has(keyOf(fill)) && this.belongs(fill, orders));
      if (open.length === 0) return { orders, earlier, booked: [], left: [] };
      const [position, reports] = [await this.record.read(), await this.readReports(orders)];
      const at = this.record.bookingTime(position);
      const { booked, plan } = planOneTransaction({ position, orders, reports }, untilReplaced(open), at);
      if ((await this.record.write(plan)) === 'outdated') return undefined;
      for (const { after } of plan.orders) orders.set(after.request.orderId, after);
      this.alertOfLateFills(plan);
      return { orders, earlier, booked, position: plan.position.after, left: open.slice(booked.length) };
    });
  }

  /** One for each: an order that had ended before its fills has an event for each of them. */
  private alertOfLateFills({ orders }: BookingPlan): void {
    for (const { before, after } of orders) {
      const { tenantId, orderId } = before.request;
      const fresh = after.lifecycle.events.filter((event) => !before.lifecycle.events.includes(event));
      for (const event of fresh.filter(({ type }) => type === 'LATE_FILL')) {
        this.parts.alerts.raise({
          code: 'LATE_FILL',
          tenantId,
          orderId,
          exchangeId: this.ref.exchangeId,
          details: { ...event },
        });
      }
    }
  }

  private async readOrders(fills: readonly FillToBook[]): Promise<Map<string, OrderState>> {
    const { tenantId } = this.ref;
    const orderIds = new Set(fills.map(({ execution }) => execution.orderId));
    const keys = [...orderIds].map((orderId) => ({ tenantId, orderId }));
    const items = await batchRead(this.parts.client, this.parts.tables.orders, keys);
    return new Map(items.map((item) => orderRecordOf(item).state).map((state) => [state.request.orderId, state]));
  }

  /**
   * Who booked those fills that are booked already. The order's last fills tell of most of them; the others show when
   * the transaction fails, so then all are looked up.
   */
  private async readBooked(
    fills: readonly FillToBook[],
    orders: ReadonlyMap<string, OrderState>,
    all: boolean,
  ): Promise<Map<string, FillSource>> {
    const suspects = fills.filter((fill) => all || isAmongLast(fill, orders));
    if (suspects.length === 0) return new Map();
    const keys = suspects.map(({ execution }) => ({ ...fillKey(execution, execution.executionId) }));
    const items = await batchRead(this.parts.client, this.parts.tables.orders, keys);
    return new Map(items.map(fillOfItem).map((fill) => [keyOf(fill), fill.source]));
  }

  /** What people reported of these orders and the exchange has not replaced yet: mostly nothing, and then without a read. */
  private async readReports(orders: ReadonlyMap<string, OrderState>): Promise<FillItem[]> {
    const keys = [...orders.values()].flatMap((order) =>
      standingReportsOf(order).map(({ executionId }) => ({ ...fillKey(order.request, executionId) })),
    );
    const items = await batchRead(this.parts.client, this.parts.tables.orders, keys);
    return items.map(fillOfItem);
  }

  /** An execution that contradicts the order it names is not that order's: it is reported, not booked. */
  private belongs({ execution }: FillToBook, orders: ReadonlyMap<string, OrderState>): boolean {
    const { tenantId, orderId, executionId, assetId, exchangeId, side } = execution;
    const request = orders.get(orderId)?.request;
    if (request === undefined) return false;
    const fits =
      request.assetId === assetId && request.side === side && (request.exchangeId ?? exchangeId) === exchangeId;
    if (fits) return true;
    const problem = 'An execution contradicts its order in instrument, side or exchange: not booked.';
    this.parts.logger.error({ tenantId, orderId, executionId, assetId, exchangeId, side }, problem);
    this.parts.alerts.raise({
      code: 'FILL_NOT_BOOKED',
      tenantId,
      exchangeId,
      orderId,
      details: { problem, execution },
    });
    return false;
  }
}

/** Identifies a fill within a tenant. */
function keyOf({ execution }: Pick<FillToBook, 'execution'>): string {
  return `${execution.orderId}/${execution.executionId}`;
}

function firstOfEach(group: readonly FillToBook[]): FillToBook[] {
  const seen = new Map<string, FillToBook>();
  for (const fill of group) if (!seen.has(keyOf(fill))) seen.set(keyOf(fill), fill);
  return [...seen.values()];
}

function isAmongLast({ execution }: FillToBook, orders: ReadonlyMap<string, OrderState>): boolean {
  const last = orders.get(execution.orderId)?.ledger.recentFills ?? [];
  return last.some(({ executionId }) => executionId === execution.executionId);
}

/** Up to the first fill that replaces what was reported of its order: that must be booked by then, to be taken back. */
function untilReplaced(fills: readonly FillToBook[]): readonly FillToBook[] {
  const reported = new Set<string>();
  const end = fills.findIndex(({ execution: { orderId, provisional } }) => {
    if (provisional === true) reported.add(orderId);
    return provisional !== true && reported.has(orderId);
  });
  return end === -1 ? fills : fills.slice(0, end);
}

/** For as many of the fills, from the first on, as can be booked at once; for one alone in any case. */
function planOneTransaction(
  before: BooksBefore,
  fills: readonly FillToBook[],
  at: string,
): { booked: readonly FillToBook[]; plan: BookingPlan } {
  const plan = planBooking(before, fills, at);
  if (isOneTransaction(plan) || fills.length === 1) return { booked: fills, plan };
  return planOneTransaction(before, fills.slice(0, Math.ceil(fills.length / 2)), at);
}

/** For each fill of the group, with its order as the whole group left it. */
function resultsOf(group: readonly FillToBook[], steps: readonly Step[]): BookedFill[] {
  const orders = new Map(steps.flatMap((step) => [...step.orders]));
  const sources = new Map(steps.flatMap(({ earlier }) => [...earlier]));
  const bookedNow = new Set(steps.flatMap(({ booked }) => booked.map(keyOf)));
  return group.map(({ execution, source }) => {
    const key = keyOf({ execution });
    const order = orders.get(execution.orderId);
    const earlier = sources.get(key);
    if (earlier !== undefined && order !== undefined) return { execution, result: 'DUPLICATE', source: earlier, order };
    if (order === undefined || !bookedNow.has(key)) return { execution, result: 'UNKNOWN_ORDER' };
    sources.set(key, source);
    return { execution, result: 'BOOKED', source, order };
  });
}
