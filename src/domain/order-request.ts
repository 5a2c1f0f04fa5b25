import { z } from 'zod';
import type { DecimalInput, DecimalString } from './decimal';
import { decimalFault, formatDecimal, parseDecimal } from './decimal';
import type { Fault } from './errors';
import type { ExchangeId } from './exchange';
import { EXCHANGE_IDS } from './exchange';
import { isOrderId, orderIdOf } from './ids';

export const ORDER_SIDES = ['BUY', 'SELL'] as const;
export type OrderSide = (typeof ORDER_SIDES)[number];

export const ORDER_TYPES = ['MARKET', 'LIMIT', 'STOP_LIMIT', 'STOP_MARKET', 'TRAILING_STOP'] as const;
export type OrderType = (typeof ORDER_TYPES)[number];

export const TIMES_IN_FORCE = ['GTC', 'IOC', 'FOK', 'GTD'] as const;
export type TimeInForce = (typeof TIMES_IN_FORCE)[number];

export const METADATA_BYTES_MAX = 4096;
const TENANT_ID = /^[A-Za-z0-9_-]{1,64}$/;
const ASSET_ID = /^(?<base>[A-Z0-9]{1,20})\/(?<quote>[A-Z0-9]{1,20})$/;
const NAME = /^[A-Za-z0-9_.:@-]{1,128}$/;
const SHOWN_CHARACTERS_MAX = 80;

const name = text(NAME, 'must be 1 to 128 characters of A-Z a-z 0-9 _ . : @ -');
const instant = z.iso.datetime({ offset: true, error: 'must be an ISO 8601 instant like 2026-01-31T12:00:00Z' });
const positiveDecimal = z
  .custom<DecimalInput>()
  .superRefine((value, context) => {
    const fault = decimalFault(value) ?? (parseDecimal(value).gt(0) ? undefined : 'must be greater than 0');
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  })
  .meta({
    description:
      'A decimal greater than 0, as a string in fixed notation; a number is accepted where JSON carries it exactly.',
    anyOf: [
      { type: 'string', pattern: '^\\d{1,20}(\\.\\d{1,18})?$' },
      { type: 'number', exclusiveMinimum: 0 },
    ],
  });
const metadata = z
  .record(z.string(), z.unknown())
  .refine((value) => jsonOf(value) !== undefined, { error: 'must be expressible as JSON', abort: true })
  .refine((value) => new TextEncoder().encode(jsonOf(value)).length <= METADATA_BYTES_MAX, {
    error: `must be at most ${METADATA_BYTES_MAX} bytes as JSON`,
  });

const tenantId = text(TENANT_ID, 'must be 1 to 64 characters of A-Z a-z 0-9 _ -');

/** The fields of an order as any client sends them, in any language (the contract's OrderRequest). */
const orderRequest = z.strictObject({
  schemaVersion: z.literal(1, 'must be 1').optional(),
  orderId: z
    .string()
    .refine(isOrderId, 'must be an orderId of this service; leave it out to have it derived')
    .optional(),
  tenantId,
  strategyId: name,
  assetId: text(ASSET_ID, 'must be an instrument as BASE/QUOTE, like "BTC/USDT"'),
  side: oneOf(ORDER_SIDES),
  orderType: oneOf(ORDER_TYPES),
  quantity: positiveDecimal,
  price: positiveDecimal.optional(),
  stopPrice: positiveDecimal.optional(),
  trailingDelta: positiveDecimal.optional(),
  timeInForce: oneOf(TIMES_IN_FORCE),
  expiresAt: instant.optional(),
  exchangeId: oneOf(EXCHANGE_IDS).optional(),
  idempotencyKey: name,
  submitBefore: instant.optional(),
  postOnly: z.boolean().optional(),
  metadata: metadata.optional(),
  timestamp: instant,
});

/** Functions, for the same reason as contractSchemas() is one. */
export function orderRequestSchema(): typeof orderRequest {
  return orderRequest;
}

export function positiveDecimalSchema(): typeof positiveDecimal {
  return positiveDecimal;
}

export function tenantIdSchema(): typeof tenantId {
  return tenantId;
}

