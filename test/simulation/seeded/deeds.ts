import { Decimal, formatDecimal } from '../../../src/domain/decimal';
import { orderIdOf, orderOfClientOrderId } from '../../../src/domain/ids';
import type { CancelResponse, OrderResponse } from '../../../src/domain/order';
import type { OrderRequestInput } from '../../../src/domain/order-request';
import { systemRandom } from '../../../src/platform/random';
import type { OrderView } from '../../../src/simulator/exchange/model';
import type { ResolveRequest } from '../../../workflows/order/contract';
import {
  cancelSignal,
  forceCancelUpdate,
  modifyUpdate,
  orderWorkflowId,
  resolveSignal,
  resolveUpdate,
} from '../../../workflows/order/contract';
import type { Desk } from '../desk';
import { isLive } from '../expected-status';
import type { Supervisor } from '../supervisor';
import type { PlannedOrder } from './orders';
import type { Answer } from './patience';
import { patiently } from './patience';
import type { Deed, Schedule } from './schedule';

const CALL_MS = 15_000;
const BY = { requestedBy: 'simulation', reason: 'drawn' };

/** What came of a deed that somebody waits for. */
export type Outcome = Answer<OrderResponse | CancelResponse | { status: string } | void> | { skipped: string };

/** Does what a schedule says, one deed at a time, and never lets the exchange's or the service's refusals stop it. */
export class Deeds {
  readonly inputs: (OrderRequestInput | undefined)[] = [];
  readonly wasReset = new Set<number>();
  readonly wasTerminated = new Set<number>();
  private readonly started = new Set<number>();
  /** Calls are repeated until then. */
  giveUpAtMs = Number.POSITIVE_INFINITY;

  constructor(
    private readonly desk: Desk,
    private readonly supervisor: Pick<Supervisor, 'end'>,
    private readonly schedule: Schedule,
  ) {}

  orderIdOf(order: number): string {
    return orderIdOf(this.desk.tenantId, keyOf(order));
  }

  async carryOut(deed: Deed): Promise<Outcome> {
    switch (deed.do) {
      case 'submit':
        return await this.submit(deed.order, (this.inputs[deed.order] = this.inputOf(deed.order)));
      case 'submit-again':
        return await this.ifSubmitted(deed.order, (input) => this.submit(deed.order, input));
      case 'submit-other':
        return await this.ifSubmitted(deed.order, (input) => this.submit(deed.order, { ...input, quantity: '7' }));
      case 'fill':
      case 'late-fill':
        return await this.fill(deed);
      case 'modify':
        return await this.update(deed.order, (handle) =>
          handle.executeUpdate(modifyUpdate, {
            updateId: updateIdOf(deed),
            args: [{ ...deed.changes, requestedBy: BY.requestedBy }],
          }),
        );
      case 'cancel':
        return await this.cancel(deed);
      case 'resolve':
        return await this.resolve(deed);
      case 'reset-activity':
        return await this.resetActivity(deed.order);
      case 'terminate':
        return await this.terminate(deed.order);
      case 'reset-workflow':
        return await this.resetWorkflow(deed);
      case 'price':
        return done(this.desk.admin.setPrice(deed.symbol, deed.price));
      case 'drop-streams':
        return done(this.desk.admin.dropStreams(`key-${this.desk.tenantId}`));
      case 'end-worker':
        return done(Promise.resolve(this.supervisor.end(deed.worker, deed.signal)));
    }
  }

  private inputOf(order: number): OrderRequestInput {
    const { market, expiresInMs, ...planned } = this.schedule.orders[order] as PlannedOrder;
    const now = Date.now();
    return {
      ...planned,
      assetId: market.assetId,
      tenantId: this.desk.tenantId,
      strategyId: 'simulation',
      exchangeId: 'BINANCE',
      idempotencyKey: keyOf(order),
      timestamp: new Date(now).toISOString(),
      ...(expiresInMs !== undefined && { expiresAt: new Date(now + expiresInMs).toISOString() }),
    };
  }

  private async submit(order: number, input: OrderRequestInput): Promise<Outcome> {
    const outcome = await this.call(order, () => this.desk.manager.submitOrder(input, { timeoutMs: CALL_MS }));
    this.started.add(order);
    return outcome;
  }

  private async ifSubmitted(order: number, act: (input: OrderRequestInput) => Promise<Outcome>): Promise<Outcome> {
    const input = this.inputs[order];
    return input === undefined ? { skipped: 'not submitted yet' } : await act(input);
  }

  private async fill(deed: Extract<Deed, { percent: number; do: 'fill' | 'late-fill' }>): Promise<Outcome> {
    const isLate = deed.do === 'late-fill';
    const orderId = this.orderIdOf(deed.order);
    const placements = (await this.desk.admin.state()).orders.filter(
      ({ clientOrderId }) => orderOfClientOrderId(clientOrderId)?.orderId === orderId,
    );
    const target = placements.findLast((placement) => (isLate ? placement.status === 'CANCELED' : isLive(placement)));
    // A replaced order's late fill would come on top of its replacement's: no exchange's service could be right then.
    if (target === undefined || (isLate && target !== placements.at(-1))) return { skipped: 'nothing to fill' };
    const quantity = this.shareOf(target, deed);
    if (quantity === '0') return { skipped: 'nothing to fill' };
    const { symbol, orderId: exchangeOrderId } = target;
    return await this.tried(
      this.desk.admin.fill({ symbol, orderId: exchangeOrderId, quantity, ...(isLate && { late: true }) }),
    );
  }

