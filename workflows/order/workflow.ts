import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { invalidOrder, orderError } from '../../src/domain/errors';
import type { ExchangeId } from '../../src/domain/exchange';
import type { CancelResponse, Order, OrderResponse } from '../../src/domain/order';
import type { OrderRequestInput } from '../../src/domain/order-request';
import { parseOrderRequest } from '../../src/domain/order-request';
import type { LifecycleChange } from '../../src/domain/order-lifecycle';
import { refusalOfSubmit, refusalResponse } from '../../src/domain/refusal';
import { cancelActivities, exchangeActivities, ledgerActivities } from './activity-options';
import type { CancelRequest } from './contract';
import {
  cancelSignal,
  cancelUpdate,
  executionSignal,
  orderSearchAttributes,
  orderUpdateSignal,
  SEARCH_ATTRIBUTES,
  stateQuery,
  submitUpdate,
} from './contract';
import { describeOrder, describeRefused } from './current-details';
import type { RefusedInput, RefusedOrder } from './intake';
import { orderIdOfWorkflow, readInput, viewRefused } from './intake';
import type { CarriedOrder } from './order-life';
import { readCancelRequest, readExecutions, readUpdates } from './messages';
import { now, OrderLife } from './order-life';

/** How often a cancel whose end is unknown is repeated before the caller is told that it failed. */
const CANCEL_ROUNDS_MAX = 5;
/** Pauses between lookups of an order that the exchange has ended but whose fills are not all booked; the last repeats. */
const FILL_LOOKUP_DELAYS_MS = [0, 2_000, 5_000, 15_000, 60_000];

/**
 * One order, from the first send to the last booked fill. `input` is the contract's OrderRequest; `carried` is set by
 * continue-as-new only. Ends with the Order; a refused order is a result too, never a failed workflow.
 */
export async function order(input: OrderRequestInput, carried?: CarriedOrder): Promise<Order | RefusedOrder> {
  const { workflowId } = workflowInfo();
  const intake = readInput(input, workflowId, now());
  if (intake.refused !== undefined) return await endRefused(intake.refused);
  const life = new OrderLife(intake.request, now(), carried);
  answerMessages(life);
  cancelInsteadOfAborting(life);
  return await CancellationScope.nonCancellable(async () => {
    await place(life);
    await follow(life);
    await condition(allHandlersFinished);
    return life.view();
  });
}

/** An input that no order can be made of: whoever asks gets all its faults, and nothing else happens. */
async function endRefused(refused: RefusedInput): Promise<RefusedOrder> {
  const view = viewRefused(refused);
  const orderId = orderIdOfWorkflow(refused.workflowId);
  setHandler(stateQuery, () => view as unknown as Order, { description: 'The order' });
  setHandler(submitUpdate, () => refusalResponse(orderId, refused.error, refused.at));
  setHandler(
    cancelUpdate,
    () => ({ schemaVersion: 1, orderId, status: 'FAILED', reason: refused.error.message }) satisfies CancelResponse,
  );
  setHandler(cancelSignal, () => {});
  setCurrentDetails(describeRefused(view));
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.OrderStatus, value: 'REJECTED' }]);
  await condition(allHandlersFinished);
  return view;
}

function answerMessages(life: OrderLife): void {
  setHandler(stateQuery, () => life.view(), { description: 'The order with its last 100 fills and its events' });
  setHandler(submitUpdate, (argument) => uncancelled(() => answerSubmit(life, argument)), {
    description:
      'The same OrderRequest that started the order; answers when the exchange has acknowledged or refused it',
  });
  setHandler(cancelUpdate, (request) => uncancelled(() => answerCancel(life, request)), {
    description: 'Cancel and wait for the exchange: {"reason": "…", "requestedBy": "your name"}',
  });
  setHandler(cancelSignal, (request) => life.requestCancel(readCancelRequest(request)), {
    description: 'Cancel without waiting: {"reason": "…", "requestedBy": "your name"}',
  });
  setHandler(executionSignal, (message) => life.hearExecutions(readExecutions(message, life.request)), {
    description: 'One ExecutionUpdate or an array of them; the connection sends these',
  });
  setHandler(orderUpdateSignal, (message) => life.hearUpdates(readUpdates(message, life.request)), {
    description: 'One OrderUpdate or an array of them; makes the order look itself up at the exchange',
  });
}

