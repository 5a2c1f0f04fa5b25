import { Decimal, formatDecimal } from '../../domain/decimal';
import type { Instrument, OrderRequest } from '../exchange/model';
import type { SymbolMarket } from '../exchange/symbol-market';
import { errors } from './binance-error';
import { amount } from './render-order';
import type { BinanceLimits } from './rate-limits';

const PRICE_MULTIPLIER_UP = '5';
const PRICE_MULTIPLIER_DOWN = '0.2';
const ICEBERG_PARTS_MAX = 10;
const TRAILING_BIPS_MIN = 10;
const TRAILING_BIPS_MAX = 2000;

/** The filters of a symbol as exchangeInfo lists them. An avgPriceMins of 0 means the last price (filters.md). */
export function listFilters(instrument: Instrument, limits: BinanceLimits): object[] {
  return [
    {
      filterType: 'PRICE_FILTER',
      minPrice: amount(instrument.priceMin),
      maxPrice: amount(instrument.priceMax),
      tickSize: amount(instrument.tickSize),
    },
    {
      filterType: 'LOT_SIZE',
      minQty: amount(instrument.quantityMin),
      maxQty: amount(instrument.quantityMax),
      stepSize: amount(instrument.stepSize),
    },
    { filterType: 'ICEBERG_PARTS', limit: ICEBERG_PARTS_MAX },
    {
      filterType: 'MARKET_LOT_SIZE',
      minQty: amount('0'),
      maxQty: amount(instrument.quantityMax),
      stepSize: amount('0'),
    },
    {
      filterType: 'TRAILING_DELTA',
      minTrailingAboveDelta: TRAILING_BIPS_MIN,
      maxTrailingAboveDelta: TRAILING_BIPS_MAX,
      minTrailingBelowDelta: TRAILING_BIPS_MIN,
      maxTrailingBelowDelta: TRAILING_BIPS_MAX,
    },
    {
      filterType: 'PERCENT_PRICE_BY_SIDE',
      bidMultiplierUp: PRICE_MULTIPLIER_UP,
      bidMultiplierDown: PRICE_MULTIPLIER_DOWN,
      askMultiplierUp: PRICE_MULTIPLIER_UP,
      askMultiplierDown: PRICE_MULTIPLIER_DOWN,
      avgPriceMins: 0,
    },
    {
      filterType: 'NOTIONAL',
      minNotional: amount(instrument.notionalMin),
      applyMinToMarket: true,
      maxNotional: amount(instrument.notionalMax),
      applyMaxToMarket: false,
      avgPriceMins: 0,
    },
    { filterType: 'MAX_NUM_ORDERS', maxNumOrders: limits.openOrdersPerSymbol },
    { filterType: 'MAX_NUM_ALGO_ORDERS', maxNumAlgoOrders: limits.openAlgoOrdersPerSymbol },
  ];
}

/**
 * Checks an order against the filters of its symbol.
 * @throws BinanceError -1013 `Filter failure: <name>`
 */
export function checkFilters(market: SymbolMarket, order: OrderRequest, limits: BinanceLimits): void {
  const { instrument, lastPrice } = market;
  for (const price of [order.price, order.trigger?.price]) {
    if (price !== undefined) checkPrice(instrument, price);
  }
  if (order.price !== undefined) {
    const multiple = new Decimal(order.price).dividedBy(lastPrice);
    if (multiple.greaterThan(PRICE_MULTIPLIER_UP) || multiple.lessThan(PRICE_MULTIPLIER_DOWN)) {
      throw errors.filter('PERCENT_PRICE_BY_SIDE');
    }
  }
  if (order.quantity !== undefined) checkQuantity(instrument, order.quantity, order.attributes['icebergQty']);
  checkNotional(market, order);
  const bips = order.trigger?.trailingBips;
  if (bips !== undefined && (bips < TRAILING_BIPS_MIN || bips > TRAILING_BIPS_MAX))
    throw errors.filter('TRAILING_DELTA');
  checkOpenOrders(market, order, limits);
}

/** @throws BinanceError -1013 for a quantity that is no multiple of the step or out of range */
export function checkQuantity(instrument: Instrument, quantity: string, icebergQuantity?: string): void {
  for (const each of [quantity, icebergQuantity]) {
    if (each !== undefined && !fits(each, instrument.quantityMin, instrument.quantityMax, instrument.stepSize)) {
      throw errors.filter('LOT_SIZE');
    }
  }
  if (icebergQuantity === undefined) return;
  if (new Decimal(quantity).dividedBy(icebergQuantity).ceil().greaterThan(ICEBERG_PARTS_MAX)) {
    throw errors.filter('ICEBERG_PARTS');
  }
}

function checkPrice(instrument: Instrument, price: string): void {
  if (!fits(price, instrument.priceMin, instrument.priceMax, instrument.tickSize)) throw errors.filter('PRICE_FILTER');
}

function checkNotional({ instrument, lastPrice }: SymbolMarket, order: OrderRequest): void {
  const value = order.quoteBudget ?? valueOf(order.price ?? formatDecimal(lastPrice), order.quantity ?? '0');
  if (new Decimal(value).lessThan(instrument.notionalMin)) throw errors.filter('NOTIONAL');
  if (order.execution === 'LIMIT' && new Decimal(value).greaterThan(instrument.notionalMax)) {
    throw errors.filter('NOTIONAL');
  }
}

function checkOpenOrders({ orders }: SymbolMarket, order: OrderRequest, limits: BinanceLimits): void {
  const open = orders.openOf(order.accountId);
  if (open.length >= limits.openOrdersPerSymbol) throw errors.filter('MAX_NUM_ORDERS');
  if (order.trigger === undefined) return;
  const algo = open.filter(({ request }) => request.trigger !== undefined);
  if (algo.length >= limits.openAlgoOrdersPerSymbol) throw errors.filter('MAX_NUM_ALGO_ORDERS');
}

function valueOf(price: string, quantity: string): string {
  return formatDecimal(new Decimal(price).times(quantity));
}

function fits(value: string, min: string, max: string, step: string): boolean {
  const decimal = new Decimal(value);
  return decimal.greaterThanOrEqualTo(min) && decimal.lessThanOrEqualTo(max) && decimal.modulo(step).isZero();
}
