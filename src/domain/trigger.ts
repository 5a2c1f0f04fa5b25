import type { DecimalString } from './decimal';
import { Decimal, formatDecimal } from './decimal';
import type { OrderRequest } from './order-request';

/** What a held order has seen of the market: the best price for its owner since it was armed, for a trailing stop. */
export interface TriggerState {
  extreme?: DecimalString;
}

export function newTriggerState(): TriggerState {
  return {};
}

/**
 * A held order meets a price (quote currency): `reached` is the price that triggers it. A stop to sell is reached at or
 * below its stopPrice, one to buy at or above; a trailing stop follows the best price at trailingDelta's distance.
 */
export function follow(
  { side, orderType, stopPrice, trailingDelta }: OrderRequest,
  { extreme }: TriggerState,
  price: DecimalString,
): { state: TriggerState; reached?: DecimalString } {
  if (orderType !== 'TRAILING_STOP') return { state: {}, ...(isReached(side, price, stopPrice) && { reached: price }) };
  const best = extreme === undefined || isBetter(side, price, extreme) ? price : extreme;
  const distance = side === 'SELL' ? new Decimal(trailingDelta ?? 0).neg() : new Decimal(trailingDelta ?? 0);
  const stop = formatDecimal(new Decimal(best).plus(distance));
  return { state: { extreme: best }, ...(isReached(side, price, stop) && { reached: price }) };
}

function isReached(side: OrderRequest['side'], price: DecimalString, stop: DecimalString | undefined): boolean {
  if (stop === undefined) return false;
  return side === 'SELL' ? new Decimal(price).lte(stop) : new Decimal(price).gte(stop);
}

/** For whoever sells at a stop, the market is better the higher it has been. */
function isBetter(side: OrderRequest['side'], price: DecimalString, extreme: DecimalString): boolean {
  return side === 'SELL' ? new Decimal(price).gt(extreme) : new Decimal(price).lt(extreme);
}
