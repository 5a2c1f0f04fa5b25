import type { OrderError } from '../src/domain/errors';
import { describeFaults, orderError, ServiceError } from '../src/domain/errors';
import type { ExchangeConfig } from '../src/domain/exchange';
import { clientOrderIdOf } from '../src/domain/ids';
import type { OrderEvent, OrderState } from '../src/domain/order';
import { cancelledUnsent, type LifecycleChange } from '../src/domain/order-lifecycle';
import type { OrderRequest } from '../src/domain/order-request';
import type { Denied, Outcome } from '../src/domain/outcome';
import { denied } from '../src/domain/outcome';
import type { Placement } from '../src/domain/placement';
import { planPlacement } from '../src/domain/placement';
import { currentRequestOf } from '../src/domain/order-state';
import { submitDeadlineOf } from '../src/domain/submit-deadline';
import type { ExchangeAdapter, SubmitAcknowledgement } from '../src/exchanges/adapter';
import { isoTime } from '../src/platform/clock';
import type { Intent, IntentClaim, OrderRecord } from '../src/storage/orders';
import type { CancelRequest } from '../workflows/order/contract';
import type { ActivityDeps } from './deps';
import type { SubmitOrderResult, Trigger } from './order-activities';
import { exchangeIdOf, refOf } from './order-refs';
import { believableAt, sendByOf } from './send-window';
import { factsOf, recordWord } from './settlement';

/** What is known of an order's way to its exchange before anything is sent; with `denial`, nothing will be. */
interface Plan {
  placement?: Placement;
  stuckAfterMs?: number;
  denial?: Denied;
}

/** One attempt at one order. */
interface Attempt {
  request: OrderRequest;
  trigger: Trigger | undefined;
  /** Set when it is not to be sent any more. */
  cancel: CancelRequest | undefined;
  plan: Plan;
}

/**
 * Sends an order exactly once (decisions 2 and 3). Whatever happens in here, the order's item says first who may send
 * and until when, and a later attempt asks the exchange before it believes that nothing arrived.
 */
export class OrderSubmission {
  constructor(
    private readonly deps: ActivityDeps,
    private readonly runId: () => string,
  ) {}

  async submitOrder(request: OrderRequest, trigger?: Trigger, cancel?: CancelRequest): Promise<SubmitOrderResult> {
    const [claim, plan] = await Promise.all([
      this.deps.orders.claimIntent(request, this.newIntent(request, trigger)),
      this.plan(request, trigger),
    ]);
    const attempt = { request, trigger, cancel, plan };
    const result =
      claim.claim === 'inDoubt' ? await this.resolveDoubt(attempt, claim.record) : await this.useClaim(attempt, claim);
    const { stuckAfterMs } = plan;
    return stuckAfterMs === undefined || result.result === 'conflict' ? result : { ...result, stuckAfterMs };
  }

  private newIntent(request: OrderRequest, trigger: Trigger | undefined): Intent {
    const { atMs } = submitDeadlineOf(request, trigger !== undefined);
    const sendBy = Math.min(sendByOf(this.deps), atMs);
    const clientOrderId = clientOrderIdOf(request.orderId, 0);
    return { token: this.deps.random.uuid(), clientOrderId, runId: this.runId(), sendBy };
  }

  /** How the order goes to its exchange, or why we do not send it, as far as that shows before sending. */
  private async plan(request: OrderRequest, trigger: Trigger | undefined): Promise<Plan> {
    const [plan, denial] = await Promise.all([
      this.planPlacing(request, trigger),
      this.deps.safeguards.findDenial(request),
    ]);
    return denial === undefined ? plan : { denial, ...plan };
  }

  /** An order that waited for its trigger may have been changed meanwhile: its terms are those of its record. */
  private async planAsChanged({ plan, trigger }: Attempt, { state }: OrderRecord): Promise<Plan> {
    return state.lifecycle.terms === undefined ? plan : await this.plan(currentRequestOf(state), trigger);
  }

