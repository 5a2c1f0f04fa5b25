import { Decimal, formatDecimal } from '../domain/decimal';
import type { DecimalString } from '../domain/decimal';
import type { Fault } from '../domain/errors';
import type { OrderRequest, OrderSide } from '../domain/order-request';
import { currenciesOf } from '../domain/order-request';
import type { Quote } from '../marketdata/market-data';

/**
 * The limits as pure decisions: an order, a limit, and what was read for it, to a fault or none. Exact decimals; prices
 * in quote, quantities in base. A market that can't be read is undefined, and refuses where it is needed.
 */

type Market = Pick<Quote, 'bid' | 'ask' | 'mid'>;

/** The price that the order trades at, as far as it says one: else at what the market asks of its side. */
export function tradePrice(
  { price, stopPrice, side }: OrderRequest,
  market: Market | undefined,
): DecimalString | undefined {
  return price ?? stopPrice ?? (side === 'BUY' ? market?.ask : market?.bid);
}

/** Whether the order's worth is known only with a market price. */
export function needsMarket({ price, stopPrice }: OrderRequest): boolean {
  return price === undefined && stopPrice === undefined;
}

export function notionalFault(
  order: OrderRequest,
  limits: Record<string, DecimalString>,
  market: Market | undefined,
): Fault | undefined {
  const { quote } = currenciesOf(order.assetId);
  const field = 'quantity × price';
  const limit = limits[quote];
  if (limit === undefined) return { field, message: `has no limit: maxNotional names none in ${quote}` };
  const price = tradePrice(order, market);
  if (price === undefined)
    return { field, message: `can't be compared with maxNotional ${limit} ${quote}: ${NO_PRICE}` };
  const notional = new Decimal(order.quantity).times(price);
  if (notional.lte(limit)) return undefined;
  return { field, message: `must be at most maxNotional ${limit} ${quote}, got ${formatDecimal(notional)}` };
}

/** Every price that the order names; of one that names none, the price at which the market would take it. */
export function collarFaults(order: OrderRequest, percent: DecimalString, market: Market | undefined): Fault[] {
  const named = (['price', 'stopPrice'] as const).flatMap((field) => {
    const price = order[field];
    return price === undefined ? [] : [{ field, price }];
  });
  if (market === undefined) {
    const field = named[0]?.field ?? 'assetId';
    return [{ field, message: `can't be compared with priceCollarPercent ${percent}: ${NO_PRICE}` }];
  }
  const prices =
    named.length > 0 ? named : [{ field: 'assetId', price: order.side === 'BUY' ? market.ask : market.bid }];
  return prices.flatMap(({ field, price }) => {
    const distance = new Decimal(price).minus(market.mid).abs().times(100);
    if (distance.lte(new Decimal(market.mid).times(percent))) return [];
    const message = `must be within priceCollarPercent ${percent} of the market's middle ${market.mid}, got ${price}`;
    return [{ field, message }];
  });
}

export function orderRateFault(ordersPerSecond: number, sentWithinSecond: number): Fault | undefined {
  if (sentWithinSecond <= ordersPerSecond) return undefined;
  return {
    field: '',
    message: `ordersPerSecond ${ordersPerSecond} is used up: this would be number ${sentWithinSecond} within a second`,
  };
}

export function openOrdersFault(maxOpenOrders: number, othersOpen: number): Fault | undefined {
  if (othersOpen < maxOpenOrders) return undefined;
  return { field: '', message: `maxOpenOrders ${maxOpenOrders} is reached: at least ${othersOpen} are open` };
}

/** What the order ties up: quote for a BUY, base for a SELL. Fees are not in it: only the exchange knows them. */
export function balanceFault(
  order: OrderRequest,
  { asset, free }: { asset: string; free: DecimalString },
  market: Market | undefined,
): Fault | undefined {
  const price = tradePrice(order, market);
  if (order.side === 'BUY' && price === undefined)
    return { field: 'quantity', message: `can't be compared with the free balance of ${free} ${asset}: ${NO_PRICE}` };
  const needed = order.side === 'BUY' ? new Decimal(order.quantity).times(price ?? 0) : new Decimal(order.quantity);
  if (needed.lte(free)) return undefined;
  return {
    field: 'quantity',
    message: `needs ${formatDecimal(needed)} ${asset}, but the free balance is ${free} ${asset}`,
  };
}

/** Which asset the order ties up. */
export function assetSpent({ assetId, side }: OrderRequest): string {
  const { base, quote } = currenciesOf(assetId);
  return side === 'BUY' ? quote : base;
}

/** An open order on the other side, as far as it matters for meeting it. */
export type OpenOrder = Pick<OrderRequest, 'orderId' | 'side' | 'orderType' | 'price'>;

/**
 * The tenant's own open orders that this one could trade with. Orders without a price trade with any; a stop order counts
 * as if it were triggered; a post-only order takes nothing.
 */
export function selfTradeFault(order: OrderRequest, opposite: readonly OpenOrder[]): Fault | undefined {
  if (order.postOnly === true) return undefined;
  const met = opposite.find((other) => crosses(order.side, order.price, other.price));
  if (met === undefined) return undefined;
  const at = met.price === undefined ? `${met.orderType}` : `at ${met.price}`;
  return { field: 'price', message: `would meet the tenant's own ${met.side} order ${met.orderId} ${at}` };
}

function crosses(side: OrderSide, price: DecimalString | undefined, other: DecimalString | undefined): boolean {
  if (price === undefined || other === undefined) return true;
  return side === 'BUY' ? new Decimal(price).gte(other) : new Decimal(price).lte(other);
}

const NO_PRICE = 'there is no market price within the age limit';
