import { z } from 'zod';
import { Decimal, decimalFault } from '../../domain/decimal';

/**
 * Binance's messages as far as we read them (rest-api.md, user-data-stream.md, web-socket-streams.md, a5e0bc3).
 * Unknown fields pass, since Binance adds them without notice; a field that we need and that is missing or of another
 * shape makes the message unreadable rather than half read.
 */

const decimal = z.string().refine((text) => decimalFault(text) === undefined, { error: 'not a decimal', abort: true });
const amount = decimal.refine((text) => !text.startsWith('-'), { error: 'negative', abort: true });
const moreExecuted = 'more executed than ordered';
const noMoreExecuted = (state: { executedQty: string; origQty: string }): boolean =>
  new Decimal(state.executedQty).lte(state.origQty);
const timeMs = z.int().min(0).max(8.64e15);
const id = z.int();

export const orderStatus = z.enum([
  'NEW',
  'PENDING_NEW',
  'PARTIALLY_FILLED',
  'FILLED',
  'CANCELED',
  'PENDING_CANCEL',
  'REJECTED',
  'EXPIRED',
  'EXPIRED_IN_MATCH',
]);
export type WireOrderStatus = z.infer<typeof orderStatus>;

const side = z.enum(['BUY', 'SELL']);

/** An error of any endpoint. */
export const errorReply = z.object({ code: z.int(), msg: z.string() });
export type ErrorReply = z.infer<typeof errorReply>;

const fill = z.object({
  price: amount,
  qty: amount,
  commission: amount,
  commissionAsset: z.string().min(1),
  tradeId: id,
});
export type WireFill = z.infer<typeof fill>;

/** POST /api/v3/order with newOrderRespType FULL. */
export const newOrderReply = z
  .object({
    symbol: z.string(),
    orderId: id,
    clientOrderId: z.string(),
    transactTime: timeMs,
    origQty: amount,
    executedQty: amount,
    cummulativeQuoteQty: amount,
    status: orderStatus,
    side,
    fills: z.array(fill).optional(),
    expiryReason: z.string().optional(),
  })
  .refine(noMoreExecuted, moreExecuted);
export type NewOrderReply = z.infer<typeof newOrderReply>;

/** DELETE /api/v3/order: here `clientOrderId` is the cancel's own id. */
export const cancelReply = z
  .object({
    symbol: z.string(),
    origClientOrderId: z.string(),
    orderId: id,
    transactTime: timeMs,
    origQty: amount,
    executedQty: amount,
    status: orderStatus,
  })
  .refine(noMoreExecuted, moreExecuted);
export type CancelReply = z.infer<typeof cancelReply>;

/** DELETE /api/v3/openOrders: a row for each order, and one for each order list. */
export const cancelAllReply = z.array(z.unknown());

/** GET /api/v3/order, and a row of openOrders. */
export const queriedOrder = z
  .object({
    symbol: z.string(),
    orderId: id,
    clientOrderId: z.string(),
    price: amount,
    stopPrice: amount.optional(),
    origQty: amount,
    executedQty: amount,
    status: orderStatus,
    side,
    updateTime: timeMs,
    expiryReason: z.string().optional(),
  })
  .refine(noMoreExecuted, moreExecuted);
export type QueriedOrder = z.infer<typeof queriedOrder>;
export const openOrdersReply = z.array(queriedOrder);

/** PUT /api/v3/order/amend/keepPriority. */
export const amendReply = z.object({
  transactTime: timeMs,
  amendedOrder: z
    .object({
      symbol: z.string(),
      orderId: id,
      origClientOrderId: z.string(),
      clientOrderId: z.string(),
      qty: amount,
      executedQty: amount,
      status: orderStatus,
    })
    .refine(({ executedQty, qty }) => new Decimal(executedQty).lte(qty), moreExecuted),
});
export type AmendReply = z.infer<typeof amendReply>;

const attempt = z.enum(['SUCCESS', 'FAILURE', 'NOT_ATTEMPTED']);