  private async planPlacing(request: OrderRequest, trigger: Trigger | undefined): Promise<Plan> {
    try {
      const config = await this.deps.exchanges.getExchange(request.tenantId, exchangeIdOf(request));
      const { stuckAfterMs, emulationAllowed, exchangeId } = config;
      const adapter = await this.deps.exchanges.getAdapter(request.tenantId, exchangeId);
      // Forbidding emulation forbids new orders of the kind; one that was accepted and held is sent at its trigger.
      const mayEmulate = emulationAllowed || trigger !== undefined;
      const placement = planPlacement(request, adapter.capabilities.orders, mayEmulate);
      if ('faults' in placement) return { stuckAfterMs, denial: ruleDenial(exchangeId, placement.faults) };
      const denial = this.stale(request, trigger) ?? closed(config) ?? (await ruleDenialOf(adapter, placement));
      return { placement, stuckAfterMs, ...(denial !== undefined && { denial }) };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const temporary = error.category === 'RETRYABLE' || error.category === 'RATE_LIMITED';
      const retryAt = temporary ? this.deps.clock.now() : undefined;
      return { denial: denied(error.toOrderError(), retryAt) };
    }
  }

  private stale(request: OrderRequest, trigger: Trigger | undefined): Denied | undefined {
    const now = this.deps.clock.now();
    const { atMs, reason } = submitDeadlineOf(request, trigger !== undefined);
    return now < atMs ? undefined : denied(orderError('ORDER_STALE', `${reason}; it is ${isoTime(now)}.`));
  }

  private async useClaim(
    attempt: Attempt,
    claim: Exclude<IntentClaim, { claim: 'inDoubt' }>,
  ): Promise<SubmitOrderResult> {
    switch (claim.claim) {
      case 'conflict':
        return { result: 'conflict', keyOwner: claim.record.state };
      case 'recorded':
        return settled(await this.complete(attempt, claim.record));
      case 'claimed': {
        const { trigger, cancel } = attempt;
        if (cancel !== undefined)
          return await this.endUnsent(claim.record, cancelledUnsent(cancel, isoTime(this.deps.clock.now())));
        if (trigger === undefined && claim.record.state.lifecycle.armedAt !== undefined)
          return await this.goOnHolding(claim.record);
        const { placement, denial } = await this.planAsChanged(attempt, claim.record);
        if (denial !== undefined) return await this.record(attempt, claim.record, denial);
        if (placement === undefined)
          throw new TypeError(`Order ${attempt.request.orderId} has neither way nor denial.`);
        const waits = placement.isHeld && trigger === undefined;
        return waits ? await this.hold(claim.record, placement) : await this.send(attempt, claim.record, placement);
      }
    }
  }

  /** Nothing is sent yet, so there is no intent; what is recorded is that the service watches the market for it. */
  private async hold(known: OrderRecord, { emulated }: Placement): Promise<SubmitOrderResult> {
    const { tenantId, orderId, orderType } = known.state.request;
    await this.deps.orders.withdrawIntent(tenantId, orderId, intentOf(known).token);
    const at = isoTime(this.deps.clock.now());
    const detail = `${exchangeIdOf(known.state.request)} has no ${orderType} orders: the service watches the market`;
    const events: OrderEvent[] = [{ type: 'ARMED', at, by: 'service', detail }];
    const state = await this.deps.orders.recordLifecycle(tenantId, orderId, { armedAt: at, emulated, events });
    return { result: 'held', facts: factsOf(state) };
  }

  /** It was accepted, and decided to wait: neither its age nor rules that became stricter since are held against it. */
  private async goOnHolding(known: OrderRecord): Promise<SubmitOrderResult> {
    const { tenantId, orderId } = known.state.request;
    await this.deps.orders.withdrawIntent(tenantId, orderId, intentOf(known).token);
    return { result: 'held', facts: factsOf(known.state) };
  }

  private async send(attempt: Attempt, known: OrderRecord, { placed }: Placement): Promise<SubmitOrderResult> {
    const { request } = known.state;
    const adapter = await this.deps.exchanges.getAdapter(request.tenantId, exchangeIdOf(request));
    const { clientOrderId, sendBy } = intentOf(known);
    await this.deps.crashPoint('submit.beforeSend');
    const lastCheck = this.deps.safeguards.lastCheck(currentRequestOf(known.state));
    this.deps.measures.sending(request);
    const outcome = await adapter.submitOrder({ request: placed, clientOrderId, sendBy, lastCheck });
    await this.deps.crashPoint('submit.afterReply');
    return outcome.outcome === 'unknown'
      ? await this.verify(attempt, known, adapter, outcome.error)
      : await this.record(attempt, known, outcome);
  }

