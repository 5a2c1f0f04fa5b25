import type {
  CancelOrderResult,
  ModifyOrderInput,
  ModifyOrderResult,
  SubmitOrderResult,
  SyncOrderResult,
  Trigger,
} from '../../activities/order-activities';
import { orderError } from '../../src/domain/errors';
import type { OrderEventType, OrderPhase } from '../../src/domain/order';
import type { LifecycleChange } from '../../src/domain/order-lifecycle';
import { now, type ScriptedOrder } from './scripted-order';

/** What the activities answer for one order: one step a call, the last for all further ones. */
export interface Script {
  submit?: Step<SubmitOrderResult>[];
  cancel?: Step<CancelOrderResult>[];
  sync?: Step<SyncOrderResult>[];
  modify?: ((order: ScriptedOrder, input: ModifyOrderInput) => ModifyOrderResult)[];
  /** Without it the market never reaches the trigger. */
  trigger?: Trigger;
}

export type Step<Result> = (order: ScriptedOrder) => Result;

const IN_DOUBT = orderError('OUTCOME_UNKNOWN', 'The reply was lost.');
const LIMITED = orderError('RATE_LIMITED', 'The exchange accepts no calls for now.');
const SILENT = orderError('EXCHANGE_TEMPORARY', 'The exchange does not answer.');

function step(
  order: ScriptedOrder,
  type: OrderEventType,
  change: LifecycleChange,
): ReturnType<ScriptedOrder['change']> {
  return order.change({ ...change, events: [{ type, at: now(), by: 'BINANCE' }] });
}

export const accepted: Step<SubmitOrderResult> = (order) => ({
  result: 'settled',
  facts: step(order, 'ACKNOWLEDGED', { phase: 'OPEN', exchangeOrderId: '42', submittedAt: now() }),
});

export const acceptedAsGtd: Step<SubmitOrderResult> = (order) => ({
  result: 'settled',
  facts: step(order, 'ACKNOWLEDGED', {
    phase: 'OPEN',
    exchangeOrderId: '42',
    submittedAt: now(),
    emulated: ['GTD'],
  }),
});

export const filledAtOnce: Step<SubmitOrderResult> = (order) => {
  order.change({ phase: 'FILLED', exchangeOrderId: '42', exchangeFilledQuantity: order.request.quantity });
  order.fillRest();
  return { result: 'settled', facts: order.facts };
};

export const refusedAs =
  (code: 'EXCHANGE_REJECTED' | 'ORDER_STALE'): Step<SubmitOrderResult> =>
  (order) => ({
    result: 'settled',
    facts: step(order, 'REJECTED', { phase: 'REJECTED', error: orderError(code, 'The order is refused.') }),
  });

export const unknown: Step<SubmitOrderResult> = (order) => {
  step(order, 'SUBMISSION_UNKNOWN', {});
  return { result: 'unknown', retryAt: Date.now(), error: IN_DOUBT, stuckAfterMs: 1 };
};

export const notYet: Step<SubmitOrderResult> = () => ({ result: 'retry', retryAt: Date.now() + 1_000, error: LIMITED });

export const held: Step<SubmitOrderResult> = (order) => ({
  result: 'held',
  facts: step(order, 'ARMED', { armedAt: now(), emulated: ['TRAILING_STOP'] }),
});

export const ended =
  (phase: Extract<OrderPhase, 'CANCELLED' | 'EXPIRED'>): Step<CancelOrderResult & SyncOrderResult> =>
  (order) => ({
    result: 'answered',
    facts: step(order, phase, { phase, exchangeFilledQuantity: order.facts.ledger.filledQuantity }),
  });

export const notCancelled: Step<CancelOrderResult> = () => ({ result: 'retry', retryAt: Date.now(), error: SILENT });

export const stands: Step<SyncOrderResult> = (order) => ({ result: 'answered', facts: order.facts });

export const foundOpen: Step<SyncOrderResult> = (order) => ({
  result: 'answered',
  facts: order.change({ phase: 'OPEN', exchangeOrderId: '42' }),
});

export const foundFilled: Step<SyncOrderResult> = (order) => {
  order.change({ phase: 'FILLED', exchangeOrderId: '42', exchangeFilledQuantity: order.request.quantity });
  order.fillRest();
  return { result: 'answered', facts: order.facts };
};

export const unanswered: Step<SyncOrderResult> = () => ({ result: 'unanswered', error: SILENT });

export const absent: Step<SyncOrderResult> = (order) => ({ result: 'absent', facts: order.facts });

/** Confirms the terms asked for, under the order's present placement or its next. */
export const modifiedTo =
  (placement: 'present' | 'next') =>
  (order: ScriptedOrder, { modification: { newPrice, newQuantity } }: ModifyOrderInput): ModifyOrderResult => {
    const { generation } = order.facts.lifecycle;
    const { quantity, price = '1' } = order.request;
    const terms = { quantity: newQuantity ?? quantity, price: newPrice ?? price };
    const confirmed = { terms, generation: placement === 'next' ? generation + 1 : generation };
    return { result: 'modified', facts: step(order, 'MODIFIED', { confirmed, exchangeOrderId: '43' }) };
  };

export const notModified = (order: ScriptedOrder): ModifyOrderResult => ({
  result: 'failed',
  facts: step(order, 'MODIFICATION_FAILED', {}),
  error: orderError('INSTRUMENT_RULES', 'The exchange refuses the change.'),
});

export const modificationUnknown = (): ModifyOrderResult => ({
  result: 'unknown',
  retryAt: Date.now(),
  error: IN_DOUBT,
});
