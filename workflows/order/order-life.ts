import type { OrderFacts, SubmitOrderResult } from '../../activities/order-activities';
import { clientOrderIdOf } from '../../src/domain/ids';
import type {
  CancelResponse,
  ExecutionUpdate,
  LedgerSums,
  Order,
  OrderResponse,
  OrderState,
  OrderStatus,
} from '../../src/domain/order';
import { FILLS_KEPT_MAX } from '../../src/domain/order';
import type { OrderRequest } from '../../src/domain/order-request';
import { advance, withLedger } from '../../src/domain/order-lifecycle';
import { fillOf, isEnded, isSettled, isShortOfFills, newOrderState, statusOf } from '../../src/domain/order-state';
import { viewCancelResponse, viewOrder, viewResponse } from '../../src/domain/order-view';
import type { CancelRequest, ExecutionMessage, OrderUpdateMessage } from './contract';

/** What survives continue-as-new. */
export interface CarriedOrder {
  state: OrderState;
  acknowledgement: OrderResponse;
  publishedStatus: OrderStatus;
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
  /** Whether the record has said that this is the order of the key. */
  recorded: boolean;
  /** The cancel in progress: all requests that arrive meanwhile are this one. */
  cancel: CancelRequest | undefined;
  private cancelFailure: string | undefined;
  /** Executions that somebody told us of without having booked them. */
  readonly unbooked: ExecutionUpdate[] = [];
  /** Somebody hinted at news that only the exchange can confirm. */
  lookupWanted = false;

  constructor(request: OrderRequest, startedAt: string, carried?: CarriedOrder) {
    this.state = carried?.state ?? newOrderState(request, startedAt);
    this.recorded = carried !== undefined;
    this.acknowledgement = carried?.acknowledgement;
    this.publishedStatus = carried?.publishedStatus;
  }

  get request(): OrderRequest {
    return this.state.request;
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

  get clientOrderId(): string {
    return clientOrderIdOf(this.request.orderId, this.generation);
  }

  get answered(): boolean {
    return this.status !== 'PENDING';
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
    if (result.result === 'settled') this.adopt(result.facts);
    if (result.result !== 'conflict') return;
    this.state = result.keyOwner;
    this.publishedStatus = undefined;
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
      this.infer(execution);
      this.adoptLedger({ ...ledger, recentFills: this.state.ledger.recentFills });
    }
  }

  hearUpdates(messages: OrderUpdateMessage[]): void {
    for (const { lifecycle } of messages) {
      if (lifecycle === undefined) this.lookupWanted = true;
      else this.adopt({ lifecycle });
    }
  }

  requestCancel(request: CancelRequest): void {
    if (this.ended || this.cancel !== undefined) return;
    this.cancel = request;
    this.cancelFailure = undefined;
  }

  /** Ends the cancel in progress; `failure` says why it did not work. */
  finishCancel(failure?: string): void {
    this.cancel = undefined;
    this.cancelFailure = failure;
  }

  /** Fixes the answer to submit as the order stands now. */
  acknowledge(): void {
    this.acknowledgement ??= viewResponse(this.state);
  }

  submitResponse(): OrderResponse {
    return this.acknowledgement ?? viewResponse(this.state);
  }

  cancelResponse(): CancelResponse {
    return viewCancelResponse(this.state, this.cancelFailure);
  }

  view(): Order {
    return viewOrder(this.state);
  }

  carry(): CarriedOrder {
    return { state: this.state, acknowledgement: this.submitResponse(), publishedStatus: this.status };
  }

  /** An execution proves that the exchange has the order. What is inferred is no record, so it keeps the record's version. */
  private infer(execution: ExecutionUpdate): void {
    const { version } = this.state.lifecycle;
    const open = advance(this.state, { phase: 'OPEN', exchangeOrderId: execution.exchangeOrderId }, now());
    const fill = fillOf(execution);
    const known = open.ledger.recentFills.some(({ fillId }) => fillId === fill.fillId);
    const recentFills = known ? open.ledger.recentFills : [...open.ledger.recentFills, fill].slice(-FILLS_KEPT_MAX);
    this.state = { ...open, lifecycle: { ...open.lifecycle, version }, ledger: { ...open.ledger, recentFills } };
  }
}

/** The workflow's clock: in the sandbox Date is the time of the history event being processed. */
export function now(): string {
  return new Date().toISOString();
}