  private async record(
    attempt: Attempt,
    known: OrderRecord,
    outcome: Exclude<Outcome<SubmitAcknowledgement>, { outcome: 'unknown' }>,
  ): Promise<SubmitOrderResult> {
    const { tenantId, orderId } = known.state.request;
    switch (outcome.outcome) {
      case 'accepted': {
        const { update, executions } = outcome.value;
        const extra = this.acknowledgement(attempt, update.exchangeOrderId);
        return settled(await recordWord(this.deps, { update, executions, extra, known }));
      }
      case 'denied':
        if (outcome.retryAt !== undefined) {
          await this.deps.orders.withdrawIntent(tenantId, orderId, intentOf(known).token);
          return { result: 'retry', retryAt: outcome.retryAt, error: outcome.error };
        }
        return await this.end(attempt, known, 'DENIED', 'service', outcome.error);
      case 'rejected':
        return await this.end(attempt, known, 'REJECTED', exchangeIdOf(known.state.request), outcome.error);
    }
  }

  /** The order's stream may have been heard before the answer to its submission: what only that says is added. */
  private async complete(attempt: Attempt, known: OrderRecord): Promise<OrderState> {
    const { request, lifecycle } = known.state;
    const { exchangeOrderId, submittedAt } = lifecycle;
    if (exchangeOrderId === undefined || submittedAt !== undefined) return known.state;
    const extra = this.acknowledgement(attempt, exchangeOrderId);
    return await this.deps.orders.recordLifecycle(request.tenantId, request.orderId, extra, known);
  }

  private async end(
    attempt: Attempt,
    known: OrderRecord,
    type: OrderEvent['type'],
    by: string,
    error: OrderError,
  ): Promise<SubmitOrderResult> {
    const event = { type, at: isoTime(this.deps.clock.now()), by, detail: error.message };
    return await this.endUnsent(known, { phase: 'REJECTED', error, events: [...triggerEvents(attempt), event] });
  }

  private async endUnsent(known: OrderRecord, change: LifecycleChange): Promise<SubmitOrderResult> {
    const { tenantId, orderId } = known.state.request;
    const { token } = intentOf(known);
    return settled(await this.deps.orders.recordRefusal(tenantId, orderId, change, { token, known }));
  }

  private acknowledgement(attempt: Attempt, exchangeOrderId: string): LifecycleChange {
    const { request, plan } = attempt;
    const at = isoTime(this.deps.clock.now());
    const emulated = plan.placement?.emulated ?? [];
    const detail = `exchange order ${exchangeOrderId}`;
    const event: OrderEvent = { type: 'ACKNOWLEDGED', at, by: exchangeIdOf(request), detail };
    return {
      submittedAt: at,
      events: [...triggerEvents(attempt), event],
      ...(emulated.length > 0 && { emulated }),
    };
  }

  /** The exchange's answer is not known: look at once, for most often the order is there. */
  private async verify(
    attempt: Attempt,
    known: OrderRecord,
    adapter: ExchangeAdapter,
    error: OrderError,
  ): Promise<SubmitOrderResult> {
    const found = await this.lookUp(attempt, known, adapter);
    if (found?.result === 'settled') return found;
    const { tenantId, orderId } = attempt.request;
    const at = isoTime(this.deps.clock.now());
    const events: OrderEvent[] = [{ type: 'SUBMISSION_UNKNOWN', at, by: 'service', detail: error.message }];
    await this.deps.orders.recordLifecycle(tenantId, orderId, { events }, known);
    return found ?? { result: 'unknown', retryAt: believableAt(this.deps, intentOf(known), adapter), error };
  }

