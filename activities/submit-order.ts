import type { OrderError } from '../src/domain/errors';
import { describeFaults, orderError, ServiceError } from '../src/domain/errors';
import { clientOrderIdOf } from '../src/domain/ids';
import type { OrderEvent, OrderState } from '../src/domain/order';
import type { OrderRequest } from '../src/domain/order-request';
import type { LifecycleChange } from '../src/domain/order-lifecycle';
import type { ExchangeAdapter, SubmitAcknowledgement } from '../src/exchanges/adapter';
import type { Denied, Outcome } from '../src/domain/outcome';
import { denied } from '../src/domain/outcome';
import { isoTime } from '../src/platform/clock';
import type { Intent, IntentClaim, OrderRecord } from '../src/storage/orders';
import type { ActivityDeps } from './deps';
import type { SubmitOrderResult } from './order-activities';
import { exchangeIdOf, refOf } from './order-refs';
import { factsOf, recordWord } from './settlement';

/** How long after its intent an attempt may still send. */
export const SEND_WINDOW_MS = 5_000;
/** What the clocks of two workers may differ by, added before "no such order" is believed. */
export const CLOCK_DIFFERENCE_MAX_MS = 1_000;
/** Before the next try when a call that decides nothing failed (a lookup, the instrument list). */
const RETRY_PAUSE_MS = 1_000;

/**
 * Sends an order exactly once (decisions 2 and 3). Whatever happens in here, the order's item says first who may send
 * and until when, and a later attempt asks the exchange before it believes that nothing arrived.
 */
export class OrderSubmission {
  constructor(
    private readonly deps: ActivityDeps,
    private readonly runId: () => string,
  ) {}

  async submitOrder(request: OrderRequest): Promise<SubmitOrderResult> {
    const [claim, denial] = await Promise.all([
      this.deps.orders.claimIntent(request, this.newIntent(request)),
      this.findDenial(request),
    ]);
    return claim.claim === 'inDoubt'
      ? await this.resolveDoubt(request, claim.record)
      : await this.useClaim(claim, denial);
  }

  private newIntent({ orderId, submitBefore }: OrderRequest): Intent {
    const latest = submitBefore === undefined ? Infinity : Date.parse(submitBefore);
    const sendBy = Math.min(this.deps.clock.now() + SEND_WINDOW_MS, latest);
    return { token: this.deps.random.uuid(), clientOrderId: clientOrderIdOf(orderId, 0), runId: this.runId(), sendBy };
  }

  /** Why we do not send it, as far as that shows before sending. */
  private async findDenial(request: OrderRequest): Promise<Denied | undefined> {
    const { tenantId, submitBefore } = request;
    try {
      if (submitBefore !== undefined && this.deps.clock.now() >= Date.parse(submitBefore)) {
        return denied(
          orderError('ORDER_STALE', `submitBefore was ${submitBefore}, it is ${isoTime(this.deps.clock.now())}.`),
        );
      }
      const { exchangeId, status } = await this.deps.exchanges.getExchange(tenantId, exchangeIdOf(request));
      if (status !== 'ACTIVE')
        return denied(orderError('EXCHANGE_UNAVAILABLE', `${exchangeId} is ${status} for tenant ${tenantId}.`));
      return await ruleDenial(request, await this.deps.exchanges.getAdapter(tenantId, exchangeId));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const temporary = error.category === 'RETRYABLE' || error.category === 'RATE_LIMITED';
      return denied(error.toOrderError(), temporary ? this.deps.clock.now() + RETRY_PAUSE_MS : undefined);
    }
  }

  private async useClaim(
    claim: Exclude<IntentClaim, { claim: 'inDoubt' }>,
    denial: Denied | undefined,
  ): Promise<SubmitOrderResult> {
    switch (claim.claim) {
      case 'conflict':
        return { result: 'conflict', keyOwner: claim.record.state };
      case 'recorded':
        return { result: 'settled', facts: factsOf(claim.record.state) };
      case 'claimed':
        return denial === undefined ? await this.send(claim.record) : await this.record(claim.record, denial);
    }
  }

  private async send(known: OrderRecord): Promise<SubmitOrderResult> {
    const { request } = known.state;
    const adapter = await this.deps.exchanges.getAdapter(request.tenantId, exchangeIdOf(request));
    const { clientOrderId, sendBy } = intentOf(known);
    await this.deps.crashPoint('submit.beforeSend');
    const outcome = await adapter.submitOrder({ request, clientOrderId, sendBy });
    await this.deps.crashPoint('submit.afterReply');
    return outcome.outcome === 'unknown'
      ? await this.verify(known, adapter, outcome.error)
      : await this.record(known, outcome);
  }

  private async record(
    known: OrderRecord,
    outcome: Exclude<Outcome<SubmitAcknowledgement>, { outcome: 'unknown' }>,
  ): Promise<SubmitOrderResult> {
    const { tenantId, orderId } = known.state.request;
    switch (outcome.outcome) {
      case 'accepted': {
        const { update, executions } = outcome.value;
        return settled(
          await recordWord(this.deps, {
            update,
            executions,
            extra: this.acknowledgement(update.exchangeOrderId, known),
            known,
          }),
        );
      }
      case 'denied':
        if (outcome.retryAt !== undefined) {
          await this.deps.orders.withdrawIntent(tenantId, orderId, intentOf(known).token);
          return { result: 'retry', retryAt: outcome.retryAt, error: outcome.error };
        }
        return await this.end(known, 'DENIED', 'service', outcome.error);
      case 'rejected':
        return await this.end(known, 'REJECTED', exchangeIdOf(known.state.request), outcome.error);
    }
  }

