import type { ForeignOrder } from '../../domain/account';
import { Decimal, formatDecimal, parseDecimal, sum } from '../../domain/decimal';
import type { Fault } from '../../domain/errors';
import { orderOfClientOrderId } from '../../domain/ids';
import type { ExecutionUpdate, OrderResponse, OrderStatus, OrderTerms, OrderUpdate } from '../../domain/order';
import type { OrderRequest, OrderType } from '../../domain/order-request';
import { currenciesOf } from '../../domain/order-request';
import { offerFaults } from '../../domain/placement';
import { isoTime } from '../../platform/clock';
import type { OrderRef, PlacedOrder } from '../adapter';
import { CAPABILITIES } from './capabilities';
import type { BinanceInstrument } from './instruments';
import type { ExecutionReport } from './stream-messages';
import type { NewOrderReply, OwnTrade, QueriedOrder, WireFill, WireOrderStatus } from './wire';

/** Pure translation, ours to Binance's and back. No network, no clock, no fall-through. */

export const EXCHANGE_ID = 'BINANCE';

/** Parameters of a raw call, as they go out. */
export type Params = Record<string, string>;

const STATUSES: Record<WireOrderStatus, OrderStatus> = {
  NEW: 'OPEN',
  PENDING_NEW: 'PENDING',
  PARTIALLY_FILLED: 'PARTIALLY_FILLED',
  FILLED: 'FILLED',
  CANCELED: 'CANCELLED',
  PENDING_CANCEL: 'OPEN',
  REJECTED: 'REJECTED',
  EXPIRED: 'EXPIRED',
  EXPIRED_IN_MATCH: 'EXPIRED',
};

/** TRAILING_STOP is absent on purpose: see CAPABILITIES. */
const ORDER_TYPES: Partial<Record<OrderType, string>> = {
  MARKET: 'MARKET',
  LIMIT: 'LIMIT',
  STOP_LIMIT: 'STOP_LOSS_LIMIT',
  STOP_MARKET: 'STOP_LOSS',
};

const AVERAGE_DIGITS = 28;

export function wireTypeOf({ orderType, postOnly }: OrderRequest): string | undefined {
  return postOnly === true ? 'LIMIT_MAKER' : ORDER_TYPES[orderType];
}

/** What of the order Binance can't do on this instrument, whatever the numbers. */
export function capabilityFaults(order: OrderRequest, { orderTypes, assetId }: BinanceInstrument): Fault[] {
  const faults = offerFaults({ ...order, exchangeId: EXCHANGE_ID }, CAPABILITIES.orders);
  if (faults.length > 0) return faults;
  const type = wireTypeOf(order) ?? order.orderType;
  if (orderTypes.includes(type)) return [];
  return [{ field: 'orderType', message: `${type} is not offered by BINANCE on ${assetId}` }];
}

/** The parameters of POST /api/v3/order. The order has passed capabilityFaults. */
export function newOrderParams({ request, clientOrderId }: PlacedOrder, { symbol }: BinanceInstrument): Params {
  const type = wireTypeOf(request);
  if (type === undefined) throw new RangeError(`BINANCE has no ${request.orderType} orders.`);
  const takesTimeInForce = type === 'LIMIT' || type === 'STOP_LOSS_LIMIT';
  return {
    symbol,
    side: request.side,
    type,
    ...(takesTimeInForce && { timeInForce: request.timeInForce }),
    quantity: request.quantity,
    ...(request.price !== undefined && { price: request.price }),
    ...(request.stopPrice !== undefined && { stopPrice: request.stopPrice }),
    newClientOrderId: clientOrderId,
    newOrderRespType: 'FULL',
  };
}

/** Whose order a reply or an event speaks of: what Binance's own message does not say. */
export type OrderIdentity = Pick<OrderRef, 'tenantId' | 'orderId' | 'assetId'> &
  Partial<Pick<OrderRef, 'clientOrderId'>>;

/** What every message that states an order's state has in common. */
interface WireState {
  orderId: number;
  origQty: string;
  executedQty: string;
  status: WireOrderStatus;
  reason?: string | undefined;
}