/** POST /api/v3/order/cancelReplace, both done. */
export const cancelReplaceReply = z.object({
  cancelResult: z.literal('SUCCESS'),
  newOrderResult: z.literal('SUCCESS'),
  cancelResponse: cancelReply,
  newOrderResponse: newOrderReply,
});

/** The same, one of the two or both not done: -2021 and -2022. */
export const cancelReplaceFailure = errorReply.extend({
  data: z.object({
    cancelResult: attempt,
    newOrderResult: attempt,
    cancelResponse: z.unknown(),
    newOrderResponse: z.unknown(),
  }),
});
export type CancelReplaceFailure = z.infer<typeof cancelReplaceFailure>;

/** A row of GET /api/v3/myTrades. */
export const ownTrade = z.object({
  symbol: z.string(),
  id,
  orderId: id,
  price: amount,
  qty: amount,
  quoteQty: amount,
  commission: amount,
  commissionAsset: z.string().min(1),
  time: timeMs,
  isBuyer: z.boolean(),
  isMaker: z.boolean(),
});
export type OwnTrade = z.infer<typeof ownTrade>;
export const ownTradesReply = z.array(ownTrade);

export const accountReply = z.object({
  balances: z.array(z.object({ asset: z.string(), free: amount, locked: amount })),
});

/** A row of GET /sapi/v1/capital/deposit/hisrec. walletType 0 is the spot wallet, 1 the funding wallet. */
export const deposit = z.object({
  id: z.string().min(1),
  amount,
  coin: z.string().min(1),
  status: z.int(),
  insertTime: timeMs,
  walletType: z.int().optional(),
});
export type Deposit = z.infer<typeof deposit>;
export const depositsReply = z.array(deposit);

/** A row of GET /sapi/v1/capital/withdraw/history. applyTime is UTC, written `2019-10-12 11:12:02`. */
export const withdrawal = z.object({
  id: z.string().min(1),
  amount,
  transactionFee: amount.optional(),
  coin: z.string().min(1),
  status: z.int(),
  applyTime: z.string().regex(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/),
  walletType: z.int().optional(),
});
export type Withdrawal = z.infer<typeof withdrawal>;
export const withdrawalsReply = z.array(withdrawal);

export const serverTimeReply = z.object({ serverTime: timeMs });

export const bookTickerReply = z.object({ symbol: z.string(), bidPrice: amount, askPrice: amount });

const rateLimit = z.object({ rateLimitType: z.string(), interval: z.string(), intervalNum: z.int(), limit: z.int() });
export type WireRateLimit = z.infer<typeof rateLimit>;

export const symbolInfo = z.object({
  symbol: z.string(),
  status: z.string(),
  baseAsset: z.string(),
  quoteAsset: z.string(),
  quoteAssetPrecision: z.int().nonnegative(),
  orderTypes: z.array(z.string()),
  amendAllowed: z.boolean().optional(),
  cancelReplaceAllowed: z.boolean().optional(),
  filters: z.array(z.looseObject({ filterType: z.string() })),
});
export type SymbolInfo = z.infer<typeof symbolInfo>;
/** Symbols are read one by one, so that an odd one doesn't hide the others. */
export const exchangeInfoReply = z.object({ rateLimits: z.array(rateLimit), symbols: z.array(z.unknown()) });
export type ExchangeInfoReply = z.infer<typeof exchangeInfoReply>;

/** The WebSocket API's answer to a request; `retryAfter` is when a limit or a ban ends, ms since the epoch. */
export const socketReply = z.object({
  status: z.int(),
  error: errorReply.extend({ data: z.object({ retryAfter: timeMs }).optional().catch(undefined) }).optional(),
});
export type SocketReply = z.infer<typeof socketReply>;

/** The public streams' answer to SUBSCRIBE and UNSUBSCRIBE: an error stands alone or under its name. */
export const controlReply = z.union([
  errorReply.transform((error) => ({ error })),
  z.object({ error: errorReply.optional() }),
]);