async function answerSubmit(life: OrderLife, argument: unknown): Promise<OrderResponse> {
  const { orderId } = life.request;
  const parsed = parseOrderRequest(argument);
  if (!parsed.ok) return refusalResponse(orderId, invalidOrder(parsed.faults), now());
  await condition(() => life.recorded);
  const refusal = refusalOfSubmit(life.request, parsed.request);
  if (refusal !== undefined) return refusalResponse(orderId, refusal, now());
  await condition(() => life.answered);
  life.acknowledge();
  return life.submitResponse();
}

async function answerCancel(life: OrderLife, request: unknown): Promise<CancelResponse> {
  life.requestCancel(readCancelRequest(request));
  await condition(() => life.cancel === undefined || life.settled);
  return life.cancelResponse();
}

/** An answer that is waited for is given even when the workflow itself is asked to cancel. */
function uncancelled<T>(answer: () => Promise<T>): Promise<T> {
  return CancellationScope.nonCancellable(answer);
}

/** Temporal's own cancel (the UI's button, the CLI) would end this workflow and leave the order live: it means cancel at the exchange. */
function cancelInsteadOfAborting(life: OrderLife): void {
  CancellationScope.current().cancelRequested.catch(() => {
    life.requestCancel({ requestedBy: 'temporal', reason: 'Cancellation of the workflow was requested' });
  });
}

/** Sends the order until the exchange has answered, we deny it, or a cancel comes while provably nothing is sent. */
async function place(life: OrderLife): Promise<void> {
  while (!life.answered) {
    const { exchangeId } = life.request;
    if (exchangeId === undefined) {
      await deny(life, 'EXCHANGE_REQUIRED');
      continue;
    }
    publish(life, `sending to ${exchangeId}`);
    const result = await exchangeActivities(exchangeId).submitOrder(life.request);
    life.adoptSubmitResult(result);
    if (result.result !== 'retry' && result.result !== 'unknown') continue;
    const { retryAt, error } = result;
    publish(life, `${error.code}: ${error.message} Next attempt at ${new Date(retryAt).toISOString()}.`);
    const cancellable = result.result === 'retry';
    await condition(
      () => life.answered || (cancellable && life.cancel !== undefined),
      Math.max(retryAt - Date.now(), 1),
    );
    if (cancellable && life.cancel !== undefined && !life.answered) await cancelUnsent(life, life.cancel);
  }
}

async function deny(life: OrderLife, code: 'EXCHANGE_REQUIRED'): Promise<void> {
  const error = orderError(code, `The order names no exchange.`);
  await refuse(life, {
    phase: 'REJECTED',
    error,
    events: [{ type: 'DENIED', at: now(), by: 'service', detail: error.message }],
  });
}

async function cancelUnsent(life: OrderLife, { requestedBy = 'unknown', reason }: CancelRequest): Promise<void> {
  const detail = `${reason ?? 'no reason given'}; nothing had been sent`;
  await refuse(life, { phase: 'CANCELLED', events: [{ type: 'CANCELLED', at: now(), by: requestedBy, detail }] });
  // Otherwise the record knows of a send after all: the cancel follows once its outcome is known.
  if (life.ended) life.finishCancel();
}

async function refuse(life: OrderLife, change: LifecycleChange): Promise<void> {
  life.adoptSubmitResult(await ledgerActivities.recordRefusal(life.request, change));
}

