import { Decimal, ZERO } from '../../domain/decimal';
import type { Instrument } from './model';
import { type OrderBook, reaches } from './order-book';
import { type Order, openQuantity, opposite } from './order';

/** Cuts to whole steps of `step`. */
export function floorTo(value: Decimal, step: string): Decimal {
  return value.dividedBy(step).floor().times(step);
}

/** Rounds up to whole steps of `step`. */
export function ceilTo(value: Decimal, step: string): Decimal {
  return value.dividedBy(step).ceil().times(step);
}

/** What a quantity costs at a price, cut to the digits of amounts. */
export function notional(instrument: Instrument, price: Decimal, quantity: Decimal): Decimal {
  return price.times(quantity).toDecimalPlaces(instrument.amountDigits, Decimal.ROUND_DOWN);
}

/** How much of `order` the book could execute at once, and what that would cost, own orders left out as its mode says. */
export function estimate(book: OrderBook, instrument: Instrument, order: Order): { quantity: Decimal; quote: Decimal } {
  const { side, execution, quoteBudget, accountId, selfTradePrevention } = order.request;
  const budget = quoteBudget === undefined ? undefined : new Decimal(quoteBudget);
  let remaining = openQuantity(order);
  let quantity = ZERO;
  let quote = ZERO;
  for (const level of book.sideOf(opposite(side)).levels) {
    if (execution === 'LIMIT' && !reaches(side, order.price, level.price)) break;
    for (const maker of level.orders) {
      const open = openQuantity(maker);
      if (selfTradePrevention !== 'NONE' && maker.request.accountId === accountId) {
        if (selfTradePrevention === 'EXPIRE_TAKER' || selfTradePrevention === 'EXPIRE_BOTH') return { quantity, quote };
        if (selfTradePrevention === 'DECREMENT') remaining = Decimal.max(ZERO, remaining.minus(open));
        continue;
      }
      const wanted =
        budget === undefined ? remaining : floorTo(budget.minus(quote).dividedBy(level.price), instrument.stepSize);
      const taken = Decimal.min(open, wanted);
      if (!taken.greaterThan(0)) return { quantity, quote };
      quantity = quantity.plus(taken);
      quote = quote.plus(notional(instrument, level.price, taken));
      remaining = remaining.minus(taken);
    }
  }
  return { quantity, quote };
}
