import type { ExchangeEvent, OrderEvent } from '../exchange/events';
import { amount, orderType } from './render-order';

/** A user data stream event, and what fault rules know it by. */
export interface UserEvent {
  readonly accountId: string;
  readonly type: 'executionReport' | 'outboundAccountPosition' | 'balanceUpdate';
  readonly symbol?: string;
  readonly payload: object;
}

/** Translates what happened at the exchange to Binance's user data stream (user-data-stream.md). */
export function toUserEvent(event: ExchangeEvent, nowMs: number): UserEvent | undefined {
  switch (event.kind) {
    case 'order': {
      const { accountId, order } = event;
      return { accountId, type: 'executionReport', symbol: order.symbol, payload: executionReport(event, nowMs) };
    }
    case 'balances': {
      const { accountId, atMs, balances } = event;
      const rows = balances.map(({ asset, free, locked }) => ({ a: asset, f: amount(free), l: amount(locked) }));
      const payload = { e: 'outboundAccountPosition', E: nowMs, u: atMs, B: rows };
      return { accountId, type: 'outboundAccountPosition', payload };
    }
    case 'transfer': {
      const { accountId, asset, atMs } = event;
      const payload = { e: 'balanceUpdate', E: nowMs, a: asset, d: amount(event.amount), T: atMs };
      return { accountId, type: 'balanceUpdate', payload };
    }
    case 'trade':
    case 'book':
      return undefined;
  }
}

function executionReport(event: OrderEvent, nowMs: number): object {
  const { order, fill, change } = event;
  const isCanceled = change === 'CANCELED';
  const isReplaced = change === 'REPLACED';
  return {
    e: 'executionReport',
    E: nowMs,
    s: order.symbol,
    c: isCanceled ? (event.otherClientOrderId ?? '') : order.clientOrderId,
    S: order.side,
    o: orderType(order),
    f: order.timeInForce,
    q: amount(order.quantity),
    p: amount(order.price),
    P: amount(order.trigger?.price ?? '0'),
    F: amount(order.attributes['icebergQty'] ?? '0'),
    g: -1,
    C: isCanceled ? order.clientOrderId : isReplaced ? (event.otherClientOrderId ?? '') : '',
    x: change === 'WORKING' ? 'NEW' : change,
    X: order.status,
    r: 'NONE',
    i: order.orderId,
    l: amount(fill?.quantity ?? '0'),
    z: amount(order.executed),
    L: amount(fill?.price ?? '0'),
    n: fill === undefined ? '0' : amount(fill.fee),
    N: fill?.feeAsset ?? null,
    T: event.atMs,
    t: fill?.tradeId ?? -1,
    I: event.executionId,
    w: order.working && (order.status === 'NEW' || order.status === 'PARTIALLY_FILLED'),
    m: fill?.isMaker ?? false,
    M: false,
    O: order.createdAtMs,
    Z: amount(order.cost),
    Y: amount(fill?.quote ?? '0'),
    Q: amount(order.quoteBudget),
    ...(order.workingAtMs !== undefined && { W: order.workingAtMs }),
    V: order.selfTradePrevention,
    ...conditional(event),
  };
}

function conditional({ order, prevented }: OrderEvent): object {
  const { strategyId, strategyType } = order.attributes;
  return {
    ...(order.trigger?.trailingBips !== undefined && { d: order.trigger.trailingBips, D: order.trailingAtMs ?? -1 }),
    ...(strategyId !== undefined && { j: Number(strategyId) }),
    ...(strategyType !== undefined && { J: Number(strategyType) }),
    ...(order.expiryReason !== undefined && { eR: order.expiryReason }),
    ...(order.preventedMatchId !== undefined && { v: order.preventedMatchId, A: amount(order.prevented) }),
    ...(prevented !== undefined && {
      B: amount(prevented.quantity),
      u: -1,
      U: prevented.counterOrderId,
      pl: amount(prevented.quantity),
      pL: amount(prevented.price),
    }),
  };
}
