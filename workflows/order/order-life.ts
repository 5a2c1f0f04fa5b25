import type { OrderFacts, SubmitOrderResult, Trigger } from '../../activities/order-activities';
import { type OrderError, orderError } from '../../src/domain/errors';
import type {
  CancelResponse,
  ExecutionUpdate,
  Fill,
  LedgerSums,
  Order,
  OrderResponse,
  OrderState,
  OrderStatus,
  StuckState,
} from '../../src/domain/order';
import { FILLS_KEPT_MAX } from '../../src/domain/order';
import type { OrderRequest } from '../../src/domain/order-request';
import { advance, withLedger } from '../../src/domain/order-lifecycle';
import {
  currentRequestOf,
  fillOf,
  isBeyondEnd,
  isEnded,
  isSettled,
  isShortOfFills,
  newOrderState,
  statusOf,
  TERMINAL_PHASES,
} from '../../src/domain/order-state';
import { viewCancelResponse, viewOrder, viewResponse } from '../../src/domain/order-view';
import type { CancelRequest, ExecutionMessage, ModifyRequest, OrderUpdateMessage, ResolveRequest } from './contract';

/** Until an activity says what the registration has. */
const STUCK_AFTER_MS = 60_000;

/** What survives continue-as-new: all that an order knows, and all that it was asked to do and has not done yet. */
export interface CarriedOrder extends CarriedFields {
  state: OrderState;
  stuckAfterMs: number;
  modifications?: Pick<PendingModification, 'amendmentId' | 'request'>[];
  resolutions?: ResolveRequest[];
  unbooked?: ExecutionUpdate[];
}

type CarriedFields = { [Field in (typeof CARRIED_FIELDS)[number]]?: OrderLife[Field] };

const CARRIED_FIELDS = [
  'acknowledgement',
  'publishedStatus',
  'publishedStuckSince',
  'trigger',
  'cancel',
  'failedCancel',
  'lookupWanted',
  'outdated',
  'lookups',
  'doubt',
  'report',
] as const satisfies readonly (keyof OrderLife)[];

/** A change that somebody waits for. */
export interface PendingModification {
  amendmentId: string;
  request: ModifyRequest;
  /** Set when its end is known. */
  answer?: OrderResponse;
}

/** A person's decision that somebody waits for. */
export interface PendingResolution {
  request: ResolveRequest;
  /** When it was heard of, ms; set by `decide`. */
  atMs?: number;
  /** Set when it is carried out, or known why not. */
  answer?: { error?: OrderError };
}

/**
 * What an order's workflow knows: the record's facts as far as it was told, and what it was asked to do. Handlers only
 * change it; all that takes time is done by the one loop in workflow.ts.
 */
export class OrderLife {
  private state: OrderState;
  /** The answer to submit, once there is one; the same ever after. */
  acknowledgement: OrderResponse | undefined;
  publishedStatus: OrderStatus | undefined;
  publishedStuckSince: string | undefined;
  /** Whether the record has said that this is the order of the key. */
  recorded: boolean;
  /** The market has reached a held order's trigger. */
  trigger: Trigger | undefined;
  /** The cancel in progress: all requests that arrive meanwhile are this one. */
  cancel: CancelRequest | undefined;
  /** The last cancel that the exchange did not confirm: it is wanted until the order has ended. */
  failedCancel: CancelRequest | undefined;
  private cancelFailure: string | undefined;
  readonly modifications: PendingModification[] = [];
  readonly resolutions: PendingResolution[] = [];
  /** Executions that somebody told us of without having booked them. */
  readonly unbooked: ExecutionUpdate[] = [];
  /** Somebody hinted at news that only the exchange can confirm. */
  lookupWanted = false;
  /** An execution was of another placement, or beyond the order's terms: the record knows of a change that we do not. */
  outdated = false;
  /** Looks at the exchange since the order was last certain. */
  lookups = 0;
  /** Since when (ms) nobody can say how the order stands, and why. */
  doubt: { sinceMs: number; reason: string } | undefined;
  /** Fills that one person has reported, and that a second has yet to confirm. */
  report: Pick<ResolveRequest, 'fills' | 'resolvedBy'> | undefined;
  /** expiresAt has come, and it is for the service to end the order. */
  isExpired = false;
  /** After how long of doubt a person is asked. */
  stuckAfterMs: number;
  /** The order is about to go on in a new run. */
  renewing = false;
  private closed = false;
  private isSubmissionSettled = false;

  constructor(request: OrderRequest, startedAt: string, carried?: CarriedOrder) {
    this.state = carried?.state ?? newOrderState(request, startedAt);
    this.recorded = carried !== undefined;
    this.stuckAfterMs = carried?.stuckAfterMs ?? STUCK_AFTER_MS;
    if (carried !== undefined) this.takeOver(carried);
  }

