import { z } from 'zod';
import { contractSchemas } from './contract-schemas';
import { EXCHANGE_IDS } from './exchange';
import type { FeedMessage } from './feed';
import { SEQUENCE_MAX } from './feed';
import { ORDER_SIDES, tenantIdSchema } from './order-request';

const { fillSchema, orderEventSchema, orderSchema } = contractSchemas();
const text = z.string();

const place = {
  schemaVersion: z.literal(1),
  sequence: z.int().min(0).max(SEQUENCE_MAX).meta({ description: 'The place in the feed of the tenant.' }),
  eventId: text.meta({ description: 'The same in every delivery of the same message.' }),
  tenantId: tenantIdSchema(),
};
const step = { orderId: text, version: z.int().min(0) };

const feedMessage = z.discriminatedUnion('kind', [
  z.strictObject({
    ...place,
    ...step,
    kind: z.literal('ORDER'),
    events: z.array(orderEventSchema),
    order: orderSchema.omit({ fills: true, events: true, metadata: true }),
  }),
  z.strictObject({
    ...place,
    ...step,
    kind: z.literal('EXECUTION'),
    strategyId: text,
    exchangeId: z.exactOptional(z.enum(EXCHANGE_IDS)),
    assetId: text,
    side: z.enum(ORDER_SIDES),
    execution: fillSchema,
  }),
  z.strictObject({ ...place, kind: z.literal('RESYNC'), reason: text }),
]) satisfies z.ZodType<FeedMessage>;

/** A message of the feed, as the entries of the Redis Stream have it. */
export function feedMessageSchema(): z.ZodType<FeedMessage> {
  return feedMessage;
}

/** Compiles only while the schema describes nothing that the type does not have. */
export const SCHEMA_MATCHES_TYPE: FeedMessage extends z.output<typeof feedMessage> ? true : false = true;