export function updateOf(identity: OrderIdentity, state: WireState, atMs: number): OrderUpdate {
  const remaining = parseDecimal(state.origQty).minus(parseDecimal(state.executedQty));
  return {
    tenantId: identity.tenantId,
    orderId: identity.orderId,
    assetId: identity.assetId,
    exchangeId: EXCHANGE_ID,
    exchangeOrderId: String(state.orderId),
    ...(identity.clientOrderId !== undefined && { clientOrderId: identity.clientOrderId }),
    status: STATUSES[state.status],
    filledQuantity: normalized(state.executedQty),
    remainingQuantity: formatDecimal(remaining),
    ...(state.reason !== undefined && state.reason !== '' && { reason: state.reason }),
    timestamp: isoTime(atMs),
  };
}

export function updateOfQueried(identity: OrderIdentity, order: QueriedOrder): OrderUpdate {
  return updateOf(identity, { ...order, reason: order.expiryReason }, order.updateTime);
}

export function termsOfQueried({ origQty, price, stopPrice }: QueriedOrder): OrderTerms {
  return { quantity: normalized(origQty), ...priceOf('price', price), ...priceOf('stopPrice', stopPrice ?? '0') };
}

/** An open order that somebody placed by other means. */
export function foreignOrder(order: QueriedOrder, assetId: string): ForeignOrder {
  const { orderId, clientOrderId, side, origQty, executedQty, price } = order;
  const quantities = { quantity: normalized(origQty), filledQuantity: normalized(executedQty) };
  return { exchangeOrderId: String(orderId), clientOrderId, assetId, side, ...quantities, ...priceOf('price', price) };
}

/** Binance writes 0 for a price that an order does not have. */
function priceOf(field: 'price' | 'stopPrice', amount: string): Partial<OrderTerms> {
  const price = normalized(amount);
  return price === '0' ? {} : { [field]: price };
}

/** The answer to a new order, as the exchange states it. */
export function responseOf(reply: NewOrderReply, update: OrderUpdate): OrderResponse {
  const [asset, ...others] = new Set((reply.fills ?? []).map(({ commissionAsset }) => commissionAsset));
  const averagePrice = averageOf(reply);
  return {
    schemaVersion: 1,
    orderId: update.orderId,
    exchangeOrderId: update.exchangeOrderId,
    exchangeId: EXCHANGE_ID,
    status: update.status,
    filledQuantity: update.filledQuantity,
    remainingQuantity: update.remainingQuantity,
    ...(averagePrice !== undefined && { averagePrice }),
    ...(asset !== undefined &&
      others.length === 0 && {
        commission: sum((reply.fills ?? []).map(({ commission }) => commission)),
        commissionAsset: asset,
      }),
    createdAt: update.timestamp,
    updatedAt: update.timestamp,
  };
}

/**
 * The executions that a new order's reply carries: all of them or, where they don't add up to what it says, none; then
 * a lookup gets them. It doesn't say what each moved in quote, so that is price × quantity cut to `quoteDigits`, as Binance
 * does (README.md).
 */
export function executionsOfReply(
  identity: OrderIdentity,
  reply: NewOrderReply,
  quoteDigits: number,
  receivedAtMs: number,
): ExecutionUpdate[] {
  const { fills = [], executedQty, cummulativeQuoteQty } = reply;
  const executions = fills.map((fill) => executionOfFill(identity, reply, fill, quoteDigits, receivedAtMs));
  const isWhole =
    new Decimal(sum(executions.map(({ quantity }) => quantity))).eq(executedQty) &&
    new Decimal(sum(executions.map(({ quoteQuantity = '0' }) => quoteQuantity))).eq(cummulativeQuoteQty);
  return isWhole ? executions : [];
}

export function executionOfTrade(identity: OrderIdentity, trade: OwnTrade, receivedAtMs: number): ExecutionUpdate {
  return {
    ...executionBase(identity, trade.orderId, receivedAtMs),
    executionId: String(trade.id),
    side: trade.isBuyer ? 'BUY' : 'SELL',
    quantity: normalized(trade.qty),
    price: normalized(trade.price),
    quoteQuantity: normalized(trade.quoteQty),
    commission: normalized(trade.commission),
    commissionAsset: trade.commissionAsset,
    liquidity: trade.isMaker ? 'MAKER' : 'TAKER',
    timestamp: isoTime(trade.time),
  };
}

