import { z } from 'zod';
import { decimalFault } from '../../src/domain/decimal';
import { ERROR_CATALOGUE, ERROR_CATEGORIES } from '../../src/domain/errors';
import { EXCHANGE_IDS } from '../../src/domain/exchange';
import { isOrderId } from '../../src/domain/ids';
import { ORDER_STATUSES } from '../../src/domain/order';
import { ORDER_SIDES } from '../../src/domain/order-request';

/** The port's types as runtime schemas, strict: what an adapter returns has these fields and no others. */

const decimal = z
  .string()
  .refine((text) => decimalFault(text) === undefined, 'not a decimal')
  .refine((text) => !/\.\d*0$|^-?0\d/.test(text), 'not normalized');
const quantity = decimal.refine((text) => !text.startsWith('-'), 'negative');
const instant = z.iso.datetime();
const orderId = z.string().refine(isOrderId, 'not an orderId');
const exchangeId = z.enum(EXCHANGE_IDS);
const asset = z.string().min(1);
const assetId = z.string().regex(/^[A-Z0-9]+\/[A-Z0-9]+$/);
const status = z.enum(ORDER_STATUSES);
const ms = z.number().nonnegative();

const orderError = z.strictObject({
  category: z.enum(ERROR_CATEGORIES),
  code: z.enum(Object.keys(ERROR_CATALOGUE) as [string, ...string[]]),
  message: z.string().min(20),
  faults: z.array(z.strictObject({ field: z.string(), message: z.string() })),
  exchangeCode: z.string().optional(),
});

export const orderUpdateShape = z.strictObject({
  orderId,
  tenantId: z.string(),
  exchangeOrderId: z.string().min(1),
  clientOrderId: z.string().min(1).optional(),
  exchangeId,
  assetId,
  status,
  filledQuantity: quantity,
  remainingQuantity: quantity,
  lastFilledPrice: quantity.optional(),
  lastFilledQuantity: quantity.optional(),
  reason: z.string().min(1).optional(),
  timestamp: instant,
});

export const executionShape = z.strictObject({
  executionId: z.string().min(1),
  orderId: z.union([orderId, z.literal('')]),
  tenantId: z.string(),
  exchangeOrderId: z.string().min(1),
  exchangeId,
  assetId,
  side: z.enum(ORDER_SIDES),
  quantity,
  price: quantity,
  quoteQuantity: quantity.optional(),
  commission: decimal,
  commissionAsset: asset,
  liquidity: z.enum(['MAKER', 'TAKER']).optional(),
  timestamp: instant,
  receivedAt: instant,
});

const orderResponseShape = z.strictObject({
  schemaVersion: z.literal(1),
  orderId,
  exchangeOrderId: z.string().min(1),
  exchangeId,
  status,
  filledQuantity: quantity,
  remainingQuantity: quantity,
  averagePrice: quantity.optional(),
  commission: decimal.optional(),
  commissionAsset: asset.optional(),
  createdAt: instant,
  updatedAt: instant,
});

const cancelResponseShape = z.strictObject({
  schemaVersion: z.literal(1),
  orderId,
  exchangeOrderId: z.string().optional(),
  status: z.enum(['CANCELLED', 'PENDING_CANCEL', 'FAILED']),
  reason: z.string().optional(),
  cancelledAt: instant.optional(),
});

function outcomeShape<T extends z.ZodType>(value: T): z.ZodType {
  return z.discriminatedUnion('outcome', [
    z.strictObject({ outcome: z.literal('denied'), error: orderError, retryAt: ms.optional() }),
    z.strictObject({ outcome: z.literal('accepted'), value }),
    z.strictObject({ outcome: z.literal('rejected'), error: orderError }),
    z.strictObject({ outcome: z.literal('unknown'), error: orderError }),
  ]);
}

export const submitOutcomeShape = outcomeShape(
  z.strictObject({ response: orderResponseShape, update: orderUpdateShape, executions: z.array(executionShape) }),
);
export const cancelOutcomeShape = outcomeShape(
  z.strictObject({ response: cancelResponseShape, update: orderUpdateShape }),
);
export const foundOrderShape = z.discriminatedUnion('found', [
  z.strictObject({
    found: z.literal(true),
    update: orderUpdateShape,
    executions: z.array(executionShape),
    terms: z.strictObject({ quantity, price: quantity.optional(), stopPrice: quantity.optional() }),
  }),
  z.strictObject({ found: z.literal(false) }),
]);
export const statusShape = status;
export const balanceShape = z.strictObject({
  exchangeId,
  balances: z.array(z.strictObject({ asset, free: quantity, locked: quantity, total: quantity })).min(1),
  timestamp: instant,
});
export const positionsShape = z
  .array(z.strictObject({ exchangeId, asset, quantity: decimal, timestamp: instant }))
  .min(1);
export const tickerShape = z.strictObject({ assetId, bid: quantity, ask: quantity, timestamp: instant });
export const healthShape = z.strictObject({
  exchangeId,
  healthy: z.boolean(),
  latencyMs: ms,
  clockOffsetMs: z.number().optional(),
  streamConnected: z.boolean(),
  reason: z.string().optional(),
  timestamp: instant,
});
export const rateLimitShape = z.strictObject({
  exchangeId,
  limits: z
    .array(z.strictObject({ name: z.string(), limit: ms, used: ms, remaining: ms, windowMs: ms.positive() }))
    .min(1),
  blockedUntil: ms.optional(),
  timestamp: instant,
});
export const executionPageShape = z.strictObject({ executions: z.array(executionShape), more: z.boolean() });
export const faultsShape = z.array(z.strictObject({ field: z.string(), message: z.string() }));
export const handleShape = z.strictObject({ id: z.string().min(1) });
const rule = quantity.optional();
export const instrumentsShape = z
  .array(
    z.looseObject({
      assetId,
      symbol: z.string().min(1),
      trading: z.boolean(),
      lotSize: quantity,
      tickSize: quantity,
      minOrderSize: rule,
      maxOrderSize: rule,
      minPrice: rule,
      maxPrice: rule,
      minNotional: rule,
      maxNotional: rule,
    }),
  )
  .min(1);

export const openOrdersShape = z.strictObject({
  ours: orderUpdateShape.array(),
  foreign: z
    .strictObject({
      exchangeOrderId: z.string().min(1),
      clientOrderId: z.string(),
      assetId,
      side: z.enum(ORDER_SIDES),
      quantity,
      filledQuantity: quantity,
      price: quantity.optional(),
    })
    .array(),
});

export const transfersShape = z
  .strictObject({
    transferId: z.string().min(1),
    type: z.enum(['DEPOSIT', 'WITHDRAWAL']),
    asset,
    effect: decimal,
    timestamp: instant,
  })
  .array();
