import { z } from 'zod';
import {
  decimalFault,
  type DecimalString,
  formatDecimal,
  FRACTION_DIGITS_MAX,
  INTEGER_DIGITS_MAX,
  parseDecimal,
} from './decimal';
import type { ErrorCode, Fault, OrderError } from './errors';
import { ERROR_CATALOGUE, ERROR_CATEGORIES } from './errors';
import { EXCHANGE_IDS } from './exchange';
import type { CancelResponse, ExecutionUpdate, Fill, Order, OrderEvent, OrderResponse, OrderUpdate } from './order';
import { EMULATIONS, ORDER_EVENT_TYPES, ORDER_STATUSES, RESOLUTION_ACTIONS } from './order';
import { ORDER_SIDES, ORDER_TYPES, positiveDecimalSchema, TIMES_IN_FORCE } from './order-request';

/** The messages of the contract as schemas, for checking what comes in and for the published JSON Schema. */

const ERROR_CODES = Object.keys(ERROR_CATALOGUE) as [ErrorCode, ...ErrorCode[]];
const TEXT_CHARACTERS_MAX = 256;
/** Few enough that their reversals fit into one transaction with what takes their place. */
const REPORTED_FILLS_MAX = 4;

/** What we compute may have more digits than what we take. */
const OUTPUT_DECIMAL = /^-?\d{1,60}(\.\d{1,60})?$/;
const INPUT_DECIMAL = `^-?\\d{1,${INTEGER_DIGITS_MAX}}(\\.\\d{1,${FRACTION_DIGITS_MAX}})?$`;

const text = z.string();
const shortText = z
  .string()
  .min(1, 'must not be empty')
  .max(TEXT_CHARACTERS_MAX, `must be at most ${TEXT_CHARACTERS_MAX} characters`);
const instant = z.iso.datetime({ offset: true, error: 'must be an ISO 8601 instant like 2026-01-31T12:00:00Z' });
const decimal = z.string().regex(OUTPUT_DECIMAL, 'must be a decimal in fixed notation');
const decimalInput = inputDecimal('A decimal in fixed notation, without exponent.', () => undefined);
const positiveDecimal = inputDecimal('A decimal greater than 0 in fixed notation.', (value) =>
  parseDecimal(value).gt(0) ? undefined : 'must be greater than 0',
);
const amounts = z.record(text, decimal);
const schemaVersion = z.literal(1);
const exchangeId = z.enum(EXCHANGE_IDS, `must be one of ${EXCHANGE_IDS.join(', ')}`);
const side = z.enum(ORDER_SIDES, `must be one of ${ORDER_SIDES.join(', ')}`);
const status = z.enum(ORDER_STATUSES, `must be one of ${ORDER_STATUSES.join(', ')}`);
const emulation = z.enum(EMULATIONS, `must be one of ${EMULATIONS.join(', ')}`);
const liquidity = z.enum(['MAKER', 'TAKER'], 'must be MAKER or TAKER');

const faultSchema = z.strictObject({ field: text, message: text });

const orderErrorSchema = z.strictObject({
  category: z.enum(ERROR_CATEGORIES),
  code: z.enum(ERROR_CODES),
  message: text,
  faults: z.array(faultSchema),
  exchangeCode: z.exactOptional(text),
});

const restatementSchema = z.strictObject({
  kind: z.enum(['REVERSAL', 'CORRECTION']),
  executionId: text,
  reason: text,
  by: text,
  realizedPnL: z.exactOptional(decimal),
});

const fillSchema = z.strictObject({
  fillId: text,
  executionId: text,
  quantity: decimal,
  price: decimal,
  commission: decimal,
  commissionAsset: text,
  liquidity: z.exactOptional(liquidity),
  provisional: z.exactOptional(z.boolean()),
  restates: z.exactOptional(restatementSchema),
  timestamp: instant,
});

const orderEventSchema = z.strictObject({
  type: z.enum(ORDER_EVENT_TYPES),
  at: instant,
  by: text,
  detail: z.exactOptional(text),
});

const orderSchema = z.strictObject({
  schemaVersion,
  orderId: text,
  tenantId: text,
  strategyId: text,
  exchangeId: z.exactOptional(exchangeId),
  exchangeOrderId: z.exactOptional(text),
  clientOrderId: z.exactOptional(text),
  assetId: text,
  side,
  orderType: z.enum(ORDER_TYPES),
  quantity: decimal,
  filledQuantity: decimal,
  remainingQuantity: decimal,
  price: z.exactOptional(decimal),
  stopPrice: z.exactOptional(decimal),
  trailingDelta: z.exactOptional(decimal),
  averageFilledPrice: z.exactOptional(decimal),
  commissions: amounts,
  timeInForce: z.enum(TIMES_IN_FORCE),
  expiresAt: z.exactOptional(instant),
  postOnly: z.exactOptional(z.boolean()),
  emulated: z.exactOptional(z.array(emulation)),
  status,
  stuckSince: z.exactOptional(instant),
  idempotencyKey: text,
  fills: z.array(fillSchema),
  fillCount: z.int(),
  events: z.array(orderEventSchema),
  metadata: z.exactOptional(z.record(text, z.unknown())),
  error: z.exactOptional(orderErrorSchema),
  createdAt: instant,
  updatedAt: instant,
  submittedAt: z.exactOptional(instant),
  completedAt: z.exactOptional(instant),
});

