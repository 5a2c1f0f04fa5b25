import { type Fraction, fraction, isLess, minus, negated, NOTHING, over, plus, signOf, size, times } from './fractions';

/** A position in exact fractions, by rules of its own: what the service's arithmetic is compared with. */
export interface Model {
  quantity: Fraction;
  cost: Fraction;
  realized: Fraction;
}

export const NO_POSITION: Model = { quantity: NOTHING, cost: NOTHING, realized: NOTHING };

/** A trade with the fee that it took in base. */
export interface ModelFill {
  side: 'BUY' | 'SELL';
  quantity: string;
  price: string;
  baseFee: string;
}

/** Average cost, told lot-free: the open part keeps its average, the closed part realizes, the rest opens anew. */
export function modelAfter(before: Model, fill: ModelFill): Model {
  const [quantity, price] = [fraction(fill.quantity), fraction(fill.price)];
  const signed = fill.side === 'BUY' ? quantity : negated(quantity);
  return feeTaken(traded(before, signed, price), fraction(fill.baseFee), price);
}

function traded({ quantity, cost, realized }: Model, signed: Fraction, price: Fraction): Model {
  const opposite = signOf(quantity) !== 0 && signOf(quantity) !== signOf(signed);
  if (!opposite) return { quantity: plus(quantity, signed), cost: plus(cost, times(signed, price)), realized };
  const average = over(cost, quantity);
  const closes = isLess(size(signed), size(quantity)) ? negated(signed) : quantity;
  const opens = plus(signed, closes);
  return {
    quantity: plus(quantity, signed),
    cost: plus(minus(cost, times(average, closes)), times(opens, price)),
    realized: plus(realized, times(closes, minus(price, average))),
  };
}

function feeTaken({ quantity, cost, realized }: Model, fee: Fraction, price: Fraction): Model {
  const held = signOf(quantity) > 0 ? quantity : NOTHING;
  const fromHeld = isLess(fee, held) ? fee : held;
  const average = signOf(held) === 0 ? NOTHING : over(cost, quantity);
  const owed = minus(fee, fromHeld);
  return {
    quantity: minus(quantity, fee),
    cost: minus(minus(cost, times(average, fromHeld)), times(owed, price)),
    realized,
  };
}

/**
 * What the service may be off by after one more fill: a cost that is shared between what closes and what stays is cut to
 * 24 decimal places, at most twice a fill. A share is a quotient of what carries the cuts before it, and never grows them.
 */
export const COST_ERROR: Fraction = { top: 2n, bottom: 10n ** 24n };
