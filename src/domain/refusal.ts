import type { OrderError } from './errors';
import { keyReused } from './errors';
import type { OrderResponse } from './order';
import type { OrderRequest } from './order-request';
import { differingFields } from './order-request';

/** Why a submit under an order's key is refused, or undefined when it is the same order. */
export function refusalOfSubmit(known: OrderRequest, submitted: OrderRequest): OrderError | undefined {
  const faults = differingFields(known, submitted);
  return faults.length === 0 ? undefined : keyReused(known.idempotencyKey, faults);
}

/** The answer to a submit that is refused without touching any order. */
export function refusalResponse(orderId: string, error: OrderError, at: string): OrderResponse {
  return {
    schemaVersion: 1,
    orderId,
    status: 'REJECTED',
    filledQuantity: '0',
    remainingQuantity: '0',
    error,
    createdAt: at,
    updatedAt: at,
  };
}
