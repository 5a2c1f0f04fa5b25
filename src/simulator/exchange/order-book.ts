import { type Decimal, ZERO, formatDecimal } from '../../domain/decimal';
import type { PriceLevel } from './events';
import type { Side } from './model';
import { type Order, openQuantity } from './order';

interface Level {
  readonly price: Decimal;
  /** First come, first served. */
  readonly orders: Order[];
}

/** One side of a book: levels with the best price first, orders of a level by arrival. */
class BookSide {
  readonly levels: Level[] = [];
  readonly #changed = new Map<string, Decimal>();

  constructor(readonly side: Side) {}

  add(order: Order): void {
    const index = this.#indexOf(order.price);
    const level = this.levels[index];
    if (level?.price.equals(order.price)) level.orders.push(order);
    else this.levels.splice(index, 0, { price: order.price, orders: [order] });
    this.touch(order.price);
  }

  remove(order: Order): boolean {
    const index = this.#indexOf(order.price);
    const level = this.levels[index];
    if (level === undefined || !level.price.equals(order.price)) return false;
    const place = level.orders.indexOf(order);
    if (place < 0) return false;
    level.orders.splice(place, 1);
    if (level.orders.length === 0) this.levels.splice(index, 1);
    this.touch(order.price);
    return true;
  }

  /** Marks a level as changed since the last `takeChanges`. */
  touch(price: Decimal): void {
    this.#changed.set(formatDecimal(price), price);
  }

  takeChanges(): PriceLevel[] {
    const changes = [...this.#changed].map(([text, price]): PriceLevel => [
      text,
      formatDecimal(this.quantityAt(price)),
    ]);
    this.#changed.clear();
    return changes;
  }

  quantityAt(price: Decimal): Decimal {
    const level = this.levels[this.#indexOf(price)];
    return level?.price.equals(price) ? levelQuantity(level) : ZERO;
  }

  top(limit: number): PriceLevel[] {
    return this.levels
      .slice(0, limit)
      .map((level) => [formatDecimal(level.price), formatDecimal(levelQuantity(level))]);
  }

  /** Whether `price` is strictly better for this side than `other`. */
  isBetter(price: Decimal, other: Decimal): boolean {
    return this.side === 'BUY' ? price.greaterThan(other) : price.lessThan(other);
  }

  #indexOf(price: Decimal): number {
    let low = 0;
    let high = this.levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const level = this.levels[middle];
      if (level !== undefined && this.isBetter(level.price, price)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function levelQuantity(level: Level): Decimal {
  return level.orders.reduce((total, order) => total.plus(openQuantity(order)), ZERO);
}

/** A limit order book with price-time priority. It knows nothing of balances. */
export class OrderBook {
  readonly bids = new BookSide('BUY');
  readonly asks = new BookSide('SELL');
  lastUpdateId: number;

  constructor(firstUpdateId: number) {
    this.lastUpdateId = firstUpdateId;
  }

  /** The side on which an order of `side` rests. */
  sideOf(side: Side): BookSide {
    return side === 'BUY' ? this.bids : this.asks;
  }

  /** Whether an order of `side` with limit `price` would take from the other side. */
  crosses(side: Side, price: Decimal): boolean {
    const best = this.sideOf(side === 'BUY' ? 'SELL' : 'BUY').levels[0];
    return best !== undefined && reaches(side, price, best.price);
  }

  bestPrice(side: Side): Decimal | undefined {
    return this.sideOf(side).levels[0]?.price;
  }
}

/** Whether an order of `side` limited to `limit` may trade at `price`. */
export function reaches(side: Side, limit: Decimal, price: Decimal): boolean {
  return side === 'BUY' ? limit.greaterThanOrEqualTo(price) : limit.lessThanOrEqualTo(price);
}