const orderResponseSchema = z.strictObject({
  schemaVersion,
  orderId: text,
  exchangeOrderId: z.exactOptional(text),
  exchangeId: z.exactOptional(exchangeId),
  status,
  filledQuantity: decimal,
  remainingQuantity: decimal,
  averagePrice: z.exactOptional(decimal),
  commission: z.exactOptional(decimal),
  commissionAsset: z.exactOptional(text),
  emulated: z.exactOptional(z.array(emulation)),
  error: z.exactOptional(orderErrorSchema),
  createdAt: instant,
  updatedAt: instant,
});

const cancelRequestSchema = z.strictObject({
  reason: z.exactOptional(shortText),
  requestedBy: z.exactOptional(shortText),
});

const cancelResponseSchema = z.strictObject({
  schemaVersion,
  orderId: text,
  exchangeOrderId: z.exactOptional(text),
  status: z.enum(['CANCELLED', 'PENDING_CANCEL', 'FAILED']),
  reason: z.exactOptional(text),
  cancelledAt: z.exactOptional(instant),
});

/** As people and programs write it, string or number; a normalized string from here on. */
const positiveAmount = positiveDecimalSchema().transform((value) => formatDecimal(parseDecimal(value)));

const reportedFillSchema = z.strictObject({
  quantity: positiveAmount,
  price: positiveAmount,
  commission: decimalInput,
  commissionAsset: shortText,
  timestamp: instant,
});

const modifyRequestSchema = z.strictObject({
  newPrice: z.exactOptional(positiveAmount),
  newQuantity: z.exactOptional(positiveAmount),
  newStopPrice: z.exactOptional(positiveAmount),
  requestedBy: z.exactOptional(shortText),
});

const resolveRequestSchema = z.strictObject({
  action: z.enum(RESOLUTION_ACTIONS, `must be one of ${RESOLUTION_ACTIONS.join(', ')}`),
  reason: shortText,
  resolvedBy: shortText,
  fills: z.exactOptional(z.array(reportedFillSchema).min(1).max(REPORTED_FILLS_MAX)),
});

const forceRequestSchema = z.strictObject({ reason: shortText, requestedBy: shortText });

const orderUpdateSchema = z.strictObject({
  orderId: shortText,
  tenantId: shortText,
  exchangeOrderId: shortText,
  clientOrderId: z.exactOptional(shortText),
  exchangeId,
  assetId: shortText,
  status,
  filledQuantity: decimalInput,
  remainingQuantity: decimalInput,
  lastFilledPrice: z.exactOptional(decimalInput),
  lastFilledQuantity: z.exactOptional(decimalInput),
  reason: z.exactOptional(text),
  timestamp: instant,
});

const executionUpdateSchema = z.strictObject({
  executionId: shortText,
  orderId: shortText,
  tenantId: shortText,
  exchangeOrderId: shortText,
  exchangeId,
  assetId: shortText,
  side,
  quantity: positiveDecimal,
  price: positiveDecimal,
  quoteQuantity: z.exactOptional(decimalInput),
  commission: decimalInput,
  commissionAsset: shortText,
  liquidity: z.exactOptional(liquidity),
  provisional: z.exactOptional(z.boolean()),
  timestamp: instant,
  receivedAt: instant,
});

const SCHEMAS = {
  decimal,
  orderErrorSchema,
  fillSchema,
  orderEventSchema,
  orderSchema,
  orderResponseSchema,
  cancelRequestSchema,
  cancelResponseSchema,
  modifyRequestSchema,
  resolveRequestSchema,
  forceRequestSchema,
  orderUpdateSchema,
  executionUpdateSchema,
};

/** A function, since workflows share this module frozen with all it exports (workers/bundle.ts), and a frozen schema can't parse. */
export function contractSchemas(): typeof SCHEMAS {
  return SCHEMAS;
}

/** Compiles only while each schema describes exactly the type of the same name. */
export const SCHEMAS_MATCH_TYPES: [
  Same<z.output<typeof faultSchema>, Fault>,
  Same<z.output<typeof orderErrorSchema>, OrderError>,
  Same<z.output<typeof fillSchema>, Fill>,
  Same<z.output<typeof orderEventSchema>, OrderEvent>,
  Same<z.output<typeof orderSchema>, Order>,
  Same<z.output<typeof orderResponseSchema>, OrderResponse>,
  Same<z.output<typeof cancelResponseSchema>, CancelResponse>,
  Same<z.output<typeof orderUpdateSchema>, OrderUpdate>,
  Same<z.output<typeof executionUpdateSchema>, ExecutionUpdate>,
] = [true, true, true, true, true, true, true, true, true];

/** Two conditional types are one to the compiler only if what they test is: stricter than assignable both ways. */
type Same<A, B> = (<T>() => T extends Flat<A> ? 1 : 2) extends <T>() => T extends Flat<B> ? 1 : 2 ? true : false;
type Flat<T> = { [K in keyof T]: T[K] extends object ? Flat<T[K]> : T[K] };

function inputDecimal(
  description: string,
  furtherFault: (value: string) => string | undefined,
): z.ZodType<DecimalString, DecimalString> {
  return z
    .string('must be a decimal as a string')
    .superRefine((value, context) => {
      const fault = decimalFault(value) ?? furtherFault(value);
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
    })
    .meta({ description, pattern: INPUT_DECIMAL });
}
