import { Decimal } from '../../domain/decimal';
import type { Fill, OrderView, Trade } from '../exchange/model';

const AMOUNT_DIGITS = 8;

/** Amounts as Binance writes them: 8 decimal places. */
export function amount(value: string): string {
  return new Decimal(value).toFixed(AMOUNT_DIGITS, Decimal.ROUND_DOWN);
}

export function orderType(order: OrderView): string {
  return order.attributes['type'] ?? 'LIMIT';
}

export function renderAck(order: OrderView): object {
  return { ...identity(order), transactTime: order.updatedAtMs };
}

export function renderResult(order: OrderView): object {
  return { ...renderAck(order), ...terms(order), ...working(order), ...prevention(order), ...conditional(order) };
}

export function renderFull(order: OrderView, fills: readonly Fill[]): object {
  return {
    ...renderResult(order),
    fills: fills.map((fill) => ({
      price: amount(fill.price),
      qty: amount(fill.quantity),
      commission: amount(fill.fee),
      commissionAsset: fill.feeAsset,
      tradeId: fill.tradeId,
    })),
  };
}

/** The reply to a cancel: the id is the cancel's, the order's own is `origClientOrderId`. */
export function renderCancel(order: OrderView, cancelClientOrderId: string): object {
  return {
    symbol: order.symbol,
    origClientOrderId: order.clientOrderId,
    orderId: order.orderId,
    orderListId: -1,
    clientOrderId: cancelClientOrderId,
    transactTime: order.updatedAtMs,
    ...terms(order),
    ...prevention(order),
    ...conditional(order),
  };
}

/** GET order, openOrders, allOrders. */
export function renderQueried(order: OrderView): object {
  return {
    ...identity(order),
    ...terms(order),
    stopPrice: amount(order.trigger?.price ?? '0'),
    icebergQty: amount(order.attributes['icebergQty'] ?? '0'),
    time: order.createdAtMs,
    updateTime: order.updatedAtMs,
    isWorking: order.working,
    workingTime: order.workingAtMs ?? -1,
    ...prevention(order),
    ...conditional(order),
  };
}

export function renderAmended(order: OrderView, previousClientOrderId: string, executionId: number): object {
  return {
    transactTime: order.updatedAtMs,
    executionId,
    amendedOrder: {
      symbol: order.symbol,
      orderId: order.orderId,
      orderListId: -1,
      origClientOrderId: previousClientOrderId,
      clientOrderId: order.clientOrderId,
      price: amount(order.price),
      qty: amount(order.quantity),
      executedQty: amount(order.executed),
      preventedQty: amount(order.prevented),
      quoteOrderQty: amount(order.quoteBudget),
      cumulativeQuoteQty: amount(order.cost),
      status: order.status,
      timeInForce: order.timeInForce,
      type: orderType(order),
      side: order.side,
      ...working(order),
      ...conditional(order),
      selfTradePreventionMode: order.selfTradePrevention,
    },
  };
}

/** One row of myTrades for each side that the account had: two for a trade with itself. */
export function renderOwnTrades(trade: Trade, accountId: string): { orderId: number; row: object }[] {
  const sides = [
    { party: trade.maker, isMaker: true, isBuyer: trade.takerSide === 'SELL' },
    { party: trade.taker, isMaker: false, isBuyer: trade.takerSide === 'BUY' },
  ];
  return sides
    .filter(({ party }) => party.accountId === accountId)
    .map(({ party, isMaker, isBuyer }) => ({
      orderId: party.orderId,
      row: {
        symbol: trade.symbol,
        id: trade.tradeId,
        orderId: party.orderId,
        orderListId: -1,
        price: amount(trade.price),
        qty: amount(trade.quantity),
        quoteQty: amount(trade.quote),
        commission: amount(party.fee),
        commissionAsset: party.feeAsset,
        time: trade.atMs,
        isBuyer,
        isMaker,
        isBestMatch: true,
      },
    }));
}

export function renderPublicTrade(trade: Trade): object {
  return {
    id: trade.tradeId,
    price: amount(trade.price),
    qty: amount(trade.quantity),
    quoteQty: amount(trade.quote),
    time: trade.atMs,
    isBuyerMaker: trade.takerSide === 'SELL',
    isBestMatch: true,
  };
}

function identity(order: OrderView): object {
  const { symbol, orderId, clientOrderId } = order;
  return { symbol, orderId, orderListId: -1, clientOrderId };
}

function terms(order: OrderView): object {
  return {
    price: amount(order.price),
    origQty: amount(order.quantity),
    executedQty: amount(order.executed),
    origQuoteOrderQty: amount(order.quoteBudget),
    cummulativeQuoteQty: amount(order.cost),
    status: order.status,
    timeInForce: order.timeInForce,
    type: orderType(order),
    side: order.side,
    selfTradePreventionMode: order.selfTradePrevention,
  };
}

function working(order: OrderView): object {
  return order.workingAtMs === undefined ? {} : { workingTime: order.workingAtMs };
}

function prevention(order: OrderView): object {
  if (order.preventedMatchId === undefined) return {};
  return { preventedMatchId: order.preventedMatchId, preventedQuantity: amount(order.prevented) };
}

/** Fields that appear only when the order has them (rest-api.md, "Conditional fields in Order Responses"). */
function conditional(order: OrderView): object {
  const { strategyId, strategyType, icebergQty } = order.attributes;
  const { trigger } = order;
  return {
    ...(icebergQty !== undefined && { icebergQty: amount(icebergQty) }),
    ...(trigger?.price !== undefined && { stopPrice: amount(trigger.price) }),
    ...(trigger?.trailingBips !== undefined && {
      trailingDelta: trigger.trailingBips,
      trailingTime: order.trailingAtMs ?? -1,
    }),
    ...(strategyId !== undefined && { strategyId: Number(strategyId) }),
    ...(strategyType !== undefined && { strategyType: Number(strategyType) }),
    ...(order.expiryReason !== undefined && { expiryReason: order.expiryReason }),
  };
}
