import { z } from 'zod';
import type { OrderError } from './errors';
import { orderError } from './errors';
import type { ExchangeId } from './exchange';
import { EXCHANGE_IDS } from './exchange';
import type { OrderRequest } from './order-request';
import { orderRequestSchema, tenantIdSchema } from './order-request';

/** The kill switch: what may not be sent, on whose word, and why. */

const TEXT_CHARACTERS_MAX = 256;
const HALT_ID = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * For how long a read of the halts may clear a send, counted from before it began, up to the first byte written. A kill
 * waits for it after its halt is stored: then no older read clears anything any more.
 */
export const HALT_READ_VALIDITY_MS = 2_000;
/** The way from the first byte written here to the exchange, and what a worker's clock may be set back by. */
const KILL_SLACK_MS = 500;
/** How long after a halt is known to be stored nothing in its scope is sent any more. */
export const HALT_EFFECT_MS = HALT_READ_VALIDITY_MS + KILL_SLACK_MS;

/** Which orders of a tenant. What is given must all fit an order; nothing given means all of them. */
export interface HaltScope {
  exchangeId?: ExchangeId;
  strategyId?: string;
  assetId?: string;
}

/** While it stands, no order in its scope is sent or amended. */
export interface Halt {
  haltId: string;
  tenantId: string;
  scope: HaltScope;
  reason: string;
  haltedBy: string;
  haltedAt: string;
}

/** A halt as it is kept for ever, with its end. */
export interface HaltRecord extends Halt {
  release?: HaltRelease;
}

export interface HaltRelease {
  releasedBy: string;
  reason: string;
  releasedAt: string;
}

/** What a halt's scope is compared with. */
export type HaltSubject = Pick<OrderRequest, 'exchangeId' | 'strategyId' | 'assetId'>;

export function covers(scope: HaltScope, subject: HaltSubject): boolean {
  return (['exchangeId', 'strategyId', 'assetId'] as const).every(
    (field) => scope[field] === undefined || scope[field] === subject[field],
  );
}

/** "tenant demo on BINANCE, strategy trend, BTC/USDT" */
export function describeScope({ tenantId, scope }: Pick<Halt, 'tenantId' | 'scope'>): string {
  const { exchangeId, strategyId, assetId } = scope;
  const parts = [
    ...(exchangeId === undefined ? [] : [`on ${exchangeId}`]),
    ...(strategyId === undefined ? [] : [`strategy ${strategyId}`]),
    ...(assetId === undefined ? [] : [`instrument ${assetId}`]),
  ];
  return [`tenant ${tenantId}`, ...parts].join(', ');
}

/** Why an order in scope is not sent. */
export function tradingHalted(halt: Halt): OrderError {
  const { haltId, haltedBy, haltedAt, reason } = halt;
  const what = `Trading is halted for ${describeScope(halt)} by ${haltedBy} since ${haltedAt} (halt ${haltId}): ${JSON.stringify(reason)}.`;
  return orderError('TRADING_HALTED', what);
}

const order = orderRequestSchema().shape;
const shortText = z
  .string('must be text')
  .trim()
  .min(1, 'must not be empty')
  .max(TEXT_CHARACTERS_MAX, `must be at most ${TEXT_CHARACTERS_MAX} characters`);

const haltScope = z.strictObject({
  exchangeId: z.exactOptional(z.enum(EXCHANGE_IDS, `must be one of ${EXCHANGE_IDS.join(', ')}`)),
  strategyId: z.exactOptional(order.strategyId),
  assetId: z.exactOptional(order.assetId),
});

const haltId = z.string('must be text').regex(HALT_ID, 'must be 1 to 64 characters of A-Z a-z 0-9 _ -');

const halt = z.strictObject({
  haltId,
  tenantId: tenantIdSchema(),
  scope: haltScope,
  reason: shortText,
  haltedBy: shortText,
  haltedAt: z.iso.datetime({ offset: true, error: 'must be an ISO 8601 instant like 2026-01-31T12:00:00Z' }),
});

const kill = halt
  .extend({
    schemaVersion: z.exactOptional(z.literal(1, 'must be 1')),
    includeForeign: z.exactOptional(z.boolean('must be true or false')),
  })
  .refine(({ includeForeign, scope }) => includeForeign !== true || scope.strategyId === undefined, {
    path: ['includeForeign'],
    error: 'needs a scope without a strategy: orders that others placed have none',
  });

const SCHEMAS = { haltIdSchema: haltId, haltScopeSchema: haltScope, shortTextSchema: shortText, killSchema: kill };

/** A function, for the same reason as contractSchemas() is one. */
export function haltSchemas(): typeof SCHEMAS {
  return SCHEMAS;
}
