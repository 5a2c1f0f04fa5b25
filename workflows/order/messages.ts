import { ApplicationFailure, log } from '@temporalio/workflow';
import { z } from 'zod';
import { describeFaults, type Fault, orderError } from '../../src/domain/errors';
import { contractSchemas } from '../../src/domain/contract-schemas';
import type { OrderRequest } from '../../src/domain/order-request';
import type {
  BookedSums,
  CancelRequest,
  ExecutionMessage,
  ForceRequest,
  ModifyRequest,
  OrderUpdateMessage,
  ResolveRequest,
} from './contract';
import type { Lifecycle, OrderTerms } from '../../src/domain/order';
import { EMULATIONS } from '../../src/domain/order';

/**
 * What is sent to an order, read before it is believed: anyone who reaches the namespace can send anything, and a
 * handler that throws would stall the order for good.
 */

const {
  cancelRequestSchema,
  decimal,
  executionUpdateSchema,
  forceRequestSchema,
  modifyRequestSchema,
  orderErrorSchema,
  orderEventSchema,
  orderUpdateSchema,
  resolveRequestSchema,
} = contractSchemas();
const count = z.int().nonnegative();
const bookedSums: z.ZodType<BookedSums> = z.strictObject({
  version: count,
  filledQuantity: decimal,
  cost: decimal,
  commissions: z.record(z.string(), decimal),
  fillCount: count,
});
const terms: z.ZodType<OrderTerms> = z.strictObject({
  quantity: decimal,
  price: z.exactOptional(decimal),
  stopPrice: z.exactOptional(decimal),
});
const lifecycle: z.ZodType<Lifecycle> = z.strictObject({
  version: count,
  phase: z.enum(['PENDING', 'OPEN', 'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED']),
  generation: count,
  exchangeOrderId: z.exactOptional(z.string()),
  exchangeFilledQuantity: z.exactOptional(decimal),
  terms: z.exactOptional(terms),
  amendment: z.exactOptional(z.strictObject({ amendmentId: z.string(), generation: count, terms, sendBy: z.number() })),
  emulated: z.exactOptional(z.array(z.enum(EMULATIONS))),
  armedAt: z.exactOptional(z.string()),
  stuck: z.exactOptional(z.strictObject({ since: z.string(), reason: z.string() })),
  error: z.exactOptional(orderErrorSchema),
  events: z.array(orderEventSchema),
  createdAt: z.string(),
  updatedAt: z.string(),
  submittedAt: z.exactOptional(z.string()),
  completedAt: z.exactOptional(z.string()),
});
const execution = executionUpdateSchema.extend({ ledger: z.exactOptional(bookedSums) });
const update = orderUpdateSchema.extend({ lifecycle: z.exactOptional(lifecycle) });

/** The executions of a signal that are of this order; what can't be read is dropped with a warning. */
export function readExecutions(signal: unknown, request: OrderRequest): ExecutionMessage[] {
  return readAll('execution', execution, signal).filter((message) => isOf(message, request));
}

export function readUpdates(signal: unknown, request: OrderRequest): OrderUpdateMessage[] {
  return readAll('orderUpdate', update, signal).filter((message) => isOf(message, request));
}

/** A cancel is carried out whatever came with it: who asked and why is lost if it can't be read. */
export function readCancelRequest(message: unknown): CancelRequest {
  return readAll('cancel', cancelRequestSchema, message ?? {})[0] ?? {};
}

/** @throws ApplicationFailure INVALID_INPUT with all faults: refused before anything is noted */
export function demandModifyRequest(message: unknown): ModifyRequest {
  return demand('modify', modifyRequestSchema, message);
}

/** @throws ApplicationFailure INVALID_INPUT with all faults */
export function demandResolveRequest(message: unknown): ResolveRequest {
  return demand('resolve', resolveRequestSchema, message);
}

/** A signal that can't be read is dropped with a warning: nobody waits for its answer. */
export function readResolveRequest(message: unknown): ResolveRequest[] {
  return readAll('resolve', resolveRequestSchema, message);
}

export function readForceRequest(message: unknown): ForceRequest {
  const [request = { reason: 'no reason given', requestedBy: 'unknown' }] = readAll(
    'force',
    forceRequestSchema,
    message,
  );
  return request;
}

function demand<T>(name: string, schema: z.ZodType<T>, message: unknown): T {
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  const faults = faultsOf(parsed.error);
  const error = orderError('INVALID_INPUT', `The message ${name} can't be used: ${describeFaults(faults)}`, { faults });
  throw ApplicationFailure.nonRetryable(error.message, error.code, error);
}

function faultsOf({ issues }: z.ZodError): Fault[] {
  return issues.map(({ path, message }) => ({ field: path.join('.'), message }));
}

function readAll<T>(name: string, schema: z.ZodType<T>, signal: unknown): T[] {
  return [signal].flat().flatMap((message) => {
    const parsed = schema.safeParse(message);
    if (parsed.success) return [parsed.data];
    log.warn(`A message ${name} can't be read and is dropped: ${describeFaults(faultsOf(parsed.error))}`);
    return [];
  });
}

function isOf({ orderId, tenantId }: { orderId: string; tenantId: string }, request: OrderRequest): boolean {
  if (orderId === request.orderId && tenantId === request.tenantId) return true;
  log.warn(`A message for order ${orderId} of tenant ${tenantId} came to order ${request.orderId} and is dropped.`);
  return false;
}
