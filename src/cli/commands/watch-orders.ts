import { checkInput, orderRefSchema } from '../../client/input';
import { readFeed } from '../../client/read-feed';
import type { FeedMessage, FeedOrder } from '../../domain/feed';
import type { OrderManager } from '../../client/order-manager';
import { type CommonFlags, tenantOf } from '../command-line';
import { type Desk, withDesk } from '../connect';
import type { Surroundings } from '../surroundings';
import { warnOfSilence } from './feed';
import { feedLine } from './feed-texts';
import { orderTable } from './order-texts';

export interface WatchFlags extends CommonFlags {
  strategy?: string;
}

/** Orders that have ended stay in view until so many others have. */
const ENDED_SHOWN_MAX = 10;

/**
 * Shows orders as they change: first as the records have them, then by what the feed says of them, so that watching
 * costs the database one list however long it takes.
 */
export async function watch(orderIds: string[], flags: WatchFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  for (const orderId of orderIds) checkInput(orderRefSchema, { tenantId, orderId }, 'The order to watch');
  const stop = surroundings.stopSignal();
  await withDesk(surroundings, async (desk) => {
    await warnOfSilence(desk.services, surroundings);
    const from = await endOfFeed(desk, tenantId);
    const view = new OrdersView({ tenantId, orderIds, ...flags }, desk.orderManager, surroundings);
    await view.load();
    if (view.isOver) return;
    for await (const message of readFeed(desk.services, { tenantId, from }, stop)) {
      await view.take(message);
      if (view.isOver) return;
    }
  });
}

/** Taken before the list is read, so that no change falls between the two. */
async function endOfFeed({ services }: Desk, tenantId: string): Promise<number> {
  const reader = await services.openFeedReader();
  try {
    return await reader.last(tenantId);
  } finally {
    reader.close();
  }
}

class OrdersView {
  private readonly orders = new Map<string, FeedOrder>();
  /** As the list had them. */
  private listed = new Map<string, FeedOrder>();

  constructor(
    private readonly wanted: WatchFlags & { tenantId: string; orderIds: readonly string[] },
    private readonly manager: OrderManager,
    private readonly surroundings: Surroundings,
  ) {}

  /** Named orders have all ended. */
  get isOver(): boolean {
    const { orderIds } = this.wanted;
    return orderIds.length > 0 && orderIds.every((orderId) => this.orders.get(orderId)?.completedAt !== undefined);
  }

  async load(): Promise<void> {
    const { tenantId, orderIds, strategy, json } = this.wanted;
    const listed =
      orderIds.length > 0
        ? await Promise.all(orderIds.map((orderId) => this.manager.getOrder(tenantId, orderId)))
        : await this.manager.getOpenOrders(tenantId, strategy);
    this.orders.clear();
    for (const { fills: _fills, events: _events, metadata: _metadata, ...order } of listed.reverse())
      this.orders.set(order.orderId, order);
    this.listed = new Map(this.orders);
    const { stdout, redraw } = this.surroundings;
    if (json) for (const order of this.orders.values()) stdout(JSON.stringify({ kind: 'SNAPSHOT', order }));
    else if (redraw) this.draw(redraw);
    else stdout(orderTable([...this.orders.values()]));
  }

  async take(message: FeedMessage): Promise<void> {
    if (message.kind === 'RESYNC') return await this.load();
    if (!this.isWanted(message)) return;
    if (message.kind === 'ORDER') {
      if (isListed(message.order, this.listed.get(message.orderId))) return;
      this.note(message.order);
    }
    const { stdout, redraw } = this.surroundings;
    if (this.wanted.json) stdout(JSON.stringify(message));
    else if (redraw) this.draw(redraw);
    else stdout(feedLine(message));
  }

  private isWanted(message: Exclude<FeedMessage, { kind: 'RESYNC' }>): boolean {
    const { orderIds, strategy } = this.wanted;
    if (orderIds.length > 0 && !orderIds.includes(message.orderId)) return false;
    const { strategyId } = message.kind === 'ORDER' ? message.order : message;
    return strategy === undefined || strategy === strategyId;
  }

  private note(order: FeedOrder): void {
    this.orders.set(order.orderId, order);
    const ended = [...this.orders.values()].filter(({ completedAt }) => completedAt !== undefined);
    if (this.wanted.orderIds.length > 0 || ended.length <= ENDED_SHOWN_MAX) return;
    const oldest = ended.reduce((a, b) => ((a.completedAt ?? '') <= (b.completedAt ?? '') ? a : b));
    this.orders.delete(oldest.orderId);
  }

  private draw(redraw: (text: string) => void): void {
    redraw(`${orderTable([...this.orders.values()].reverse())}\n\nCtrl-C ends this.`);
  }
}

/** The feed runs behind the records: what it tells first, the list may have shown already. */
function isListed(told: FeedOrder, listed: FeedOrder | undefined): boolean {
  if (listed === undefined || told.updatedAt > listed.updatedAt) return false;
  const isSame = told.status === listed.status && told.filledQuantity === listed.filledQuantity;
  return told.updatedAt < listed.updatedAt || isSame;
}
