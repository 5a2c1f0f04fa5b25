import { ApplicationFailure, CancellationScope, condition, patched, setHandler, uuid4 } from '@temporalio/workflow';
import { invalidOrder, type OrderError, orderError } from '../../src/domain/errors';
import { modificationFaults } from '../../src/domain/modification';
import type { CancelResponse, Order, OrderResponse } from '../../src/domain/order';
import { parseOrderRequest } from '../../src/domain/order-request';
import { isEnded } from '../../src/domain/order-state';
import { refusalOfSubmit, refusalResponse } from '../../src/domain/refusal';
import type { ModifyRequest, ResolveRequest } from './contract';
import {
  cancelSignal,
  cancelUpdate,
  executionSignal,
  forceCancelSignal,
  forceCancelUpdate,
  forceReconcileSignal,
  forceReconcileUpdate,
  modifyUpdate,
  orderUpdateSignal,
  resolveSignal,
  resolveUpdate,
  stateQuery,
  submitUpdate,
} from './contract';
import {
  demandModifyRequest,
  demandResolveRequest,
  readCancelRequest,
  readExecutions,
  readForceRequest,
  readResolveRequest,
  readUpdates,
} from './messages';
import { now, type OrderLife, type PendingModification, type PendingResolution } from './order-life';

const RESOLVE_JSON =
  '{"action": "CANCEL | MARK_FILLED | MARK_REJECTED | RECONCILE", "reason": "…", "resolvedBy": "your name"}';
const FORCE_JSON = '{"reason": "…", "requestedBy": "your name"}';

/** What the order answers to. Handlers note what is asked and wait until the order's one loop has done it. */
export function answerMessages(life: OrderLife): void {
  setHandler(stateQuery, () => life.view(), { description: 'The order with its last 100 fills and its events' });
  answerRiskEngine(life);
  answerPeople(life);
  hearConnection(life);
}

function answerRiskEngine(life: OrderLife): void {
  setHandler(submitUpdate, (argument) => uncancelled(() => answerSubmit(life, argument)), {
    description:
      'The same OrderRequest that started the order; answers when the exchange has acknowledged or refused it',
  });
  setHandler(modifyUpdate, (request) => uncancelled(() => answerModify(life, demandModifyRequest(request))), {
    validator: (request) => refuseModification(life, demandModifyRequest(request)),
    description:
      'Change a live order: {"newPrice": "…", "newQuantity": "…", "newStopPrice": "…", "requestedBy": "your name"}, what changes',
  });
  setHandler(cancelUpdate, (request) => uncancelled(() => answerCancel(life, request)), {
    description: 'Cancel and wait for the exchange: {"reason": "…", "requestedBy": "your name"}',
  });
  setHandler(cancelSignal, (request) => life.requestCancel(readCancelRequest(request)), {
    description: 'Cancel without waiting: {"reason": "…", "requestedBy": "your name"}',
  });
}

/** What a person sends from the Temporal UI or the CLI; each as an update, which answers, and as a signal. */
function answerPeople(life: OrderLife): void {
  const description = `Resolve a stuck order: ${RESOLVE_JSON}; MARK_FILLED may need "fills"`;
  setHandler(resolveUpdate, (request) => uncancelled(() => answerResolve(life, demandResolveRequest(request))), {
    validator: (request) => void demandResolveRequest(request),
    description,
  });
  setHandler(resolveSignal, (request) => noteAll(life, readResolveRequest(request)), { description });
  setHandler(forceCancelUpdate, (request) => uncancelled(() => forceCancel(life, request)), {
    description: `Cancel at the exchange whatever is believed of the order: ${FORCE_JSON}`,
  });
  setHandler(forceCancelSignal, (request) => noteAll(life, forced('CANCEL', request)), {
    description: `Cancel at the exchange whatever is believed of the order: ${FORCE_JSON}`,
  });
  setHandler(forceReconcileUpdate, (request) => uncancelled(() => forceReconcile(life, request)), {
    description: `Take over what the exchange says of the order now: ${FORCE_JSON}`,
  });
  setHandler(forceReconcileSignal, (request) => noteAll(life, forced('RECONCILE', request)), {
    description: `Take over what the exchange says of the order now: ${FORCE_JSON}`,
  });
}

