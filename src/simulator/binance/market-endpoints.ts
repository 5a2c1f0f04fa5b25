import { Decimal, formatDecimal } from '../../domain/decimal';
import type { SymbolMarket } from '../exchange/symbol-market';
import { errors } from './binance-error';
import { type BinanceServices, type Call, type Endpoint, constantWeight, findMarket } from './endpoint';
import { listFilters } from './filters';
import { ORDER_TYPES, STP_MODES } from './order-request';
import type { Params } from './params';
import { amount, renderPublicTrade } from './render-order';
import type { BinanceLimits } from './rate-limits';

const DEPTH_LIMIT_DEFAULT = 100;
const DEPTH_LIMIT_MAX = 5000;
const TRADES_LIMIT_DEFAULT = 500;
const TRADES_LIMIT_MAX = 1000;

/** The public part of Binance's REST API. */
export const MARKET_ENDPOINTS: readonly Endpoint[] = [
  publicGet('/api/v3/ping', { weight: constantWeight(1), params: [], handle: () => ({}) }),
  publicGet('/api/v3/time', {
    weight: constantWeight(1),
    params: [],
    handle: (_, { nowMs }) => ({ serverTime: nowMs }),
  }),
  publicGet('/api/v3/exchangeInfo', {
    weight: constantWeight(20),
    params: ['symbol', 'symbols', 'permissions', 'showPermissionSets', 'symbolStatus'],
    handle: exchangeInfo,
  }),
  publicGet('/api/v3/depth', { weight: depthWeight, params: ['symbol', 'limit', 'symbolStatus'], handle: depth }),
  publicGet('/api/v3/trades', { weight: constantWeight(25), params: ['symbol', 'limit'], handle: trades }),
  publicGet('/api/v3/avgPrice', { weight: constantWeight(2), params: ['symbol'], handle: averagePrice }),
  publicGet(
    '/api/v3/ticker/price',
    ticker(4, ({ instrument, lastPrice }) => ({
      symbol: instrument.symbol,
      price: amount(formatDecimal(lastPrice)),
    })),
  ),
  publicGet('/api/v3/ticker/bookTicker', ticker(4, bookTicker)),
  publicGet('/api/v3/ticker/24hr', ticker(80, dayTicker)),
];

function publicGet(path: string, rest: Pick<Endpoint, 'weight' | 'params' | 'handle'>): Endpoint {
  return { method: 'GET', path, isSigned: false, ...rest };
}

/** The limits as exchangeInfo and the WebSocket API list them. */
export function listRateLimits(limits: BinanceLimits): object[] {
  return [
    { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: limits.requestWeightPerMinute },
    { rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10, limit: limits.ordersPer10Seconds },
    { rateLimitType: 'ORDERS', interval: 'DAY', intervalNum: 1, limit: limits.ordersPerDay },
    { rateLimitType: 'RAW_REQUESTS', interval: 'MINUTE', intervalNum: 5, limit: limits.rawRequestsPer5Minutes },
  ];
}

function exchangeInfo(services: BinanceServices, { params, nowMs }: Call): object {
  const { limits } = services.limits;
  const wanted = wantedSymbols(params) ?? [...services.exchange.engine.markets.keys()];
  return {
    timezone: 'UTC',
    serverTime: nowMs,
    rateLimits: listRateLimits(limits),
    exchangeFilters: [],
    symbols: wanted.map((symbol) => describeSymbol(findMarket(services, symbol), limits)),
  };
}

function describeSymbol({ instrument }: SymbolMarket, limits: BinanceLimits): object {
  const { amountDigits } = instrument;
  return {
    symbol: instrument.symbol,
    status: 'TRADING',
    baseAsset: instrument.base,
    baseAssetPrecision: amountDigits,
    quoteAsset: instrument.quote,
    quotePrecision: amountDigits,
    quoteAssetPrecision: amountDigits,
    baseCommissionPrecision: amountDigits,
    quoteCommissionPrecision: amountDigits,
    orderTypes: ORDER_TYPES,
    icebergAllowed: true,
    ocoAllowed: false,
    otoAllowed: false,
    opoAllowed: false,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: true,
    cancelReplaceAllowed: true,
    amendAllowed: true,
    pegInstructionsAllowed: false,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: listFilters(instrument, limits),
    permissions: [],
    permissionSets: [['SPOT']],
    defaultSelfTradePreventionMode: 'NONE',
    allowedSelfTradePreventionModes: STP_MODES,
  };
}

function depthWeight(params: Params): number {
  const limit = params.long('limit') ?? DEPTH_LIMIT_DEFAULT;
  if (limit <= 100) return 5;
  if (limit <= 500) return 25;
  return limit <= 1000 ? 50 : 250;
}