/** What a caller hands in: decimals as strings or numbers, orderId optional. */
export type OrderRequestInput = z.input<typeof orderRequest>;

/**
 * A validated order (specification: OrderRequest): orderId derived, decimals as normalized strings.
 * quantity in base currency; price, stopPrice and trailingDelta in quote currency; times ISO 8601.
 */
export interface OrderRequest {
  orderId: string;
  tenantId: string;
  strategyId: string;
  assetId: string;
  side: OrderSide;
  orderType: OrderType;
  quantity: DecimalString;
  price?: DecimalString;
  stopPrice?: DecimalString;
  trailingDelta?: DecimalString;
  timeInForce: TimeInForce;
  /** When a GTD order ends. */
  expiresAt?: string;
  exchangeId?: ExchangeId;
  /** One key is one order of the tenant, for ever. */
  idempotencyKey: string;
  /** Not sent after this instant: an order that waited longer ends REJECTED as stale. */
  submitBefore?: string;
  /** Refused by the exchange rather than taking liquidity. */
  postOnly?: boolean;
  /** The caller's own notes, seen again in the order; at most METADATA_BYTES_MAX bytes as JSON. */
  metadata?: Record<string, unknown>;
  timestamp: string;
}

const DECIMAL_FIELDS = ['quantity', 'price', 'stopPrice', 'trailingDelta'] as const;
type DecimalField = (typeof DECIMAL_FIELDS)[number];

export type ParsedOrderRequest = { ok: true; request: OrderRequest } | { ok: false; faults: Fault[] };

/** Reads an order from outside: either the normalized order or everything that is wrong with it, never half of either. */
export function parseOrderRequest(input: unknown): ParsedOrderRequest {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return { ok: false, faults: [{ field: '', message: `An order must be a JSON object, got ${shown(input)}` }] };
  }
  const parsed = orderRequest.safeParse(input);
  const faults = parsed.success ? [] : parsed.error.issues.flatMap((issue) => faultsOf(issue, input));
  faults.push(...crossFieldFaults(input as Record<string, unknown>));
  if (!parsed.success || faults.length > 0) return { ok: false, faults };
  return { ok: true, request: normalize(parsed.data) };
}

/** The fields, except timestamp, in which two orders under one idempotency key differ. Empty: it is the same order. */
export function differingFields(running: OrderRequest, submitted: OrderRequest): Fault[] {
  const fields = new Set([...Object.keys(running), ...Object.keys(submitted)]) as Set<keyof OrderRequest>;
  fields.delete('timestamp');
  return [...fields]
    .filter((field) => canonicalJson(running[field]) !== canonicalJson(submitted[field]))
    .map((field) => ({
      field,
      message: `is ${shown(running[field])} in the order under this key, ${shown(submitted[field])} in this request`,
    }));
}

/** Base and quote currency of an instrument. */
export function currenciesOf(assetId: string): { base: string; quote: string } {
  const { base, quote } = ASSET_ID.exec(assetId)?.groups ?? {};
  if (base === undefined || quote === undefined)
    throw new RangeError(`${shown(assetId)} is not an instrument as BASE/QUOTE.`);
  return { base, quote };
}

/** Which of the optional fields each order type needs; one it does not need is refused rather than ignored. */
const PRICES_OF_TYPE: Record<OrderType, readonly DecimalField[]> = {
  MARKET: [],
  LIMIT: ['price'],
  STOP_LIMIT: ['price', 'stopPrice'],
  STOP_MARKET: ['stopPrice'],
  TRAILING_STOP: ['trailingDelta'],
};

function crossFieldFaults(input: Record<string, unknown>): Fault[] {
  return [...priceFaults(input), ...expiryFaults(input), ...postOnlyFaults(input), ...identityFaults(input)];
}

function priceFaults({ orderType, ...input }: Record<string, unknown>): Fault[] {
  const type = ORDER_TYPES.find((known) => known === orderType);
  if (type === undefined) return [];
  const needed = PRICES_OF_TYPE[type];
  const optional = DECIMAL_FIELDS.filter((field) => field !== 'quantity');
  return optional.flatMap((field) => {
    const given = input[field] !== undefined;
    if (needed.includes(field) === given) return [];
    return [
      { field, message: given ? `does not belong to ${orderType} orders` : `is required for ${orderType} orders` },
    ];
  });
}