  private async end(
    known: OrderRecord,
    type: OrderEvent['type'],
    by: string,
    error: OrderError,
  ): Promise<SubmitOrderResult> {
    const { tenantId, orderId } = known.state.request;
    const event = { type, at: isoTime(this.deps.clock.now()), by, detail: error.message };
    const change: LifecycleChange = { phase: 'REJECTED', error, events: [event] };
    const attempt = { token: intentOf(known).token, known };
    return settled(await this.deps.orders.recordRefusal(tenantId, orderId, change, attempt));
  }

  private acknowledgement(exchangeOrderId: string, known: OrderRecord): { submittedAt: string; events: OrderEvent[] } {
    const at = isoTime(this.deps.clock.now());
    const by = exchangeIdOf(known.state.request);
    return { submittedAt: at, events: [{ type: 'ACKNOWLEDGED', at, by, detail: `exchange order ${exchangeOrderId}` }] };
  }

  /** The exchange's answer is not known: look at once, for most often the order is there. */
  private async verify(known: OrderRecord, adapter: ExchangeAdapter, error: OrderError): Promise<SubmitOrderResult> {
    const found = await this.lookUp(known, adapter);
    return found ?? { result: 'unknown', retryAt: believableAt(intentOf(known), adapter), error };
  }

  /** An earlier attempt may have sent the order. Only when nothing of it can arrive any more is "absent" believed. */
  private async resolveDoubt(
    request: OrderRequest,
    known: OrderRecord & { intent: Intent },
  ): Promise<SubmitOrderResult> {
    const adapter = await this.deps.exchanges.getAdapter(request.tenantId, exchangeIdOf(request));
    const believable = this.deps.clock.now() >= believableAt(known.intent, adapter);
    const found = await this.lookUp(known, adapter);
    if (found !== undefined) return found;
    if (!believable) {
      const what = `An earlier attempt may have sent the order, and ${adapter.exchangeId} does not show it yet.`;
      return {
        result: 'unknown',
        retryAt: believableAt(known.intent, adapter),
        error: orderError('OUTCOME_UNKNOWN', what),
      };
    }
    const claim = await this.deps.orders.claimIntent(request, this.newIntent(request), known.intent.token);
    if (claim.claim !== 'inDoubt') return await this.useClaim(claim, await this.findDenial(request));
    const what = 'Another attempt took the order over meanwhile.';
    return {
      result: 'unknown',
      retryAt: believableAt(claim.record.intent, adapter),
      error: orderError('OUTCOME_UNKNOWN', what),
    };
  }

  /** The order as the exchange has it, recorded; undefined while it shows none. */
  private async lookUp(known: OrderRecord, adapter: ExchangeAdapter): Promise<SubmitOrderResult | undefined> {
    try {
      const found = await adapter.findOrder(refOf(known.state.request, known.state.lifecycle.generation));
      if (!found.found) return undefined;
      const extra = this.acknowledgement(found.update.exchangeOrderId, known);
      return settled(await recordWord(this.deps, { ...found, extra, known }));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return { result: 'unknown', retryAt: this.deps.clock.now() + RETRY_PAUSE_MS, error: error.toOrderError() };
    }
  }
}

/** From when on "no such order" proves that a send under this intent did not arrive. */
function believableAt({ sendBy }: Intent, { capabilities }: ExchangeAdapter): number {
  return sendBy + capabilities.requestValidityMs + capabilities.readDelayMs + CLOCK_DIFFERENCE_MAX_MS;
}

/** The faults of an order against the exchange's rules, as one denial. */
async function ruleDenial(request: OrderRequest, adapter: ExchangeAdapter): Promise<Denied | undefined> {
  const faults = await adapter.checkOrder(request);
  const [first] = faults;
  if (first === undefined) return undefined;
  const code = CODE_OF_FIELD[first.field] ?? 'INSTRUMENT_RULES';
  return denied(
    orderError(code, `${adapter.exchangeId} does not take the order: ${describeFaults(faults)}`, { faults }),
  );
}

const CODE_OF_FIELD: Record<string, 'UNSUPPORTED' | 'INSTRUMENT_UNKNOWN'> = {
  orderType: 'UNSUPPORTED',
  timeInForce: 'UNSUPPORTED',
  postOnly: 'UNSUPPORTED',
  trailingDelta: 'UNSUPPORTED',
  assetId: 'INSTRUMENT_UNKNOWN',
};

function settled(state: OrderState): SubmitOrderResult {
  return { result: 'settled', facts: factsOf(state) };
}

function intentOf({ intent, state }: OrderRecord): Intent {
  if (intent === undefined) throw new TypeError(`Order ${state.request.orderId} has no declared intent.`);
  return intent;
}
