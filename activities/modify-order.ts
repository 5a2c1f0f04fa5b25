import type { OrderError } from '../src/domain/errors';
import { describeFaults, orderError, ServiceError } from '../src/domain/errors';
import { clientOrderIdOf, GENERATION_MAX, orderOfClientOrderId } from '../src/domain/ids';
import { describeChange, isSameTerms, modificationFaults, modifiedTerms } from '../src/domain/modification';
import type { Amendment, ExecutionUpdate, OrderEvent, OrderState, OrderUpdate } from '../src/domain/order';
import type { OrderRequest } from '../src/domain/order-request';
import { isEnded, termsOf } from '../src/domain/order-state';
import { planPlacement } from '../src/domain/placement';
import type { ExchangeAdapter } from '../src/exchanges/adapter';
import { isoTime } from '../src/platform/clock';
import type { OrderRecord } from '../src/storage/orders';
import type { ActivityDeps } from './deps';
import type { ModifyOrderInput, ModifyOrderResult, SettleModificationResult } from './order-activities';
import { exchangeIdOf, recordOf, refOf } from './order-refs';
import { believableAt, sendByOf } from './send-window';
import { factsOf, recordWord } from './settlement';

/** A declared change to an order as it stood. */
interface Declared {
  requestedBy: string;
  state: OrderState;
  amendment: Amendment;
  adapter: ExchangeAdapter;
}

/**
 * Changes a live order (property 17a). The change is declared in the order's record before it is sent, and the record's
 * terms change only when the exchange has confirmed it: by its answer, by its stream, or by a lookup. A try that finds a
 * change declared by an earlier one, or by a run of the order that was terminated or reset, looks first.
 */
export class OrderModifying {
  constructor(private readonly deps: ActivityDeps) {}

  async modifyOrder(input: ModifyOrderInput): Promise<ModifyOrderResult> {
    const record = await recordOf(this.deps.orders, input.request);
    const adapter = await this.adapterOf(input.request);
    const { state } = record;
    const { amendment } = state.lifecycle;
    if (amendment === undefined) return await this.declare(input, record, adapter);
    const isOwn = amendment.amendmentId === input.amendmentId;
    const requestedBy = isOwn ? input.requestedBy : GONE;
    const end = await this.findOut({ requestedBy, state, amendment, adapter });
    return isOwn || !('facts' in end) ? end : await this.modifyOrder(input);
  }

  async settleModification(request: OrderRequest): Promise<SettleModificationResult> {
    const { state } = await recordOf(this.deps.orders, request);
    const { amendment } = state.lifecycle;
    if (amendment === undefined) return { result: 'settled', facts: factsOf(state) };
    const adapter = await this.adapterOf(request);
    const end = await this.findOut({ requestedBy: GONE, state, amendment, adapter });
    return 'facts' in end ? { result: 'settled', facts: end.facts } : end;
  }

  private adapterOf(request: OrderRequest): Promise<ExchangeAdapter> {
    return this.deps.exchanges.getAdapter(request.tenantId, exchangeIdOf(request));
  }

  private async declare(
    input: ModifyOrderInput,
    { state, intent }: OrderRecord,
    adapter: ExchangeAdapter,
  ): Promise<ModifyOrderResult> {
    const terms = modifiedTerms(state, input.modification);
    // An earlier try of this very change was confirmed: the workflow asks for none that changes nothing.
    if (isSameTerms(termsOf(state), terms) && !isEnded(state)) return { result: 'modified', facts: factsOf(state) };
    const request = { ...state.request, ...terms };
    const placed = placedOf(request, adapter);
    const error = await this.refusal(input, state, { request, placed }, adapter);
    if (error !== undefined) return await this.fail({ requestedBy: input.requestedBy, state }, error);
    const generation = state.lifecycle.generation + 1;
    const sendBy = sendByOf(this.deps);
    const declared = { amendmentId: input.amendmentId, generation, terms, sendBy };
    if (isHeld(state))
      return intent === undefined ? await this.confirmHeld(input, state, declared) : this.whileSent(state);
    return await this.send(input, { requestedBy: input.requestedBy, state, amendment: declared, adapter }, placed);
  }