function expiryFaults({ timeInForce, expiresAt, timestamp }: Record<string, unknown>): Fault[] {
  if (timeInForce === 'GTD' && expiresAt === undefined)
    return [{ field: 'expiresAt', message: 'is required for GTD orders' }];
  if (timeInForce !== 'GTD' && expiresAt !== undefined)
    return [{ field: 'expiresAt', message: 'belongs to GTD orders only' }];
  if (
    typeof expiresAt === 'string' &&
    typeof timestamp === 'string' &&
    Date.parse(expiresAt) <= Date.parse(timestamp)
  ) {
    return [
      { field: 'expiresAt', message: `must be later than timestamp ${shown(timestamp)}, got ${shown(expiresAt)}` },
    ];
  }
  return [];
}

function postOnlyFaults({ postOnly, orderType, timeInForce }: Record<string, unknown>): Fault[] {
  if (postOnly !== true) return [];
  if (orderType === 'LIMIT' && (timeInForce === 'GTC' || timeInForce === 'GTD')) return [];
  return [
    {
      field: 'postOnly',
      message: `needs a LIMIT order that may rest (GTC or GTD), got ${shown(orderType)} ${shown(timeInForce)}`,
    },
  ];
}

function identityFaults({ tenantId, idempotencyKey, orderId, assetId }: Record<string, unknown>): Fault[] {
  const faults: Fault[] = [];
  if (
    typeof orderId === 'string' &&
    isOrderId(orderId) &&
    typeof tenantId === 'string' &&
    typeof idempotencyKey === 'string'
  ) {
    const derived = orderIdOf(tenantId, idempotencyKey);
    if (orderId !== derived)
      faults.push({ field: 'orderId', message: `must be the derived ${derived}, got ${shown(orderId)}` });
  }
  if (typeof assetId === 'string') {
    const groups = ASSET_ID.exec(assetId)?.groups;
    if (groups !== undefined && groups['base'] === groups['quote']) {
      faults.push({ field: 'assetId', message: `must name two different currencies, got ${shown(assetId)}` });
    }
  }
  return faults;
}

function normalize({ schemaVersion: _, ...data }: z.output<typeof orderRequest>): OrderRequest {
  const decimals = DECIMAL_FIELDS.flatMap((field) =>
    data[field] === undefined ? [] : [[field, formatDecimal(parseDecimal(data[field]))]],
  );
  const present = Object.entries(data).filter(([, value]) => value !== undefined);
  const orderId = orderIdOf(data.tenantId, data.idempotencyKey);
  return { ...Object.fromEntries(present), ...Object.fromEntries(decimals), orderId } as OrderRequest;
}

function faultsOf(issue: z.core.$ZodIssue, input: unknown): Fault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: clipped(key), message: 'is not a field of an order' }));
  }
  const field = issue.path.join('.');
  const value = issue.path.reduce<unknown>(
    (part, key) => (part as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  );
  if (value === undefined) return [{ field, message: 'is required' }];
  return [{ field, message: /\bgot\b/.test(issue.message) ? issue.message : `${issue.message}, got ${shown(value)}` }];
}

function text(pattern: RegExp, message: string): z.ZodString {
  return z.string(message).regex(pattern, message);
}

function oneOf<const T extends readonly [string, ...string[]]>(values: T): z.ZodEnum<{ [K in T[number]]: K }> {
  return z.enum(values, `must be one of ${values.join(', ')}`);
}

/** Undefined for what JSON can't express: big integers, circles, functions. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function shown(value: unknown): string {
  return value === undefined
    ? 'absent'
    : clipped(typeof value === 'number' ? String(value) : (jsonOf(value) ?? typeof value));
}

function clipped(text: string): string {
  return text.length <= SHOWN_CHARACTERS_MAX
    ? text
    : `${text.slice(0, SHOWN_CHARACTERS_MAX)}… (${text.length} characters)`;
}