function hearConnection(life: OrderLife): void {
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
  await answerable(life, () => life.recorded);
  const refusal = refusalOfSubmit(life.request, parsed.request);
  if (refusal !== undefined) return refusalResponse(orderId, refusal, now());
  await answerable(life, () => life.answered);
  life.acknowledge();
  return life.submitResponse();
}

/** Refused before anything is noted: what is wrong with the change, the same on every exchange. */
function refuseModification(life: OrderLife, { requestedBy: _, ...modification }: ModifyRequest): void {
  const faults = modificationFaults(life.facts, modification);
  const [first] = faults;
  if (first === undefined) return;
  const code = isEnded(life.facts) ? 'ORDER_CLOSED' : 'INVALID_INPUT';
  const what = faults.map(({ field, message }) => `${field} ${message}`.trim()).join('; ');
  throw failureOf(orderError(code, `The modification can't be made: ${what}.`, { faults }));
}

async function answerModify(life: OrderLife, request: ModifyRequest): Promise<OrderResponse> {
  const modification: PendingModification = { amendmentId: uuid4(), request };
  life.ask(modification);
  await answerable(life, () => modification.answer !== undefined);
  return modification.answer ?? life.modifyResponse();
}

async function answerCancel(life: OrderLife, request: unknown): Promise<CancelResponse> {
  life.requestCancel(readCancelRequest(request));
  await answerable(life, () => life.cancel === undefined || life.settled);
  return life.cancelResponse();
}

async function answerResolve(life: OrderLife, request: ResolveRequest): Promise<Order> {
  const resolution = note(life, request);
  await answerable(life, () => resolution.answer !== undefined);
  if (resolution.answer?.error !== undefined) throw failureOf(resolution.answer.error);
  return life.view();
}

async function forceCancel(life: OrderLife, request: unknown): Promise<CancelResponse> {
  for (const resolution of forced('CANCEL', request)) await answerResolve(life, resolution);
  return life.cancelResponse();
}

async function forceReconcile(life: OrderLife, request: unknown): Promise<Order> {
  for (const resolution of forced('RECONCILE', request)) await answerResolve(life, resolution);
  return life.view();
}

/** Done whatever came with it: who asked and why is lost if it can't be read. */
function forced(action: 'CANCEL' | 'RECONCILE', message: unknown): ResolveRequest[] {
  const { reason, requestedBy } = readForceRequest(message);
  return [{ action, reason, resolvedBy: requestedBy }];
}

function noteAll(life: OrderLife, requests: ResolveRequest[]): void {
  for (const request of requests) note(life, request);
}

function note(life: OrderLife, request: ResolveRequest): PendingResolution {
  const resolution: PendingResolution = { request };
  if (isToEndUnsent(life, request)) life.requestCancel({ reason: request.reason, requestedBy: request.resolvedBy });
  life.decide(resolution);
  return resolution;
}

/** It waits to be sent, and that wait hears of cancels only. */
function isToEndUnsent(life: OrderLife, { action }: ResolveRequest): boolean {
  return action === 'CANCEL' && !life.placed && life.doubt === undefined && patched('cancel-before-sending');
}

/** Waits until there is an answer. What is asked goes on in the order's next run; its answer has to be asked for there. */
async function answerable(life: OrderLife, isAnswered: () => boolean): Promise<void> {
  await condition(() => isAnswered() || life.renewing);
  if (!isAnswered()) throw failureOf(orderError('ANSWER_PENDING', 'The order goes on in a new run: ask again.'));
}

/** Fails the update alone, never the order. */
function failureOf(error: OrderError): ApplicationFailure {
  return ApplicationFailure.nonRetryable(error.message, error.code, error);
}

/** An answer that is waited for is given even when the workflow itself is asked to cancel. */
function uncancelled<T>(answer: () => Promise<T>): Promise<T> {
  return CancellationScope.nonCancellable(answer);
}
