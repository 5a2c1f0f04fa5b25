import type {
  Amendment,
  Lifecycle,
  LedgerSums,
  Order,
  OrderPhase,
  OrderState,
  OrderTerms,
  StuckState,
} from '../domain/order';
import { askedTermsOf } from '../domain/order-state';
import { viewOrder } from '../domain/order-view';
import type { OrderRequest } from '../domain/order-request';
import type { DecimalString } from '../domain/decimal';

/**
 * An order as it is kept: flat, every field of the specification's Order under its own name, and beside them what is
 * needed to read the state back. Derived fields (status, remainingQuantity, averageFilledPrice, clientOrderId) are
 * written for readers and never read back.
 */
export interface StoredOrder extends Omit<Order, 'schemaVersion'> {
  timestamp: string;
  submitBefore?: string;
  phase: OrderPhase;
  generation: number;
  exchangeFilledQuantity?: DecimalString;
  /** Present where the terms were changed: as they were asked for. */
  asked?: OrderTerms;
  amendment?: Amendment;
  armedAt?: string;
  stuck?: StuckState;
  lifecycleVersion: number;
  cost: DecimalString;
  ledgerVersion: number;
}

/** Field lists as records, so that the compiler finds a field that was added to a type and forgotten here. */
const REQUEST_FIELDS: Record<keyof OrderRequest, true> = {
  orderId: true,
  tenantId: true,
  strategyId: true,
  assetId: true,
  side: true,
  orderType: true,
  quantity: true,
  price: true,
  stopPrice: true,
  trailingDelta: true,
  timeInForce: true,
  expiresAt: true,
  exchangeId: true,
  idempotencyKey: true,
  submitBefore: true,
  postOnly: true,
  metadata: true,
  timestamp: true,
};

type LifecycleFields = Omit<Lifecycle, 'version' | 'terms'>;
const LIFECYCLE_FIELDS: Record<keyof LifecycleFields, true> = {
  phase: true,
  generation: true,
  exchangeOrderId: true,
  exchangeFilledQuantity: true,
  amendment: true,
  emulated: true,
  armedAt: true,
  stuck: true,
  error: true,
  events: true,
  createdAt: true,
  updatedAt: true,
  submittedAt: true,
  completedAt: true,
};

type LedgerFields = Omit<LedgerSums, 'version' | 'recentFills'>;
const LEDGER_FIELDS: Record<keyof LedgerFields, true> = {
  filledQuantity: true,
  cost: true,
  commissions: true,
  fillCount: true,
};

/** Parts that did not change between two states stay the same objects here: a writer may compare by reference. */
export function storedOrderOf(state: OrderState): StoredOrder {
  const { schemaVersion: _, ...order } = viewOrder(state);
  const { request, lifecycle, ledger } = state;
  return {
    ...picked<LifecycleFields>(lifecycle, LIFECYCLE_FIELDS),
    ...order,
    events: lifecycle.events,
    timestamp: request.timestamp,
    ...(request.submitBefore !== undefined && { submitBefore: request.submitBefore }),
    ...(lifecycle.terms !== undefined && { asked: askedTermsOf(request) }),
    lifecycleVersion: lifecycle.version,
    cost: ledger.cost,
    ledgerVersion: ledger.version,
  };
}

/** The inverse of storedOrderOf; fields it does not know are left out. */
export function orderStateOf(stored: StoredOrder): OrderState {
  const { lifecycleVersion, ledgerVersion, fills, asked } = stored;
  const present = picked<OrderRequest>(stored, REQUEST_FIELDS);
  return {
    request: { ...present, ...asked },
    lifecycle: {
      ...picked<LifecycleFields>(stored, LIFECYCLE_FIELDS),
      ...(asked !== undefined && { terms: askedTermsOf(present) }),
      version: lifecycleVersion,
    },
    ledger: {
      ...picked<LedgerFields>(stored, LEDGER_FIELDS),
      version: ledgerVersion,
      recentFills: fills,
    },
  };
}

function picked<T>(stored: object, fields: Record<keyof T & string, true>): T {
  const present = Object.entries(stored).filter(([field, value]) => field in fields && value !== undefined);
  return Object.fromEntries(present) as T;
}
