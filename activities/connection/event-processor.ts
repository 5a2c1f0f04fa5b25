import { mapBounded } from '../../src/connections/bounded-concurrency';
import { batchOf, isBrokenOff } from '../../src/connections/event-batch';
import type { StreamEvent } from '../../src/connections/event-buffer';
import type { KnownExecutions } from '../../src/connections/known-executions';
import type { OrderNews, ToldUpdate } from '../../src/connections/order-news';
import { orderNews } from '../../src/connections/order-news';
import { Decimal } from '../../src/domain/decimal';
import { ServiceError } from '../../src/domain/errors';
import type { ExecutionUpdate, OrderState, OrderUpdate } from '../../src/domain/order';
import { changeOfUpdate } from '../../src/domain/order-lifecycle';
import { isBeyondEnd, isSettled, remainingQuantityOf } from '../../src/domain/order-state';
import type { ExchangeAdapter, FoundOrder } from '../../src/exchanges/adapter';
import type { BookedFill } from '../../src/storage/orders';
import type { ActivityDeps } from '../deps';
import { refOf } from '../order-refs';
import type { TellOrder } from './connection-deps';
import { patiently } from './patience';

/** How many orders of a batch are looked after at once. */
const ORDERS_AT_ONCE_MAX = 20;
const BOOKED_AT_ONCE_MAX = 200;

export interface ProcessorDeps extends Pick<
  ActivityDeps,
  'orders' | 'ledger' | 'alerts' | 'errors' | 'clock' | 'logger' | 'crashPoint'
> {
  tellOrder: TellOrder;
}

/** Whose account the events are of. */
export interface ConnectionName {
  tenantId: string;
  exchangeId: ExchangeAdapter['exchangeId'];
}

/** Where events come from, and which news are still news: of orders that ended before `toldSinceMs` only fresh fills are told. */
export interface Origin {
  source: 'STREAM' | 'BACKFILL';
  isStillTold?: (order: OrderState) => boolean;
}

/** The exchange's word on one order: its state, with executions if it was looked up. */
export interface OrderWord {
  update: OrderUpdate;
  executions: ExecutionUpdate[];
}

/**
 * Books what the exchange says and then tells the orders (decision 7). It returns only when all of it is acknowledged,
 * so its caller may move the cursor. Everything in here may be repeated.
 */
export class EventProcessor {
  private told = 0;

  constructor(
    private readonly deps: ProcessorDeps,
    private readonly name: ConnectionName,
    private readonly adapter: ExchangeAdapter,
    private readonly known: KnownExecutions,
  ) {}

  /** How many orders were told something since the last call. */
  takeTold(): number {
    const { told } = this;
    this.told = 0;
    return told;
  }

  /** A stretch of the stream, in the order it arrived. */
  async processStream(events: readonly StreamEvent[]): Promise<void> {
    const { executions, updates } = batchOf(events);
    const booked = await this.book(executions, 'STREAM');
    const orders = newestOrders(booked);
    const ends = await mapBounded(updates, ORDERS_AT_ONCE_MAX, (update) =>
      this.settle(update, 'STREAM', orders.get(update.orderId)),
    );
    await this.tell(
      [...booked, ...ends.flatMap((end) => end.booked)],
      ends.flatMap((end) => end.told),
      {
        source: 'STREAM',
      },
    );
  }

  /** Executions that a backfill read. */
  async processExecutions(executions: readonly ExecutionUpdate[], origin: Origin): Promise<void> {
    const fresh = executions.filter((execution) => !this.known.has(execution));
    await this.tell(await this.book(fresh, origin.source), [], origin);
  }

  /** What a lookup said of one order. */
  async processWord(word: OrderWord, origin: Origin): Promise<void> {
    const booked = await this.book(word.executions, origin.source);
    const end = await this.settle(word.update, origin.source, newestOrders(booked).get(word.update.orderId));
    await this.tell([...booked, ...end.booked], end.told, origin);
  }