  /** An earlier attempt may have sent the order. Only when nothing of it can arrive any more is "absent" believed. */
  private async resolveDoubt(attempt: Attempt, known: OrderRecord & { intent: Intent }): Promise<SubmitOrderResult> {
    const { request, trigger } = attempt;
    const adapter = await this.deps.exchanges.getAdapter(request.tenantId, exchangeIdOf(request));
    const isProven = known.state.ledger.fillCount > 0;
    const believable = !isProven && this.deps.clock.now() >= believableAt(this.deps, known.intent, adapter);
    const found = await this.lookUp(attempt, known, adapter);
    if (found !== undefined) return found;
    if (!believable) {
      const what = `An earlier attempt may have sent the order, and ${adapter.exchangeId} does not show it yet.`;
      return this.stillInDoubt(known.intent, adapter, what);
    }
    const intent = this.newIntent(request, trigger);
    const claim = await this.deps.orders.claimIntent(request, intent, known.intent.token);
    if (claim.claim !== 'inDoubt') {
      return await this.useClaim({ ...attempt, plan: await this.plan(request, trigger) }, claim);
    }
    return this.stillInDoubt(claim.record.intent, adapter, 'Another attempt took the order over meanwhile.');
  }

  private stillInDoubt(intent: Intent, adapter: ExchangeAdapter, what: string): SubmitOrderResult {
    return {
      result: 'unknown',
      retryAt: believableAt(this.deps, intent, adapter),
      error: orderError('OUTCOME_UNKNOWN', what),
    };
  }

  /** The order as the exchange has it, recorded; undefined while it shows none. */
  private async lookUp(
    attempt: Attempt,
    known: OrderRecord,
    adapter: ExchangeAdapter,
  ): Promise<SubmitOrderResult | undefined> {
    try {
      const found = await adapter.findOrder(refOf(known.state.request, known.state.lifecycle.generation));
      if (!found.found) return undefined;
      const extra = this.acknowledgement(attempt, found.update.exchangeOrderId);
      return settled(await recordWord(this.deps, { ...found, extra, known }));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return { result: 'unknown', retryAt: this.deps.clock.now(), error: error.toOrderError() };
    }
  }
}

function closed({ exchangeId, status, statusReason, tenantId }: ExchangeConfig): Denied | undefined {
  if (status === 'ACTIVE') return undefined;
  const why = statusReason === undefined ? '' : ` (${statusReason})`;
  return denied(orderError('EXCHANGE_UNAVAILABLE', `${exchangeId} is ${status} for tenant ${tenantId}${why}.`));
}

async function ruleDenialOf(adapter: ExchangeAdapter, { placed }: Placement): Promise<Denied | undefined> {
  const faults = await adapter.checkOrder(placed);
  return faults.length === 0 ? undefined : ruleDenial(adapter.exchangeId, faults);
}

/** The faults of an order against the exchange's rules, as one denial. */
function ruleDenial(exchangeId: string, faults: Parameters<typeof describeFaults>[0]): Denied {
  const code = CODE_OF_FIELD[faults[0]?.field ?? ''] ?? 'INSTRUMENT_RULES';
  const sentence = `${exchangeId} does not take the order: ${describeFaults(faults)}`;
  return denied(orderError(code, sentence, { faults: [...faults] }));
}

const CODE_OF_FIELD: Record<string, 'UNSUPPORTED' | 'INSTRUMENT_UNKNOWN'> = {
  orderType: 'UNSUPPORTED',
  timeInForce: 'UNSUPPORTED',
  postOnly: 'UNSUPPORTED',
  trailingDelta: 'UNSUPPORTED',
  assetId: 'INSTRUMENT_UNKNOWN',
};

function triggerEvents({ trigger }: Attempt): OrderEvent[] {
  if (trigger === undefined) return [];
  return [{ type: 'TRIGGERED', at: trigger.at, by: 'service', detail: `the market reached ${trigger.price}` }];
}

function settled(state: OrderState): SubmitOrderResult {
  return { result: 'settled', facts: factsOf(state) };
}

function intentOf({ intent, state }: OrderRecord): Intent {
  if (intent === undefined) throw new TypeError(`Order ${state.request.orderId} has no declared intent.`);
  return intent;
}
