import { z } from 'zod';
import { contractSchemas } from '../domain/contract-schemas';
import { feedMessageSchema } from '../domain/feed-schema';
import { orderRequestSchema } from '../domain/order-request';

const {
  cancelRequestSchema,
  cancelResponseSchema,
  forceRequestSchema,
  modifyRequestSchema,
  resolveRequestSchema,
  executionUpdateSchema,
  orderErrorSchema,
  orderResponseSchema,
  orderSchema,
  orderUpdateSchema,
} = contractSchemas();

/** The messages of the contract by the names that the README gives them. */
const MESSAGES = {
  OrderRequest: orderRequestSchema(),
  OrderResponse: orderResponseSchema,
  Order: orderSchema,
  CancelRequest: cancelRequestSchema,
  CancelResponse: cancelResponseSchema,
  ModifyRequest: modifyRequestSchema,
  ResolveRequest: resolveRequestSchema,
  ForceRequest: forceRequestSchema,
  OrderUpdate: orderUpdateSchema,
  ExecutionUpdate: executionUpdateSchema,
  OrderError: orderErrorSchema,
  FeedMessage: feedMessageSchema(),
} as const satisfies Record<string, z.ZodType>;

export interface ContractSchema {
  $schema: string;
  title: string;
  description: string;
  $defs: Record<string, object>;
}

/**
 * The contract of the order workflow as one JSON Schema (draft 2020-12), each message under $defs. It says what a
 * schema can say; rules between fields (a LIMIT order needs a price) are checked by the service.
 */
export function contractSchema(): ContractSchema {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(MESSAGES)) registry.add(schema, { id });
  // Decimals that may be numbers have no type of their own; their schema is in their metadata.
  const { schemas } = z.toJSONSchema(registry, {
    io: 'input',
    unrepresentable: 'any',
    uri: (id) => `#/$defs/${id}`,
    override: ({ jsonSchema }) => makePortable(jsonSchema),
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'The order workflow',
    description: 'Messages of the workflow type `order`, and of the feed; see README.md beside this file.',
    $defs: Object.fromEntries(Object.keys(MESSAGES).map((id) => [id, embedded(schemas[id] ?? {})])),
  };
}

/** A schema under $defs has neither a draft nor an address of its own. */
function embedded({ $schema: _, $id: __, ...schema }: { $schema?: unknown; $id?: unknown }): object {
  return schema;
}

/** Patterns as every language's regular expressions read them; what `format` says is not said again. */
function makePortable(schema: { pattern?: string; format?: string }): void {
  if (schema.format !== undefined) delete schema.pattern;
  if (schema.pattern !== undefined) schema.pattern = schema.pattern.replace(/\(\?<\w+>/g, '(').replaceAll('\\/', '/');
}
