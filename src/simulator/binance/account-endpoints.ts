import { Decimal } from '../../domain/decimal';
import { isOpenStatus } from '../exchange/model';
import { type Order, viewOrder } from '../exchange/order';
import { errors } from './binance-error';
import { type BinanceServices, type Call, type Endpoint, constantWeight, findMarket, signedGet } from './endpoint';
import { findOrder } from './order-endpoints';
import type { Params } from './params';
import { amount, renderOwnTrades, renderQueried } from './render-order';

const PAGE_DEFAULT = 500;
const PAGE_MAX = 1000;
const LOOKUP_HOURS_MAX = 24;
const HOUR_MS = 3_600_000;
const ARCHIVED_AFTER_MS = 90 * 24 * HOUR_MS;
/** Commissions in the account's head are in hundredths of a percent. */
const COMMISSION_UNIT = 10_000;

/** The endpoints that read an account. */
export const ACCOUNT_ENDPOINTS: readonly Endpoint[] = [
  signedGet('/api/v3/order', {
    weight: constantWeight(4),
    params: ['symbol', 'orderId', 'origClientOrderId'],
    handle: queryOrder,
  }),
  signedGet('/api/v3/openOrders', {
    weight: (params) => (params.has('symbol') ? 6 : 80),
    params: ['symbol'],
    handle: openOrders,
  }),
  signedGet('/api/v3/allOrders', {
    weight: constantWeight(20),
    params: ['symbol', 'orderId', 'startTime', 'endTime', 'limit'],
    handle: allOrders,
  }),
  signedGet('/api/v3/myTrades', {
    weight: (params) => (params.has('orderId') ? 5 : 20),
    params: ['symbol', 'orderId', 'startTime', 'endTime', 'fromId', 'limit'],
    handle: myTrades,
  }),
  signedGet('/api/v3/account', { weight: constantWeight(20), params: ['omitZeroBalances'], handle: account }),
  signedGet('/api/v3/account/commission', { weight: constantWeight(20), params: ['symbol'], handle: commission }),
  signedGet('/api/v3/rateLimit/order', { weight: constantWeight(40), params: [], handle: orderRateLimit }),
];

function queryOrder(services: BinanceServices, { params, accountId, nowMs }: Call): object {
  const market = findMarket(services, params.symbol());
  const wanted = { orderId: params.long('orderId'), origClientOrderId: params.text('origClientOrderId') };
  if (wanted.orderId === undefined && wanted.origClientOrderId === undefined) {
    throw errors.eitherMandatory('origClientOrderId', 'orderId');
  }
  const order = findOrder(market, accountId, wanted);
  if (order === undefined) throw errors.orderDoesNotExist();
  const isEmpty = !isOpenStatus(order.status) && order.executed.isZero();
  if (isEmpty && nowMs - order.updatedAtMs > ARCHIVED_AFTER_MS) throw errors.orderArchived();
  return renderQueried(viewOrder(order));
}

function openOrders(services: BinanceServices, { params, accountId }: Call): object[] {
  const { markets } = services.exchange.engine;
  const wanted = params.has('symbol') ? [findMarket(services, params.symbol())] : [...markets.values()];
  return wanted.flatMap((market) => market.orders.openOf(accountId)).map((order) => renderQueried(viewOrder(order)));
}

function allOrders(services: BinanceServices, { params, accountId }: Call): object[] {
  const market = findMarket(services, params.symbol());
  const page = readPage(params, 'orderId');
  const rows = market.orders.ofAccount(accountId).map((order: Order) => ({
    id: order.orderId,
    atMs: order.createdAtMs,
    row: renderQueried(viewOrder(order)),
  }));
  return selectPage(rows, page);
}

