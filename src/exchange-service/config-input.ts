import { z } from 'zod';
import { decimalFault } from '../domain/decimal';
import type { Fault } from '../domain/errors';
import { AUTH_METHODS, EXCHANGE_IDS, EXCHANGE_MODES, EXCHANGE_STATUSES } from '../domain/exchange';
import { ORDER_TYPES, TIMES_IN_FORCE } from '../domain/order-request';

const NAME_LENGTH_MAX = 128;
const SECRET_LENGTH_MAX = 8_192;
const PRIORITY_MAX = 1_000;
const RATE_MAX = 1_000_000;
const STUCK_AFTER_MS_MIN = 100;
const STUCK_AFTER_MS_MAX = 24 * 3_600_000;
const SHOWN_CHARACTERS_MAX = 80;

const oneOf = <const T extends readonly [string, ...string[]]>(values: T): z.ZodEnum<{ [K in T[number]]: K }> =>
  z.enum(values, `must be one of ${values.join(', ')}`);
const name = z
  .string('must be text')
  .min(1, 'must not be empty')
  .max(NAME_LENGTH_MAX, `must be at most ${NAME_LENGTH_MAX} characters`);
const secret = z
  .string('must be text')
  .min(1, 'must not be empty')
  .max(SECRET_LENGTH_MAX, `must be at most ${SECRET_LENGTH_MAX} characters`);
const address = z.string('must be an address').max(2_048, 'must be at most 2048 characters');
const rate = z
  .number('must be a number')
  .positive('must be greater than 0')
  .max(RATE_MAX, `must be at most ${RATE_MAX}`);
const size = z.string('must be a decimal as a string').superRefine((value, context) => {
  const message = decimalFault(value) ?? (value.startsWith('-') ? 'must not be negative' : undefined);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const credentialsSchema = z.strictObject({
  apiKey: secret,
  apiSecret: secret,
  passphrase: secret.optional(),
  fixSenderCompId: secret.optional(),
  fixTargetCompId: secret.optional(),
});

const featuresSchema = z.strictObject({
  supportedOrderTypes: z.array(oneOf(ORDER_TYPES)),
  supportedAssets: z.array(z.string('must be text')),
  supportedTimeInForce: z.array(oneOf(TIMES_IN_FORCE)),
  supportsOrderModification: z.boolean('must be true or false'),
  supportsWebSocket: z.boolean('must be true or false'),
  supportsFIX: z.boolean('must be true or false'),
  maxOrderSize: size,
  minOrderSize: size,
  tickSize: size,
  lotSize: size,
});

const rateLimitsSchema = z.strictObject({
  ordersPerSecond: rate,
  ordersPerMinute: rate,
  queriesPerSecond: rate,
  queriesPerMinute: rate,
  wsMessagesPerSecond: rate,
  weightPerMinute: rate.optional(),
});

const updateFields = {
  name: name.optional(),
  mode: oneOf(EXCHANGE_MODES).optional(),
  restEndpoint: address.optional(),
  wsEndpoint: address.optional(),
  wsPublicEndpoint: address.optional(),
  fixEndpoint: address.optional(),
  authMethod: oneOf(AUTH_METHODS).optional(),
  credentials: credentialsSchema.optional(),
  supportedFeatures: featuresSchema.partial().optional(),
  rateLimits: rateLimitsSchema.partial().optional(),
  status: oneOf(EXCHANGE_STATUSES).optional(),
  priority: z
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(PRIORITY_MAX, `must be at most ${PRIORITY_MAX}`)
    .optional(),
  emulationAllowed: z.boolean('must be true or false').optional(),
  stuckAfterMs: z
    .int('must be a whole number')
    .min(STUCK_AFTER_MS_MIN, `must be at least ${STUCK_AFTER_MS_MIN}`)
    .max(STUCK_AFTER_MS_MAX, `must be at most ${STUCK_AFTER_MS_MAX}`)
    .optional(),
};

const updateSchema = z.strictObject(updateFields);
const inputSchema = z.strictObject({
  ...updateFields,
  exchangeId: oneOf(EXCHANGE_IDS),
  mode: oneOf(EXCHANGE_MODES),
  credentials: credentialsSchema,
});

/**
 * A registration as it is handed in. Left out: name and features follow from the exchange, addresses are the exchange's
 * own of the mode (give all of them, or none), status is ACTIVE, priority 1, emulationAllowed false, stuckAfterMs
 * STUCK_AFTER_MS.
 */
export type ExchangeConfigInput = z.input<typeof inputSchema>;
/** Changes to a registration; what is left out stays. */
export type ExchangeConfigUpdate = z.input<typeof updateSchema>;

export type Read<T> = { ok: true; value: T } | { ok: false; faults: Fault[] };

export function readConfigInput(input: unknown): Read<ExchangeConfigInput> {
  return read(inputSchema, input);
}

export function readConfigUpdate(input: unknown): Read<ExchangeConfigUpdate> {
  return read(updateSchema, input);
}

function read<T>(schema: z.ZodType<T>, input: unknown): Read<T> {
  const parsed = schema.safeParse(input);
  return parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, faults: parsed.error.issues.flatMap((issue) => faultsOf(issue, input)) };
}

function faultsOf(issue: z.core.$ZodIssue, input: unknown): Fault[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: [...path, clipped(key)].join('.'),
      message: 'is not a field of a registration',
    }));
  }
  const value = path.reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], input);
  const field = path.join('.');
  if (path.length === 0) return [{ field, message: `A registration must be an object, got ${typeof input}` }];
  if (value === undefined) return [{ field, message: 'is required' }];
  // What is wrong with a secret is told without it.
  const got = path[0] === 'credentials' ? '' : `, got ${clipped(JSON.stringify(value) ?? typeof value)}`;
  return [{ field, message: /\bgot\b/.test(issue.message) ? issue.message : `${issue.message}${got}` }];
}

function clipped(text: string): string {
  return text.length <= SHOWN_CHARACTERS_MAX ? text : `${text.slice(0, SHOWN_CHARACTERS_MAX)}…`;
}
