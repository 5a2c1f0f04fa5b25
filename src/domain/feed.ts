import type { ExchangeId } from './exchange';
import type { Fill, Order, OrderEvent } from './order';
import type { OrderSide } from './order-request';

/** What the feed says of an order: all that may change, and what names it. The rest never changes: read it once. */
export type FeedOrder = Omit<Order, 'fills' | 'events' | 'metadata'>;

/** A step of an order: the events that are new, which may be none, and the order after it. */
export interface OrderChanged {
  kind: 'ORDER';
  orderId: string;
  /** Counts the writes of the order's record, with gaps. */
  version: number;
  events: OrderEvent[];
  order: FeedOrder;
}

/** A fill that was booked; the ORDER message of the same version counts it. */
export interface OrderExecuted {
  kind: 'EXECUTION';
  orderId: string;
  version: number;
  strategyId: string;
  /** Absent on an order that names none. */
  exchangeId?: ExchangeId;
  assetId: string;
  side: OrderSide;
  execution: Fill;
}

/** Messages between the one before and this one may be missing for good: read the orders, then go on from here. */
export interface ResyncNeeded {
  kind: 'RESYNC';
  reason: string;
}

export type OrderNotice = OrderChanged | OrderExecuted;

/** A notice under the name that it has in every delivery: the same change always gets the same eventId. */
export type NamedNotice = OrderNotice & { eventId: string };

export type FeedMessage = (OrderNotice | ResyncNeeded) & {
  schemaVersion: 1;
  /** The place in the tenant's feed: one more than the message before, unless messages are missing. */
  sequence: number;
  eventId: string;
  tenantId: string;
};

/** The highest sequence: integers are exact in every language's JSON up to here. */
export const SEQUENCE_MAX = Number.MAX_SAFE_INTEGER;