  private async send(
    { modification }: ModifyOrderInput,
    declared: Declared,
    request: OrderRequest,
  ): Promise<ModifyOrderResult> {
    const { state, amendment, adapter } = declared;
    const { tenantId, orderId } = state.request;
    await this.deps.orders.recordLifecycle(tenantId, orderId, { amendment });
    const { sendBy } = amendment;
    const clientOrderId = clientOrderIdOf(orderId, amendment.generation);
    const replacement = { request, clientOrderId, sendBy, lastCheck: this.deps.safeguards.lastCheck(request) };
    const outcome = await adapter.modifyOrder(presentRef(state), modification, replacement);
    switch (outcome.outcome) {
      case 'accepted':
        return await this.confirm(declared, outcome.value);
      case 'denied':
        if (outcome.retryAt === undefined) return await this.fail(declared, outcome.error);
        await this.deps.orders.recordLifecycle(tenantId, orderId, { failedAmendment: amendment.amendmentId });
        return { result: 'retry', retryAt: outcome.retryAt, error: outcome.error };
      case 'rejected':
        return await this.fail(declared, outcome.error);
      case 'unknown':
        return await this.findOut(declared, outcome.error);
    }
  }

  /** What keeps the change from being sent, as far as that shows before. */
  private async refusal(
    { request: { tenantId }, modification }: ModifyOrderInput,
    state: OrderState,
    { request, placed }: { request: OrderRequest; placed: OrderRequest },
    adapter: ExchangeAdapter,
  ): Promise<OrderError | undefined> {
    const faults = modificationFaults(state, modification);
    if (faults.length > 0) return refused(isEnded(state) ? 'ORDER_CLOSED' : 'INVALID_INPUT', faults);
    const { exchangeId, status } = await this.deps.exchanges.getExchange(tenantId, adapter.exchangeId);
    if (status !== 'ACTIVE') return orderError('EXCHANGE_UNAVAILABLE', `${exchangeId} is ${status} for ${tenantId}.`);
    if (adapter.capabilities.amendment === 'NONE' && !isHeld(state))
      return orderError('UNSUPPORTED', `${exchangeId} can't change a live order: cancel it and submit a new one.`);
    if (state.lifecycle.generation >= GENERATION_MAX)
      return orderError('UNSUPPORTED', `The order was changed ${GENERATION_MAX} times, which is the most.`);
    const broken = await adapter.checkOrder(placed);
    if (broken.length > 0) return refused('INSTRUMENT_RULES', broken);
    return (await this.deps.safeguards.findDenial(request, 'AMENDMENT'))?.error;
  }

  /** An earlier try, or this one, may have changed the order: the exchange says whether. */
  private async findOut(declared: Declared, cause?: OrderError): Promise<ModifyOrderResult> {
    const { state, amendment, adapter } = declared;
    const believable = this.deps.clock.now() >= believableAt(this.deps, amendment, adapter);
    const changed = await this.lookUp(declared);
    if ('result' in changed) return changed;
    if (changed.word !== undefined) return await this.confirm(declared, changed.word);
    const what = `${adapter.exchangeId} does not show the change of order ${state.request.orderId}.`;
    const error = cause ?? orderError('OUTCOME_UNKNOWN', what);
    if (!believable) return { result: 'unknown', retryAt: believableAt(this.deps, amendment, adapter), error };
    return await this.fail(declared, error);
  }

  /** The order with the new terms, under its next client order id or under the present one. */
  private async lookUp({
    state,
    amendment,
    adapter,
  }: Declared): Promise<{ word?: Word } | Extract<ModifyOrderResult, { result: 'unknown' | 'retry' }>> {
    try {
      const next = await adapter.findOrder(refOf(state.request, amendment.generation));
      if (next.found) return { word: next };
      const present = await adapter.findOrder(presentRef(state));
      return present.found && isSameTerms(present.terms, amendment.terms) ? { word: present } : {};
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return { result: 'unknown', retryAt: this.deps.clock.now(), error: error.toOrderError() };
    }
  }