/** Lives with the order until it has ended and every fill that the exchange counts is booked. */
async function follow(life: OrderLife): Promise<void> {
  for (let lookups = 0; ;) {
    publish(life, life.cancel === undefined ? 'waiting for fills' : 'cancelling');
    if (life.settled) return;
    if (life.unbooked.length > 0) await bookUnbooked(life);
    else if (life.lookupWanted || (life.ended && life.shortOfFills)) await lookUp(life, lookups++);
    else if (life.cancel !== undefined) await cancelAtExchange(life, life.cancel);
    else if (workflowInfo().continueAsNewSuggested && allHandlersFinished())
      await continueAsNew<typeof order>(life.request, life.carry());
    else await condition(() => hasWork(life));
  }
}

function hasWork(life: OrderLife): boolean {
  return (
    life.settled ||
    life.ended ||
    life.status !== life.publishedStatus ||
    life.unbooked.length > 0 ||
    life.lookupWanted ||
    life.cancel !== undefined
  );
}

async function bookUnbooked(life: OrderLife): Promise<void> {
  const executions = [...life.unbooked];
  const ledger = await ledgerActivities.bookExecutions(executions);
  life.unbooked.splice(0, executions.length);
  life.adoptLedger(ledger);
}

async function lookUp(life: OrderLife, round: number): Promise<void> {
  const delayMs = life.lookupWanted ? 0 : (FILL_LOOKUP_DELAYS_MS[round] ?? FILL_LOOKUP_DELAYS_MS.at(-1) ?? 0);
  if (delayMs > 0 && (await condition(() => life.settled || life.lookupWanted, delayMs)) && life.settled) return;
  life.lookupWanted = false;
  life.adopt(await exchangeActivities(exchangeOf(life)).syncOrder(placeOf(life)));
}

async function cancelAtExchange(life: OrderLife, { requestedBy = 'unknown', reason }: CancelRequest): Promise<void> {
  const { cancelOrder } = cancelActivities(exchangeOf(life));
  let failure = '';
  for (let round = 0; round < CANCEL_ROUNDS_MAX && !life.ended; round++) {
    const result = await cancelOrder({ ...placeOf(life), requestedBy, ...(reason !== undefined && { reason }) });
    if (result.result === 'answered') {
      life.adopt(result.facts);
      if (life.ended) break;
      failure = 'The exchange answered that the order is still open.';
    } else {
      failure = result.error.message;
    }
    const retryAt = result.result === 'retry' ? result.retryAt : Date.now() + CANCEL_PAUSE_MS;
    await condition(() => life.ended, Math.max(retryAt - Date.now(), 1));
  }
  life.finishCancel(life.ended ? undefined : failure);
}

/** Between cancels of an order that the exchange still calls open. */
const CANCEL_PAUSE_MS = 1_000;

function placeOf({ request, generation, exchangeOrderId }: OrderLife): {
  request: OrderLife['request'];
  generation: number;
  exchangeOrderId?: string;
} {
  return { request, generation, ...(exchangeOrderId !== undefined && { exchangeOrderId }) };
}

function exchangeOf({ request }: OrderLife): ExchangeId {
  if (request.exchangeId === undefined) throw new TypeError(`Order ${request.orderId} names no exchange.`);
  return request.exchangeId;
}

/** Shows the order to people: details in memory whenever something happens, search attributes only when the status changes. */
function publish(life: OrderLife, doing: string): void {
  setCurrentDetails(describeOrder(life.view(), life.settled ? 'closed' : doing));
  if (life.status === 'PENDING' ? isIndexed() : life.status === life.publishedStatus) return;
  upsertSearchAttributes(orderSearchAttributes(life.request, life.status));
  life.publishedStatus = life.status;
}

/** Whoever starts the workflow with its search attributes set spares it the first upsert. */
function isIndexed(): boolean {
  return workflowInfo().typedSearchAttributes.get(SEARCH_ATTRIBUTES.OrderStatus) !== undefined;
}