/** The order of ours that an executionReport speaks of: a cancel carries its id in C and one of its own in c. */
export function orderOfReport({ c, C, x }: ExecutionReport): { orderId: string; clientOrderId: string } | undefined {
  const ids = x === 'REPLACED' || C === '' ? [c, C] : [C, c];
  for (const id of ids) {
    const ours = orderOfClientOrderId(id);
    if (ours !== undefined) return { orderId: ours.orderId, clientOrderId: id };
  }
  return undefined;
}

/** What an executionReport says in our words: always the order's state, and the execution if it tells of one. */
export function eventsOfReport(
  { tenantId, orderId, clientOrderId, assetId }: OrderIdentity,
  report: ExecutionReport,
  receivedAtMs: number,
): { update: OrderUpdate; execution?: ExecutionUpdate } {
  const exchangeOrderId = String(report.i);
  const timestamp = isoTime(report.T);
  const update: OrderUpdate = {
    tenantId,
    orderId,
    assetId,
    exchangeId: EXCHANGE_ID,
    exchangeOrderId,
    status: STATUSES[report.X],
    filledQuantity: report.z,
    remainingQuantity: report.remaining,
    timestamp,
  };
  const reason = reasonOf(report);
  if (clientOrderId !== undefined) update.clientOrderId = clientOrderId;
  if (reason !== undefined && reason !== '') update.reason = reason;
  if (report.x !== 'TRADE') return { update };
  update.lastFilledPrice = report.L;
  update.lastFilledQuantity = report.l;
  const execution: ExecutionUpdate = {
    tenantId,
    orderId,
    assetId,
    exchangeId: EXCHANGE_ID,
    exchangeOrderId,
    executionId: String(report.t),
    side: report.S,
    quantity: report.l,
    price: report.L,
    quoteQuantity: report.Y,
    commission: report.n ?? '0',
    // Without a fee there is no fee asset (N is null); ours always names one.
    commissionAsset: report.N ?? currenciesOf(assetId).quote,
    liquidity: report.m ? 'MAKER' : 'TAKER',
    timestamp,
    receivedAt: isoTime(receivedAtMs),
  };
  return { update, execution };
}

function executionOfFill(
  identity: OrderIdentity,
  reply: NewOrderReply,
  fill: WireFill,
  quoteDigits: number,
  receivedAtMs: number,
): ExecutionUpdate {
  const moved = parseDecimal(fill.price).times(fill.qty).toDecimalPlaces(quoteDigits, Decimal.ROUND_DOWN);
  return {
    ...executionBase(identity, reply.orderId, receivedAtMs),
    executionId: String(fill.tradeId),
    side: reply.side,
    quantity: normalized(fill.qty),
    price: normalized(fill.price),
    quoteQuantity: formatDecimal(moved),
    commission: normalized(fill.commission),
    commissionAsset: fill.commissionAsset,
    liquidity: 'TAKER', // what fills in the reply to its own submission took what was there
    timestamp: isoTime(reply.transactTime),
  };
}

function executionBase(
  { tenantId, orderId, assetId }: OrderIdentity,
  exchangeOrderId: number,
  receivedAtMs: number,
): Pick<ExecutionUpdate, 'tenantId' | 'orderId' | 'assetId' | 'exchangeId' | 'exchangeOrderId' | 'receivedAt'> {
  return {
    tenantId,
    orderId,
    assetId,
    exchangeId: EXCHANGE_ID,
    exchangeOrderId: String(exchangeOrderId),
    receivedAt: isoTime(receivedAtMs),
  };
}

function reasonOf({ r, eR }: ExecutionReport): string | undefined {
  if (r !== 'NONE') return r;
  return eR === undefined || eR === 'NONE' ? undefined : eR;
}

function averageOf({ executedQty, cummulativeQuoteQty }: NewOrderReply): string | undefined {
  const filled = parseDecimal(executedQty);
  if (filled.isZero()) return undefined;
  return formatDecimal(parseDecimal(cummulativeQuoteQty).div(filled).toSignificantDigits(AVERAGE_DIGITS));
}

function normalized(amount: string): string {
  return formatDecimal(parseDecimal(amount));
}
