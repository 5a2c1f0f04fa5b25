import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Alerts } from '../alerts/alerts';
import { ServiceError } from '../domain/errors';
import type { OrderState } from '../domain/order';
import type { PositionState } from '../domain/position';
import { emptyPosition, positionIdOf } from '../domain/position';
import type { Clock } from '../platform/clock';
import { isoTime } from '../platform/clock';
import type { CrashPoint } from '../platform/crash-points';
import type { Logger } from '../platform/logger';
import { batchRead } from '../storage/dynamodb/batch-read';
import { fillKey, type PositionRef } from '../storage/dynamodb/keys';
import { fillOfItem } from '../storage/dynamodb/order-fills';
import { orderRecordOf } from '../storage/dynamodb/order-item';
import { readPosition } from '../storage/dynamodb/positions-store';
import type { TableNames } from '../storage/dynamodb/tables';
import type { OrderProjection } from '../storage/order-projection';
import type { BookedFill, FillSource } from '../storage/orders';
import type { PositionProjection } from '../storage/position-projection';
import type { BookingPlan, FillToBook } from './booking-plan';
import { planBooking } from './booking-plan';
import { writeBooking } from './booking-transaction';
import type { GroupWork } from './group-commit';
import type { PositionCache } from './position-cache';

/** Each attempt but the last met another writer's success in between. */
const ATTEMPTS_MAX = 15;
const PAUSE_MS = 5;
const PAUSE_MS_MAX = 100;

export interface LedgerParts {
  client: DynamoDBDocumentClient;
  tables: TableNames;
  projection: OrderProjection;
  positionProjection: PositionProjection;
  alerts: Alerts;
  clock: Clock;
  logger: Logger;
  crashPoint: CrashPoint;
}

/** A committed group: what each fill met, and the states after it. */
export interface CommittedGroup {
  results: BookedFill[];
  position?: PositionState;
}

/** Books groups of fills of one position. Its methods are the two steps of a group commit. */
export class PositionBooking implements GroupWork<FillToBook, CommittedGroup, BookedFill> {
  private readonly positionId: string;

  constructor(
    private readonly parts: LedgerParts,
    private readonly cache: PositionCache,
    private readonly ref: PositionRef,
  ) {
    this.positionId = positionIdOf(ref);
  }

  /**
   * Reads what the group touches, and writes what follows from it in one transaction on the condition that nothing has
   * changed meanwhile; otherwise again, from what is there now.
   * @throws ServiceError DEPENDENCY_UNAVAILABLE
   */
  async commit(group: FillToBook[]): Promise<CommittedGroup> {
    const fills = firstOfEach(group);
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const orders = await this.readOrders(fills);
      const booked = await this.readBooked(fills, orders, attempt > 1);
      const open = fills.filter((fill) => !booked.has(keyOf(fill)) && this.belongs(fill, orders));
      if (open.length === 0) return { results: resultsOf(group, orders, booked, new Set()) };
      const position = await this.readPosition();
      const plan = planBooking({ position, orders }, open, this.bookingTime(position));
      if ((await this.write(plan)) === 'committed') {
        for (const { after } of plan.orders) orders.set(after.request.orderId, after);
        this.alertOfLateFills(plan);
        const results = resultsOf(group, orders, booked, new Set(open.map(keyOf)));
        return { results, position: plan.position.after };
      }
      await this.parts.clock.sleep(Math.min(PAUSE_MS * attempt, PAUSE_MS_MAX));
    }
    const what = `Booking on position ${this.positionId} met other writers ${ATTEMPTS_MAX} times in a row.`;
    throw new ServiceError('DEPENDENCY_UNAVAILABLE', what);
  }

  async publish({ results, position }: CommittedGroup): Promise<BookedFill[]> {
    const changed = results.filter(({ result }) => result === 'BOOKED').flatMap(({ order }) => order ?? []);
    await Promise.all([
      this.parts.projection.project([...new Set(changed)]),
      this.parts.positionProjection.project(position === undefined ? [] : [position]),
    ]);
    return results;
  }

  private async write(plan: BookingPlan): Promise<'committed' | 'outdated'> {
    // Until the reply is there nobody knows which position is stored.
    this.cache.drop(this.positionId);
    await this.parts.crashPoint('ledger.beforeTransaction');
    const result = await writeBooking(this.parts.client, this.parts.tables, plan);
    if (result === 'committed') {
      await this.parts.crashPoint('ledger.afterTransaction');
      this.cache.set(this.positionId, plan.position.after);
    }
    return result;
  }

  /** Orders that had ended before these fills; the same that carry a new LATE_FILL event. */
  private alertOfLateFills({ orders }: BookingPlan): void {
    for (const { before, after } of orders) {
      const event = after.lifecycle.events.at(-1);
      if (before.lifecycle.completedAt === undefined || event?.type !== 'LATE_FILL') continue;
      const { tenantId, orderId } = before.request;
      this.parts.alerts.raise({
        code: 'LATE_FILL',
        tenantId,
        orderId,
        exchangeId: this.ref.exchangeId,
        details: { ...event },
      });
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

  private async readPosition(): Promise<PositionState> {
    const { tenantId, assetId, exchangeId } = this.ref;
    const known =
      this.cache.get(this.positionId) ?? (await readPosition(this.parts.client, this.parts.tables, this.ref));
    return known ?? emptyPosition(tenantId, assetId, exchangeId, isoTime(this.parts.clock.now()));
  }

  /** Never before the last booking, whichever machine's clock that was: the history is read in order of time. */
  private bookingTime({ updatedAt, version }: PositionState): string {
    const now = isoTime(this.parts.clock.now());
    return version > 0 && updatedAt > now ? updatedAt : now;
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

function resultsOf(
  group: readonly FillToBook[],
  orders: ReadonlyMap<string, OrderState>,
  booked: ReadonlyMap<string, FillSource>,
  bookedNow: ReadonlySet<string>,
): BookedFill[] {
  const sources = new Map(booked);
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
