import { z } from 'zod';
import { LOT_KINDS } from '../accounting/lots';
import { AUDIT_OPERATIONS, AUDIT_PAGE_MAX } from '../domain/audit';
import type { Fault } from '../domain/errors';
import { describeFaults, ServiceError } from '../domain/errors';
import { EXCHANGE_IDS } from '../domain/exchange';
import { haltSchemas } from '../domain/halt';
import { isOrderId } from '../domain/ids';
import { ORDER_STATUSES } from '../domain/order';
import { ORDER_SIDES, tenantIdSchema } from '../domain/order-request';
import { EXECUTIONS_PAGE_MAX } from '../storage/executions';
import { ORDERS_PAGE_MAX } from '../storage/orders';

/** What callers hand in besides orders: checked here, at the edge, all faults at once. */

const SHOWN_CHARACTERS_MAX = 80;

const orderId = z.string('must be an orderId').refine(isOrderId, 'must be an orderId of this service');
const instant = z.iso.datetime({ offset: true, error: 'must be an ISO 8601 instant like 2026-01-31T12:00:00Z' });
const name = z
  .string('must be text')
  .regex(/^[A-Za-z0-9_.:@-]{1,128}$/, 'must be 1 to 128 characters of A-Z a-z 0-9 _ . : @ -');
const limitFault = `must be a whole number from 1 to ${ORDERS_PAGE_MAX}`;

const exchangeId = z.enum(EXCHANGE_IDS, `must be one of ${EXCHANGE_IDS.join(', ')}`);
const assetId = z.string().regex(/^[A-Z0-9]{1,20}\/[A-Z0-9]{1,20}$/, 'must be an instrument as BASE/QUOTE');
const status = z.enum(ORDER_STATUSES, `must be one of ${ORDER_STATUSES.join(', ')}`);

export const orderFiltersSchema = z
  .strictObject({
    strategyId: z.exactOptional(name),
    exchangeId: z.exactOptional(exchangeId),
    assetId: z.exactOptional(assetId),
    status: z.exactOptional(z.array(status, 'must be a list')),
    side: z.exactOptional(z.enum(ORDER_SIDES, `must be one of ${ORDER_SIDES.join(', ')}`)),
    startTime: z.exactOptional(instant),
    endTime: z.exactOptional(instant),
    limit: z.exactOptional(z.int(limitFault).min(1, limitFault).max(ORDERS_PAGE_MAX, limitFault)),
  })
  .refine(inOrder, { path: ['endTime'], error: 'must not be before startTime' });

const auditLimitFault = `must be a whole number from 1 to ${AUDIT_PAGE_MAX}`;

export const auditFiltersSchema = z
  .strictObject({
    exchangeId: z.exactOptional(exchangeId),
    operationType: z.exactOptional(z.enum(AUDIT_OPERATIONS, `must be one of ${AUDIT_OPERATIONS.join(', ')}`)),
    success: z.exactOptional(z.boolean()),
    orderId: z.exactOptional(orderId),
    startTime: z.exactOptional(instant),
    endTime: z.exactOptional(instant),
    limit: z.exactOptional(z.int(auditLimitFault).min(1, auditLimitFault).max(AUDIT_PAGE_MAX, auditLimitFault)),
  })
  .refine(inOrder, { path: ['endTime'], error: 'must not be before startTime' });

/** One UTC day of a tenant. */
export const daySchema = z.strictObject({ day: z.iso.date('must be a day like 2026-01-31') });
export const instantSchema = z.strictObject({ asOf: z.exactOptional(instant) });
export const exchangeSchema = z.strictObject({ exchangeId });

export const timeRangeSchema = z
  .strictObject({ startTime: instant, endTime: instant })
  .refine(inOrder, { path: ['endTime'], error: 'must not be before startTime' });

const executionLimitFault = `must be a whole number from 1 to ${EXECUTIONS_PAGE_MAX}`;

export const executionFiltersSchema = z
  .strictObject({
    strategyId: z.exactOptional(name),
    exchangeId: z.exactOptional(exchangeId),
    assetId: z.exactOptional(assetId),
    startTime: instant,
    endTime: instant,
    limit: z.exactOptional(
      z.int(executionLimitFault).min(1, executionLimitFault).max(EXECUTIONS_PAGE_MAX, executionLimitFault),
    ),
  })
  .refine(inOrder, { path: ['endTime'], error: 'must not be before startTime' });