function myTrades(services: BinanceServices, { params, accountId }: Call): object[] {
  const market = findMarket(services, params.symbol());
  const page = readPage(params, 'fromId');
  const orderId = params.long('orderId');
  const hasTimes = page.startMs !== undefined || page.endMs !== undefined;
  if (hasTimes && (orderId !== undefined || page.fromId !== undefined)) throw errors.badCombination();
  const rows = market.trades
    .ofAccount(accountId)
    .flatMap((trade) =>
      renderOwnTrades(trade, accountId).map((own) => ({ ...own, id: trade.tradeId, atMs: trade.atMs })),
    );
  return selectPage(orderId === undefined ? rows : rows.filter((row) => row.orderId === orderId), page);
}

function account(services: BinanceServices, { params, accountId, nowMs }: Call): object {
  const { accounts } = services.exchange.engine;
  const { maker, taker } = accounts.fees(accountId);
  const omitZero = params.boolean('omitZeroBalances') ?? false;
  const balances = accounts
    .balances(accountId)
    .filter(({ free, locked }) => !omitZero || free !== '0' || locked !== '0')
    .map(({ asset, free, locked }) => ({ asset, free: amount(free), locked: amount(locked) }));
  return {
    makerCommission: new Decimal(maker).times(COMMISSION_UNIT).toNumber(),
    takerCommission: new Decimal(taker).times(COMMISSION_UNIT).toNumber(),
    buyerCommission: 0,
    sellerCommission: 0,
    commissionRates: { maker: amount(maker), taker: amount(taker), buyer: amount('0'), seller: amount('0') },
    canTrade: true,
    canWithdraw: true,
    canDeposit: true,
    brokered: false,
    requireSelfTradePrevention: false,
    preventSor: false,
    updateTime: nowMs,
    accountType: 'SPOT',
    balances,
    permissions: ['SPOT'],
    uid: accounts.accountIds().indexOf(accountId) + 1,
  };
}

function commission(services: BinanceServices, { params, accountId }: Call): object {
  const { symbol } = findMarket(services, params.symbol()).instrument;
  const { maker, taker } = services.exchange.engine.accounts.fees(accountId);
  const none = { maker: amount('0'), taker: amount('0'), buyer: amount('0'), seller: amount('0') };
  return {
    symbol,
    standardCommission: { ...none, maker: amount(maker), taker: amount(taker) },
    specialCommission: none,
    taxCommission: none,
    discount: { enabledForAccount: false, enabledForSymbol: false, discountAsset: 'BNB', discount: amount('0') },
  };
}

function orderRateLimit(services: BinanceServices, { accountId }: Call): object[] {
  const { limits } = services.limits;
  const { tenSeconds, day } = services.limits.orderCounts(accountId);
  const row = { rateLimitType: 'ORDERS' };
  return [
    { ...row, interval: 'SECOND', intervalNum: 10, limit: limits.ordersPer10Seconds, count: tenSeconds },
    { ...row, interval: 'DAY', intervalNum: 1, limit: limits.ordersPerDay, count: day },
  ];
}

interface Page {
  readonly fromId: number | undefined;
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
  readonly limit: number;
}

function readPage(params: Params, fromIdName: string): Page {
  const startMs = params.timestampMs('startTime');
  const endMs = params.timestampMs('endTime');
  if (startMs !== undefined && endMs !== undefined && endMs - startMs > LOOKUP_HOURS_MAX * HOUR_MS) {
    throw errors.lookupTooLong(LOOKUP_HOURS_MAX);
  }
  const limit = Math.min(PAGE_MAX, params.long('limit') ?? PAGE_DEFAULT);
  return { fromId: params.long(fromIdName), startMs, endMs, limit };
}

/** Chronological; from a start the oldest, else the most recent (rest-api.md, "General API Information"). */
function selectPage(rows: readonly { id: number; atMs: number; row: object }[], page: Page): object[] {
  const { fromId, startMs, endMs, limit } = page;
  const inRange = rows.filter(
    ({ id, atMs }) =>
      (fromId === undefined || id >= fromId) &&
      (startMs === undefined || atMs >= startMs) &&
      (endMs === undefined || atMs <= endMs),
  );
  const fromOldest = fromId !== undefined || startMs !== undefined;
  return (fromOldest ? inRange.slice(0, limit) : inRange.slice(-limit)).map(({ row }) => row);
}