  get request(): OrderRequest {
    return this.state.request;
  }

  /** With the terms as they stand. */
  get currentRequest(): OrderRequest {
    return currentRequestOf(this.state);
  }

  get facts(): OrderState {
    return this.state;
  }

  get status(): OrderStatus {
    return statusOf(this.state);
  }

  get generation(): number {
    return this.state.lifecycle.generation;
  }

  get exchangeOrderId(): string | undefined {
    return this.state.lifecycle.exchangeOrderId;
  }

  get stuck(): StuckState | undefined {
    return this.state.lifecycle.stuck;
  }

  /** There is an answer to whoever submitted it. */
  get answered(): boolean {
    return this.status !== 'PENDING';
  }

  /** The exchange has it or had it, or it never will. */
  get placed(): boolean {
    return this.state.lifecycle.phase !== 'PENDING' || this.state.ledger.fillCount > 0;
  }

  /** The record has what became of the submission. Fills may prove before that the order is placed. */
  get submitted(): boolean {
    const { phase, submittedAt } = this.state.lifecycle;
    return this.isSubmissionSettled || submittedAt !== undefined || TERMINAL_PHASES.has(phase);
  }

  /** Nothing is sent; the service watches the market for it. */
  get held(): boolean {
    return !this.placed && this.state.lifecycle.armedAt !== undefined;
  }

  /** The service ends it at expiresAt, since the exchange does not. */
  get expiryMs(): number | undefined {
    const { expiresAt } = this.request;
    const { emulated = [], armedAt } = this.state.lifecycle;
    return expiresAt !== undefined && (emulated.includes('GTD') || armedAt !== undefined)
      ? Date.parse(expiresAt)
      : undefined;
  }

  /** The exchange will fill no more of it; fills may still be missing from the books. */
  get ended(): boolean {
    return isEnded(this.state);
  }

  /** Ended, with every fill that the exchange counts booked: the workflow may close. */
  get settled(): boolean {
    return isSettled(this.state) && this.unbooked.length === 0;
  }

  get shortOfFills(): boolean {
    return isShortOfFills(this.state);
  }

  /**
   * A workflow that was deleted may be started again with another order under its key. The key is the recorded order's
   * for ever, so the workflow is too: it goes on with that one, and whoever submitted the other is refused.
   */
  adoptSubmitResult(result: SubmitOrderResult): void {
    this.recorded = true;
    if (result.result === 'conflict') {
      this.state = result.keyOwner;
      this.publishedStatus = undefined;
      return;
    }
    this.stuckAfterMs = result.stuckAfterMs ?? this.stuckAfterMs;
    if (result.result === 'settled') this.isSubmissionSettled = true;
    if (result.result !== 'settled' && result.result !== 'held') return;
    const { exchangeOrderId: heard } = this;
    this.adopt(result.facts);
    // After a reset, fills of a later placement may be heard before the answer to the first is.
    this.outdated ||= heard !== undefined && heard !== this.exchangeOrderId;
  }

  /** Takes over what the record says; older facts change nothing. */
  adopt({ lifecycle, ledger }: Partial<OrderFacts>): void {
    if (lifecycle !== undefined && lifecycle.version > this.state.lifecycle.version)
      this.state = { ...this.state, lifecycle };
    if (ledger !== undefined) this.adoptLedger(ledger);
  }

  adoptLedger(ledger: LedgerSums): void {
    this.state = withLedger(this.state, ledger, now());
  }

  hearExecutions(messages: ExecutionMessage[]): void {
    for (const { ledger, ...execution } of messages) {
      if (ledger === undefined) {
        this.unbooked.push(execution);
        continue;
      }
      const isOfOtherPlacement =
        this.exchangeOrderId !== undefined && this.exchangeOrderId !== execution.exchangeOrderId;
      this.infer(execution);
      this.adoptLedger({ ...ledger, recentFills: this.state.ledger.recentFills });
      this.outdated ||= isOfOtherPlacement || isBeyondEnd(this.state);
    }
  }

  hearUpdates(messages: OrderUpdateMessage[]): void {
    for (const { lifecycle } of messages) {
      if (lifecycle === undefined) this.lookupWanted = true;
      else this.adopt({ lifecycle });
    }
  }

  /** The order is done: what is asked from here on is answered at once. */
  close(): void {
    this.closed = true;
    const error = orderError('ORDER_CLOSED', `The order has ended as ${this.status}.`);
    for (const modification of this.modifications.splice(0)) modification.answer = this.modifyResponse(error);
    for (const resolution of this.resolutions.splice(0)) resolution.answer = { error };
  }