/** Whose lots, matched up to when; with which of them closed since when. */
export const lotScopeSchema = z
  .strictObject({
    strategyId: z.exactOptional(name),
    exchangeId: z.exactOptional(exchangeId),
    assetId: z.exactOptional(assetId),
    kinds: z.exactOptional(z.array(z.enum(LOT_KINDS, `must be one of ${LOT_KINDS.join(', ')}`))),
    startTime: instant,
    endTime: instant,
  })
  .refine(inOrder, { path: ['endTime'], error: 'must not be before startTime' });

/** Where a position is. */
export const placeSchema = z.strictObject({
  assetId: z.exactOptional(assetId),
  exchangeId: z.exactOptional(exchangeId),
});

const asOf = { asOf: z.exactOptional(instant) };

/** Which positions to list, and as of when. */
export const positionListSchema = z
  .strictObject({ level: z.enum(['exchange', 'asset']), exchangeId: z.exactOptional(exchangeId), ...asOf })
  .refine(({ level, exchangeId: at }) => level !== 'asset' || at === undefined, {
    path: ['exchangeId'],
    error: 'is not for the level of assets, which has all exchanges added up',
  });

const currency = z.string().regex(/^[A-Z0-9]{1,20}$/, 'must be a currency like BTC');

/** One position, those on an instrument, or those on a base currency. */
export const positionGetSchema = placeSchema
  .extend({ base: z.exactOptional(currency), currency: z.exactOptional(currency), ...asOf })
  .refine(({ assetId: asset, base }) => (asset === undefined) !== (base === undefined), {
    path: ['assetId'],
    error: 'or base, one of them, must be given',
  })
  .refine(({ base, exchangeId: at }) => base === undefined || at === undefined, {
    path: ['exchangeId'],
    error: 'is not for a base currency, which is added up over exchanges',
  })
  .refine(({ base, currency: asked }) => base !== undefined || asked === undefined, {
    path: ['currency'],
    error: 'is for a base currency',
  });

export const profitAndLossScopeSchema = placeSchema.extend({ ...asOf, currentPrice: z.exactOptional(z.string()) });

/** Whose account where. */
export const accountSchema = z.strictObject({ tenantId: tenantIdSchema(), exchangeId });

const DAY_MINUTES = 1_440;
const minutesFault = `must be a whole number of minutes from 1 to ${DAY_MINUTES}`;
export const scheduleSchema = accountSchema.extend({
  everyMinutes: z.int(minutesFault).min(1, minutesFault).max(DAY_MINUTES, minutesFault),
});

export const orderRefSchema = z.strictObject({ tenantId: tenantIdSchema(), orderId });
export const tenantSchema = z.strictObject({ tenantId: tenantIdSchema() });
export const strategySchema = z.strictObject({ tenantId: tenantIdSchema(), strategyId: z.exactOptional(name) });

const { haltIdSchema, haltScopeSchema, shortTextSchema } = haltSchemas();
export const killRequestSchema = z.strictObject({
  scope: z.exactOptional(haltScopeSchema),
  reason: shortTextSchema,
  haltedBy: shortTextSchema,
  haltId: z.exactOptional(haltIdSchema),
  includeForeign: z.exactOptional(z.boolean('must be true or false')),
});
export const releaseSchema = z.strictObject({
  tenantId: tenantIdSchema(),
  haltId: haltIdSchema,
  releasedBy: shortTextSchema,
  reason: shortTextSchema,
});
export const changedBySchema = z.strictObject({ tenantId: tenantIdSchema(), changedBy: shortTextSchema });

/**
 * The input as the schema has it.
 * @throws ServiceError INVALID_INPUT with all faults
 */
export function checkInput<T>(schema: z.ZodType<T>, input: unknown, what: string): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) => faultsOf(issue, input));
  throw new ServiceError('INVALID_INPUT', `${what} can't be used: ${describeFaults(faults)}`, faults);
}

function inOrder({ startTime, endTime }: { startTime?: string; endTime?: string }): boolean {
  return startTime === undefined || endTime === undefined || Date.parse(startTime) <= Date.parse(endTime);
}

function faultsOf(issue: z.core.$ZodIssue, input: unknown): Fault[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: [...path, clipped(key)].join('.'), message: 'is not a field of it' }));
  }
  const value = path.reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], input);
  const field = path.join('.');
  if (path.length === 0) return [{ field, message: `It must be an object, got ${shown(value)}` }];
  if (value === undefined) return [{ field, message: 'is required' }];
  return [{ field, message: /\bgot\b/.test(issue.message) ? issue.message : `${issue.message}, got ${shown(value)}` }];
}

function shown(value: unknown): string {
  return clipped(typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? typeof value));
}

function clipped(text: string): string {
  return text.length <= SHOWN_CHARACTERS_MAX
    ? text
    : `${text.slice(0, SHOWN_CHARACTERS_MAX)}… (${text.length} characters)`;
}