  private shareOf({ quantity, executed }: OrderView, { order, percent }: { order: number; percent: number }): string {
    const { quantityStep } = (this.schedule.orders[order] as PlannedOrder).market;
    const open = new Decimal(quantity).minus(executed);
    return formatDecimal(open.times(percent).div(100).div(quantityStep).ceil().times(quantityStep));
  }

  private async cancel({ order, by }: Extract<Deed, { do: 'cancel' }>): Promise<Outcome> {
    const handle = this.desk.workflowOf(this.orderIdOf(order));
    switch (by) {
      case 'update':
        return await this.call(order, () =>
          this.desk.manager.cancelOrder(this.desk.tenantId, this.orderIdOf(order), BY, { timeoutMs: CALL_MS }),
        );
      case 'signal':
        return await this.call(order, () => handle.signal(cancelSignal, BY));
      case 'temporal':
        return await this.call(order, async () => void (await handle.cancel()));
      case 'force':
        return await this.update(order, (found) => found.executeUpdate(forceCancelUpdate, { args: [BY] }));
    }
  }

  private async resolve({ order, action, by }: Extract<Deed, { do: 'resolve' }>): Promise<Outcome> {
    const request: ResolveRequest = { action, reason: 'drawn', resolvedBy: 'simulation' };
    if (by === 'update')
      return await this.update(order, (handle) => handle.executeUpdate(resolveUpdate, { args: [request] }));
    return await this.call(order, () => this.desk.workflowOf(this.orderIdOf(order)).signal(resolveSignal, request));
  }

  /** As `temporal activity reset` does. */
  private async resetActivity(order: number): Promise<Outcome> {
    const { workflowService } = this.desk.client;
    const namespace = this.desk.client.options.namespace;
    const execution = { workflowId: orderWorkflowId(this.desk.tenantId, this.orderIdOf(order)) };
    const described = await workflowService
      .describeWorkflowExecution({ namespace, execution })
      .catch(() => ({ pendingActivities: [] }));
    const activity = described.pendingActivities?.[0];
    if (!activity?.activityId) return { skipped: 'no activity is running' };
    return await this.tried(
      workflowService.resetActivity({ namespace, execution, id: activity.activityId, identity: 'simulation' }),
    );
  }

  /** As `temporal workflow terminate` does. */
  private async terminate(order: number): Promise<Outcome> {
    const outcome = await this.tried(this.desk.workflowOf(this.orderIdOf(order)).terminate(BY.reason));
    if ('answer' in outcome) this.wasTerminated.add(order);
    return outcome;
  }

  /** As `temporal workflow reset` does, to one of its workflow tasks. */
  private async resetWorkflow({ order, percent }: Extract<Deed, { do: 'reset-workflow' }>): Promise<Outcome> {
    const workflowId = orderWorkflowId(this.desk.tenantId, this.orderIdOf(order));
    const history = await this.desk.client.workflow
      .getHandle(workflowId)
      .fetchHistory()
      .catch(() => undefined);
    const tasks = (history?.events ?? []).filter(({ workflowTaskCompletedEventAttributes: task }) => Boolean(task));
    const task = tasks[Math.floor((tasks.length * percent) / 100)];
    if (!task?.eventId) return { skipped: 'nothing to reset to' };
    const reset = this.desk.client.workflowService.resetWorkflowExecution({
      namespace: this.desk.client.options.namespace,
      workflowExecution: { workflowId },
      workflowTaskFinishEventId: task.eventId,
      requestId: systemRandom.uuid(),
      reason: 'simulation',
    });
    const outcome = await this.tried(reset);
    if ('answer' in outcome) this.wasReset.add(order);
    return outcome;
  }

  private update(order: number, send: (handle: ReturnType<Desk['workflowOf']>) => Promise<unknown>): Promise<Outcome> {
    const handle = this.desk.workflowOf(this.orderIdOf(order));
    return this.call(order, async () => {
      const answer = await this.desk.client.withDeadline(Date.now() + CALL_MS, () => send(handle));
      return answer as OrderResponse | CancelResponse;
    });
  }

  private call<T>(order: number, call: () => Promise<T>): Promise<Answer<T>> {
    return patiently(call, { untilMs: () => this.giveUpAtMs, isStarted: () => this.started.has(order) });
  }

  private async tried(attempt: Promise<unknown>): Promise<Outcome> {
    try {
      await attempt;
      return { answer: undefined };
    } catch (error) {
      return { skipped: error instanceof Error ? error.message : String(error) };
    }
  }
}

async function done(work: Promise<unknown>): Promise<Outcome> {
  await work;
  return { answer: undefined };
}

function keyOf(order: number): string {
  return `order-${order}`;
}

function updateIdOf(deed: Deed): string {
  return `simulation-${JSON.stringify(deed).replaceAll(/[^A-Za-z0-9.]+/g, '-')}`;
}