  ask(modification: PendingModification): void {
    this.modifications.push(modification);
    if (this.closed) this.close();
  }

  /**
   * Oldest first. What comes in one step has an order of its own: after a reset, a replay may be told of updates and
   * signals in another order than the first run was.
   */
  decide(resolution: PendingResolution): void {
    resolution.atMs = Date.now();
    const next = this.resolutions.findIndex((other) => isBefore(resolution, other));
    this.resolutions.splice(next === -1 ? this.resolutions.length : next, 0, resolution);
    if (this.closed) this.close();
  }

  requestCancel(request: CancelRequest): void {
    if (this.ended || this.cancel !== undefined) return;
    this.cancel = request;
    this.cancelFailure = undefined;
  }

  /** Ends the cancel in progress; `failure` says why it did not work. */
  finishCancel(failure?: string): void {
    if (failure !== undefined) this.failedCancel = this.cancel ?? this.failedCancel;
    this.cancel = undefined;
    this.cancelFailure = failure;
  }

  /** On whose word the order is to end, whether that is being done or could not be done so far. */
  get wantedCancel(): CancelRequest | undefined {
    return this.ended ? undefined : (this.cancel ?? this.failedCancel);
  }

  /** Nobody can say how the order stands. */
  startDoubt(reason: string): void {
    this.doubt = { sinceMs: this.doubt?.sinceMs ?? Date.now(), reason };
  }

  /** The exchange has said how the order stands. */
  endDoubt(): void {
    this.doubt = undefined;
    this.lookups = 0;
  }

  /** How long it may still be in doubt before a person is asked. */
  get overdueInMs(): number {
    return this.doubt === undefined ? Infinity : Math.max(this.doubt.sinceMs + this.stuckAfterMs - Date.now(), 0);
  }

  /** Fixes the answer to submit as the order stands now. */
  acknowledge(): void {
    this.acknowledgement ??= viewResponse(this.state);
  }

  submitResponse(): OrderResponse {
    return this.acknowledgement ?? viewResponse(this.state);
  }

  modifyResponse(failure?: OrderError): OrderResponse {
    return viewResponse(this.state, failure);
  }

  cancelResponse(): CancelResponse {
    return viewCancelResponse(this.state, this.cancelFailure);
  }

  view(): Order {
    return viewOrder(this.state);
  }

  carry(): CarriedOrder {
    const fields = Object.fromEntries(CARRIED_FIELDS.map((field) => [field, this[field]])) as CarriedFields;
    return {
      ...fields,
      state: this.state,
      stuckAfterMs: this.stuckAfterMs,
      modifications: this.modifications.map(({ amendmentId, request }) => ({ amendmentId, request })),
      resolutions: this.resolutions.map(({ request }) => request),
      unbooked: this.unbooked,
    };
  }

  /** Nobody waits here for the answers to what was asked in the run before: it is done all the same. */
  private takeOver({ modifications = [], resolutions = [], unbooked = [], ...carried }: CarriedOrder): void {
    for (const field of CARRIED_FIELDS)
      if (carried[field] !== undefined) Object.assign(this, { [field]: carried[field] });
    this.modifications.push(...modifications);
    this.resolutions.push(...resolutions.map((request) => ({ request })));
    this.unbooked.push(...unbooked);
  }

  /** An execution proves that the exchange has the order. What is inferred is no record, so it keeps the record's version. */
  private infer(execution: ExecutionUpdate): void {
    const { version } = this.state.lifecycle;
    const open = advance(this.state, { phase: 'OPEN', exchangeOrderId: execution.exchangeOrderId }, now());
    const fill = fillOf(execution);
    const recentFills = withFill(open.ledger.recentFills, fill);
    this.state = { ...open, lifecycle: { ...open.lifecycle, version }, ledger: { ...open.ledger, recentFills } };
  }
}

function isBefore(one: PendingResolution, other: PendingResolution): boolean {
  return one.atMs === other.atMs && JSON.stringify(one.request) < JSON.stringify(other.request);
}

/** Told again, a fill that is older than all that are kept is none of the last. */
function withFill(fills: Fill[], fill: Fill): Fill[] {
  if (fills.some(({ fillId }) => fillId === fill.fillId)) return fills;
  const later = fills.findIndex(({ timestamp }) => timestamp > fill.timestamp);
  const position = later === -1 ? fills.length : later;
  return [...fills.slice(0, position), fill, ...fills.slice(position)].slice(-FILLS_KEPT_MAX);
}

/** The workflow's clock: in the sandbox Date is the time of the history event being processed. */
export function now(): string {
  return new Date().toISOString();
}
