import type { OrderRequest, OrderType } from './order-request';

/**
 * How long after its timestamp an order may still be sent when it says nothing itself, ms. A market order means the
 * market of its moment; the others carry their price, but were decided on a market that moves on too.
 */
const SENT_WITHIN_MS: Record<OrderType, number> = {
  MARKET: 60_000,
  LIMIT: 600_000,
  STOP_LIMIT: 600_000,
  STOP_MARKET: 600_000,
  TRAILING_STOP: 600_000,
};

/** Until when an order may be sent, ms since the epoch, and why no longer. */
export interface SubmitDeadline {
  atMs: number;
  reason: string;
}

/**
 * The earliest of what the order says (submitBefore, else its type's default from timestamp) and of its own end.
 * A held order was decided to wait: once `isTriggered`, only its end counts.
 */
export function submitDeadlineOf(request: OrderRequest, isTriggered: boolean): SubmitDeadline {
  const { submitBefore, expiresAt } = request;
  const deadlines = isTriggered
    ? []
    : [submitBefore === undefined ? byDefault(request) : until('submitBefore', submitBefore)];
  if (expiresAt !== undefined) deadlines.push(until('expiresAt', expiresAt));
  const never = { atMs: Number.MAX_SAFE_INTEGER, reason: '' };
  return deadlines.reduce((first, next) => (next.atMs < first.atMs ? next : first), never);
}

function byDefault({ orderType, timestamp }: OrderRequest): SubmitDeadline {
  const withinMs = SENT_WITHIN_MS[orderType];
  const reason = `${orderType} orders are sent within ${withinMs / 1_000} s of their timestamp, which was ${timestamp}, unless submitBefore says otherwise`;
  return { atMs: Date.parse(timestamp) + withinMs, reason };
}

function until(field: string, instant: string): SubmitDeadline {
  return { atMs: Date.parse(instant), reason: `${field} was ${instant}` };
}
