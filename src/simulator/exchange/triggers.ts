import type { Decimal } from '../../domain/decimal';
import { Decimal as D } from '../../domain/decimal';
import type { Trigger } from './model';
import type { Order } from './order';

const BIPS = 10_000;

/** Whether a stop price is already reached at `lastPrice`, so that the order would not wait at all. */
export function isReached(trigger: Trigger, lastPrice: Decimal): boolean {
  if (trigger.price === undefined) return false;
  return trigger.direction === 'RISES_TO'
    ? lastPrice.greaterThanOrEqualTo(trigger.price)
    : lastPrice.lessThanOrEqualTo(trigger.price);
}

/**
 * Shows a waiting order the price of a trade; a trailing order remembers the extreme on it.
 * @returns true when the order is to go to the book
 */
export function observePrice(order: Order, price: Decimal, atMs: number): boolean {
  const { trigger, side } = order.request;
  if (trigger === undefined) return false;
  if (trigger.trailingBips === undefined) return isReached(trigger, price);
  if (order.trailingExtreme === undefined) {
    if (trigger.price !== undefined && !isReached(trigger, price)) return false;
    order.trailingAtMs = atMs;
    order.trailingExtreme = price;
    return false;
  }
  const distance = new D(trigger.trailingBips).dividedBy(BIPS);
  if (side === 'SELL') {
    order.trailingExtreme = D.max(order.trailingExtreme, price);
    return price.lessThanOrEqualTo(order.trailingExtreme.times(distance.negated().plus(1)));
  }
  order.trailingExtreme = D.min(order.trailingExtreme, price);
  return price.greaterThanOrEqualTo(order.trailingExtreme.times(distance.plus(1)));
}