function depth(services: BinanceServices, { params }: Call): object {
  const { book } = findMarket(services, params.symbol());
  const limit = Math.min(DEPTH_LIMIT_MAX, params.long('limit') ?? DEPTH_LIMIT_DEFAULT);
  return { lastUpdateId: book.lastUpdateId, ...renderDepth(book.bids.top(limit), book.asks.top(limit)) };
}

/** Price levels with Binance's 8 decimal places. */
export function renderDepth(
  bids: readonly (readonly [string, string])[],
  asks: readonly (readonly [string, string])[],
): { bids: string[][]; asks: string[][] } {
  const render = (levels: readonly (readonly [string, string])[]): string[][] =>
    levels.map(([price, quantity]) => [amount(price), amount(quantity)]);
  return { bids: render(bids), asks: render(asks) };
}

function trades(services: BinanceServices, { params }: Call): object[] {
  const market = findMarket(services, params.symbol());
  const limit = Math.min(TRADES_LIMIT_MAX, params.long('limit') ?? TRADES_LIMIT_DEFAULT);
  return market.trades.recent(limit).map(renderPublicTrade);
}

function averagePrice(services: BinanceServices, { params, nowMs }: Call): object {
  const market = findMarket(services, params.symbol());
  const closeTime = market.trades.recent(1)[0]?.atMs ?? nowMs;
  return { mins: 0, price: amount(formatDecimal(market.lastPrice)), closeTime };
}

/** A ticker endpoint: one object for `symbol`, a list for `symbols` or for none. */
function ticker(
  weightOfAll: number,
  render: (market: SymbolMarket, nowMs: number) => object,
): Pick<Endpoint, 'weight' | 'params' | 'handle'> {
  return {
    weight: (params) => (params.has('symbol') ? 2 : params.has('symbols') ? Math.min(4, weightOfAll) : weightOfAll),
    params: ['symbol', 'symbols', 'type', 'symbolStatus'],
    handle: (services, { params, nowMs }) => {
      const wanted = wantedSymbols(params) ?? [...services.exchange.engine.markets.keys()];
      const tickers = wanted.map((symbol) => render(findMarket(services, symbol), nowMs));
      return params.has('symbol') ? tickers[0] : tickers;
    },
  };
}

function bookTicker({ instrument, book }: SymbolMarket): object {
  const [bid, ask] = [book.bids.top(1)[0] ?? ['0', '0'], book.asks.top(1)[0] ?? ['0', '0']];
  return {
    symbol: instrument.symbol,
    bidPrice: amount(bid[0]),
    bidQty: amount(bid[1]),
    askPrice: amount(ask[0]),
    askQty: amount(ask[1]),
  };
}

/** Over the trades that are kept, which stand for the last 24 hours. */
function dayTicker(market: SymbolMarket, nowMs: number): object {
  const recent = market.trades.recent(TRADES_LIMIT_MAX);
  const last = formatDecimal(market.lastPrice);
  const prices = recent.map((trade) => new Decimal(trade.price));
  const open = prices[0] ?? market.lastPrice;
  const volume = recent.reduce((sum, trade) => sum.plus(trade.quantity), new Decimal(0));
  const quoteVolume = recent.reduce((sum, trade) => sum.plus(trade.quote), new Decimal(0));
  const change = market.lastPrice.minus(open);
  const high = prices.length === 0 ? market.lastPrice : Decimal.max(...prices);
  const low = prices.length === 0 ? market.lastPrice : Decimal.min(...prices);
  return {
    ...bookTicker(market),
    priceChange: change.toFixed(8),
    priceChangePercent: change.times(100).dividedBy(open).toFixed(3),
    weightedAvgPrice: volume.isZero() ? amount(last) : quoteVolume.dividedBy(volume).toFixed(8),
    prevClosePrice: open.toFixed(8),
    lastPrice: amount(last),
    lastQty: amount(recent.at(-1)?.quantity ?? '0'),
    openPrice: open.toFixed(8),
    highPrice: high.toFixed(8),
    lowPrice: low.toFixed(8),
    volume: volume.toFixed(8),
    quoteVolume: quoteVolume.toFixed(8),
    openTime: recent[0]?.atMs ?? nowMs,
    closeTime: nowMs,
    firstId: recent[0]?.tradeId ?? -1,
    lastId: recent.at(-1)?.tradeId ?? -1,
    count: recent.length,
  };
}

function wantedSymbols(params: Params): string[] | undefined {
  if (params.has('symbol') && params.has('symbols')) throw errors.badCombination();
  return params.has('symbol') ? [params.symbol()] : params.list('symbols');
}