  /** Makes an order look itself up: the exchange does not show it as the record has it. */
  async hint(update: OrderUpdate, origin: Origin): Promise<void> {
    await this.tell([], [update], origin);
  }

  /** Tells an order again how it ended. */
  async retell(update: ToldUpdate, origin: Origin): Promise<void> {
    await this.tell([], [update], origin);
  }

  private async book(executions: readonly ExecutionUpdate[], source: Origin['source']): Promise<BookedFill[]> {
    const ours = await this.withOrderIds(executions);
    const booked: BookedFill[] = [];
    for (let start = 0; start < ours.length; start += BOOKED_AT_ONCE_MAX) {
      booked.push(...(await this.bookSome(ours.slice(start, start + BOOKED_AT_ONCE_MAX), source)));
    }
    for (const { execution, result } of booked) {
      if (result === 'UNKNOWN_ORDER') this.deps.logger.warn(execution, 'an execution of an order that is not recorded');
    }
    return booked;
  }

  /** One execution that the ledger can't take (a price of 0, say) must not hold up the others for ever. */
  private async bookSome(executions: ExecutionUpdate[], source: Origin['source']): Promise<BookedFill[]> {
    try {
      return await this.deps.ledger.bookFills(executions, source);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== 'INVALID_INPUT') throw error;
      if (executions.length > 1) {
        return (await mapBounded(executions, 1, (execution) => this.bookSome([execution], source))).flat();
      }
      this.reportUnbookable(executions, error);
      return [];
    }
  }

  private reportUnbookable([execution]: ExecutionUpdate[], { message, faults }: ServiceError): void {
    this.deps.logger.error({ execution, faults }, 'an execution of the exchange cannot be booked');
    this.deps.alerts.raise({ code: 'FILL_NOT_BOOKED', ...this.name, details: { problem: message, execution } });
  }

  /** The executions with the orders they belong to, without those that are not of orders of ours. */
  private async withOrderIds(executions: readonly ExecutionUpdate[]): Promise<ExecutionUpdate[]> {
    const unnamed = executions.filter(({ orderId }) => orderId === '');
    const first = new Map(unnamed.map((execution) => [exchangeKey(execution), execution]));
    const found = await mapBounded([...first], ORDERS_AT_ONCE_MAX, async ([key, execution]) => {
      return [key, await this.orderIdOf(execution)] as const;
    });
    const orderIds = new Map(found);
    return executions.flatMap((execution) => {
      const orderId = execution.orderId === '' ? orderIds.get(exchangeKey(execution)) : execution.orderId;
      return orderId === undefined ? [] : [{ ...execution, orderId }];
    });
  }

  private async orderIdOf({ assetId, exchangeOrderId }: ExecutionUpdate): Promise<string | undefined> {
    const { tenantId, exchangeId } = this.name;
    const order = await this.deps.orders.findByExchangeOrderId(tenantId, exchangeId, assetId, exchangeOrderId);
    return order?.request.orderId;
  }

  /** Records an end, and fetches fills that the exchange counts and we lack. `known`: the order after its executions were booked. */
  private async settle(
    update: OrderUpdate,
    source: Origin['source'],
    known: OrderState | undefined,
  ): Promise<{ booked: BookedFill[]; told: ToldUpdate[] }> {
    const order = known ?? (await this.deps.orders.get(this.name.tenantId, update.orderId))?.state;
    if (order === undefined) {
      this.deps.logger.warn(update, 'an update of an order that is not recorded');
      return { booked: [], told: [] };
    }
    const missing = isShort(order, update) ? await this.fetch(order, source) : undefined;
    const booked = missing === undefined ? [] : await this.book(missing.executions, source);
    const word = missing?.update ?? update;
    const now = newestOrders(booked).get(update.orderId) ?? order;
    const learned = source === 'BACKFILL' && isNewlyKnown(word, now);
    if (!isBrokenOff(word) && !isFilledOtherwise(word, now) && !learned) return { booked, told: [] };
    const state = await this.deps.orders.recordLifecycle(this.name.tenantId, update.orderId, changeOfUpdate(word));
    const changed = state.lifecycle.version !== order.lifecycle.version;
    return { booked, told: changed ? [{ ...word, lifecycle: state.lifecycle }] : [] };
  }

  /** The order as a lookup has it. Live, a failing lookup holds nobody up: an end is told as it is, the rest is found by the sweep. */
  private async fetch({ request, lifecycle }: OrderState, source: Origin['source']): Promise<OrderWord | undefined> {
    const ref = refOf(request, lifecycle.generation, lifecycle.exchangeOrderId);
    try {
      const lookUp = (): Promise<FoundOrder> => this.adapter.findOrder(ref);
      const found = source === 'STREAM' ? await lookUp() : await patiently(this.deps, this.name.exchangeId, lookUp);
      return found.found ? found : undefined;
    } catch (error) {
      if (source === 'BACKFILL' || !(error instanceof ServiceError)) throw error;
      this.deps.logger.warn({ orderId: request.orderId, code: error.code }, 'missing fills could not be looked up');
      return undefined;
    }
  }

  private async tell(booked: readonly BookedFill[], updates: readonly ToldUpdate[], origin: Origin): Promise<void> {
    const { isStillTold = () => true } = origin;
    const current = booked.filter(
      ({ result, order }) => result === 'BOOKED' || order === undefined || isStillTold(order),
    );
    const news = orderNews(current, updates);
    if (news.length > 0) await this.deps.crashPoint('connection.betweenBookingAndSignal');
    await mapBounded(news, ORDERS_AT_ONCE_MAX, (item) => this.tellOne(item));
    for (const { execution, result } of booked) if (result !== 'UNKNOWN_ORDER') this.known.add(execution);
  }

  private async tellOne(news: OrderNews): Promise<void> {
    const answer = await this.deps.tellOrder(news);
    if (answer === 'told') this.told += 1;
    else if (news.fresh !== undefined) this.warnOfUntold(news, news.fresh);
  }

  /** The workflow is gone. The ledger has noted late fills on the order; an order that is settled lacks nothing. */
  private warnOfUntold({ tenantId, orderId }: OrderNews, { executions, order }: NonNullable<OrderNews['fresh']>): void {
    const fields = { tenantId, orderId, executions: executions.map(({ executionId }) => executionId) };
    if (isBeyondEnd(order)) this.deps.logger.warn(fields, 'fills booked for an order that had ended');
    else if (!isSettled(order)) {
      this.deps.logger.warn(fields, 'fills booked for an order whose workflow is not running');
      this.deps.alerts.raise({
        code: 'ORPHANED_ORDER',
        ...this.name,
        orderId,
        details: { executions: fields.executions },
      });
    }
  }
}

function newestOrders(booked: readonly BookedFill[]): Map<string, OrderState> {
  const orders = new Map<string, OrderState>();
  for (const { order } of booked) {
    if (order === undefined) continue;
    const { orderId } = order.request;
    if ((orders.get(orderId)?.ledger.version ?? -1) <= order.ledger.version) orders.set(orderId, order);
  }
  return orders;
}

function exchangeKey({ assetId, exchangeOrderId }: ExecutionUpdate): string {
  return `${assetId}#${exchangeOrderId}`;
}

/** The exchange counts more fills than are booked. */
function isShort({ ledger }: OrderState, update: OrderUpdate): boolean {
  return new Decimal(ledger.filledQuantity).lt(update.filledQuantity);
}

/** Filled, but not by the quantity that was asked for and booked: it must be recorded that no more will come. */
function isFilledOtherwise({ status }: OrderUpdate, order: OrderState): boolean {
  return status === 'FILLED' && new Decimal(remainingQuantityOf(order)).gt(0);
}

/** The exchange has an order whose acknowledgement did not reach its record. */
function isNewlyKnown({ exchangeOrderId }: OrderUpdate, { lifecycle }: OrderState): boolean {
  return lifecycle.exchangeOrderId === undefined && exchangeOrderId !== '';
}