  private async confirm(
    { requestedBy, state, amendment }: Declared,
    { update, executions }: Word,
  ): Promise<ModifyOrderResult> {
    const { terms } = amendment;
    const named = update.clientOrderId === undefined ? undefined : orderOfClientOrderId(update.clientOrderId);
    const generation = named?.generation ?? state.lifecycle.generation;
    const extra = { confirmed: { terms, generation }, events: [this.modified(requestedBy, state, amendment)] };
    const after = await recordWord(this.deps, { update, executions, extra });
    return { result: 'modified', facts: factsOf(after) };
  }

  /** An order of which nothing is sent yet changes here alone. */
  private async confirmHeld(
    input: ModifyOrderInput,
    state: OrderState,
    amendment: Amendment,
  ): Promise<ModifyOrderResult> {
    const { tenantId, orderId } = state.request;
    const { terms } = amendment;
    const confirmed = { terms, generation: state.lifecycle.generation };
    const events = [this.modified(input.requestedBy, state, amendment)];
    const after = await this.deps.orders.recordLifecycle(tenantId, orderId, { confirmed, events });
    return { result: 'modified', facts: factsOf(after) };
  }

  /** Its trigger was reached and it is on its way: what is changed then is the order at the exchange. */
  private whileSent({ request: { orderId } }: OrderState): ModifyOrderResult {
    const error = orderError('EXCHANGE_TEMPORARY', `Order ${orderId} is being sent: nothing was changed yet.`);
    return { result: 'retry', retryAt: this.deps.clock.now(), error };
  }

  /** Without an amendment nothing was declared. */
  private async fail(
    { requestedBy: by, state: before, amendment }: Pick<Declared, 'requestedBy' | 'state'> & Partial<Declared>,
    error: OrderError,
  ): Promise<ModifyOrderResult> {
    const { tenantId, orderId } = before.request;
    const at = isoTime(this.deps.clock.now());
    const events: OrderEvent[] = [{ type: 'MODIFICATION_FAILED', at, by, detail: error.message }];
    const failed = amendment === undefined ? {} : { failedAmendment: amendment.amendmentId };
    const state = await this.deps.orders.recordLifecycle(tenantId, orderId, { ...failed, events });
    return { result: 'failed', facts: factsOf(state), error };
  }

  private modified(by: string, state: OrderState, { terms }: Amendment): OrderEvent {
    const at = isoTime(this.deps.clock.now());
    return { type: 'MODIFIED', at, by, detail: describeChange(termsOf(state), terms) };
  }
}

interface Word {
  update: OrderUpdate;
  executions: ExecutionUpdate[];
}

/** Who asked for a change that an earlier run of the order left behind is not known any more. */
const GONE = 'service';

/** What the exchange is asked for. What the service emulates of an order it goes on to emulate, allowed anew or not. */
function placedOf(request: OrderRequest, adapter: ExchangeAdapter): OrderRequest {
  const placement = planPlacement(request, adapter.capabilities.orders, true);
  return 'faults' in placement ? request : placement.placed;
}

function presentRef({ request, lifecycle }: OrderState): ReturnType<typeof refOf> {
  return refOf(request, lifecycle.generation, lifecycle.exchangeOrderId);
}

function isHeld({ lifecycle }: OrderState): boolean {
  return lifecycle.armedAt !== undefined && lifecycle.phase === 'PENDING';
}

function refused(
  code: 'ORDER_CLOSED' | 'INVALID_INPUT' | 'INSTRUMENT_RULES',
  faults: Parameters<typeof describeFaults>[0],
): OrderError {
  return orderError(code, `The modification can't be made: ${describeFaults(faults)}`, { faults: [...faults] });
}
