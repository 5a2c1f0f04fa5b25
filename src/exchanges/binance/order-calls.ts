import type { ErrorCode } from '../../domain/errors';
import { describeFaults, orderError, ServiceError } from '../../domain/errors';
import type { OrderModification } from '../../domain/order';
import type { Denied, Outcome } from '../../domain/outcome';
import { accepted, denied, rejected, unknown } from '../../domain/outcome';
import type { Clock } from '../../platform/clock';
import { RateLimitedError } from '../../ratelimit/rate-limited-error';
import type {
  CancelAcknowledgement,
  CancelAllAcknowledgement,
  OrderRef,
  PlacedOrder,
  SubmitAcknowledgement,
} from '../adapter';
import { planModification } from './amendment';
import type { BinanceEndpoints, Reply } from './endpoints';
import { isNothingToCancel, unreadableOutcome } from './errors';
import type { BinanceInstrument, InstrumentBook } from './instruments';
import { ruleFaults } from './instruments';
import { dataOf, outcomeOf } from './outcomes';
import type { OrderIdentity, Params } from './translate';
import { capabilityFaults, executionsOfReply, newOrderParams, responseOf, updateOf } from './translate';
import type { AmendReply, CancelReply, NewOrderReply } from './wire';
import { cancelReplaceFailure } from './wire';

/** The calls that change orders. Each answers with one of the four outcomes. */
export class OrderCalls {
  constructor(
    private readonly endpoints: BinanceEndpoints,
    private readonly instruments: InstrumentBook,
    private readonly clock: Clock,
  ) {}

  async submit(order: PlacedOrder): Promise<Outcome<SubmitAcknowledgement>> {
    const { request } = order;
    const what = `Order ${request.orderId}`;
    const instrument = await this.prepare(what, order);
    if ('outcome' in instrument) return instrument;
    const reply = await this.endpoints.newOrder(newOrderParams(order, instrument), order);
    return outcomeOf(what, reply, this.clock.now(), (data) => this.acknowledge(what, order, instrument, data));
  }

  async cancel(ref: OrderRef): Promise<Outcome<CancelAcknowledgement>> {
    const what = `The cancel of order ${ref.orderId}`;
    const instrument = await this.attempt(what, () => this.instruments.named(ref.assetId));
    if ('outcome' in instrument) return instrument;
    const params = { symbol: instrument.symbol, origClientOrderId: ref.clientOrderId };
    const reply = await this.endpoints.deleteOrder(params);
    return outcomeOf(what, reply, this.clock.now(), (data) => cancelled(what, ref, data));
  }

  /**
   * Symbol by symbol, since Binance has no call for all of them. One that fails keeps no other from being tried, but for
   * a limit, which is that of all.
   */
  async cancelAll(assetId?: string): Promise<Outcome<CancelAllAcknowledgement>> {
    const what = `The cancel of all orders${assetId === undefined ? '' : ` on ${assetId}`}`;
    const symbols = await this.attempt(what, () => this.openSymbols(what, assetId));
    if ('outcome' in symbols) return symbols;
    let cancelled = 0;
    let failure: Exclude<Outcome<number>, { outcome: 'accepted' }> | undefined;
    for (const symbol of symbols) {
      const reply = await this.endpoints.deleteOpenOrders(symbol);
      if (reply.kind === 'refused' && isNothingToCancel(reply.refusal)) continue;
      const outcome = outcomeOf(what, reply, this.clock.now(), (orders) => accepted(orders.length));
      if (outcome.outcome === 'accepted') cancelled += outcome.value;
      else failure ??= outcome;
      if (outcome.outcome === 'denied') break;
    }
    return failure ?? accepted({ cancelled });
  }

  private async openSymbols(what: string, assetId?: string): Promise<string[]> {
    if (assetId !== undefined) return [(await this.instruments.named(assetId)).symbol];
    const open = dataOf(what, await this.endpoints.openOrders({}));
    return [...new Set(open.map(({ symbol }) => symbol))];
  }

  async modify(
    ref: OrderRef,
    changes: OrderModification,
    replacement: PlacedOrder,
  ): Promise<Outcome<SubmitAcknowledgement>> {
    const what = `The modification of order ${ref.orderId}`;
    const instrument = await this.prepare(what, replacement);
    if ('outcome' in instrument) return instrument;
    const current = await this.attempt(what, async () => {
      const params = { symbol: instrument.symbol, origClientOrderId: ref.clientOrderId };
      return dataOf(what, await this.endpoints.getOrder(params));
    });
    if ('outcome' in current) return current;
    const plan = planModification(what, current, changes, instrument);
    switch (plan.kind) {
      case 'denied':
        return denied(plan.error);
      case 'rejected':
        return rejected(plan.error);
      case 'amend':
        return await this.amend(what, ref, replacement, { symbol: instrument.symbol, newQty: plan.quantity });
      case 'replace':
        return await this.replace(what, ref, replacement, instrument);
    }
  }

  private async amend(
    what: string,
    ref: OrderRef,
    replacement: PlacedOrder,
    params: Params,
  ): Promise<Outcome<SubmitAcknowledgement>> {
    const ids = { origClientOrderId: ref.clientOrderId, newClientOrderId: replacement.clientOrderId };
    const reply = await this.endpoints.amendKeepPriority({ ...params, ...ids }, replacement);
    return outcomeOf(what, reply, this.clock.now(), (data) => amended(ref, data));
  }

  private async replace(
    what: string,
    ref: OrderRef,
    replacement: PlacedOrder,
    instrument: BinanceInstrument,
  ): Promise<Outcome<SubmitAcknowledgement>> {
    const params = {
      ...newOrderParams(replacement, instrument),
      cancelReplaceMode: 'STOP_ON_FAILURE',
      cancelOrigClientOrderId: ref.clientOrderId,
      // Filled in part meanwhile, the old quantity would come on top of what is filled.
      cancelRestrictions: 'ONLY_NEW',
    };
    const reply = await this.endpoints.cancelReplace(params, replacement);
    if (reply.kind === 'refused') {
      const failure = replaceFailure(what, reply);
      if (failure !== undefined) return failure;
    }
    return outcomeOf(what, reply, this.clock.now(), ({ newOrderResponse }) =>
      this.acknowledge(what, replacement, instrument, newOrderResponse),
    );
  }

  private acknowledge(
    what: string,
    order: PlacedOrder,
    { quoteDigits }: BinanceInstrument,
    data: NewOrderReply,
  ): Outcome<SubmitAcknowledgement> {
    if (data.clientOrderId !== order.clientOrderId) {
      return unreadableOutcome(what, `it names client order ${data.clientOrderId}, sent was ${order.clientOrderId}`);
    }
    const { request } = order;
    const { clientOrderId } = data;
    const update = updateOf({ ...request, clientOrderId }, { ...data, reason: data.expiryReason }, data.transactTime);
    const executions = executionsOfReply(request, data, quoteDigits, this.clock.now());
    return accepted({ response: responseOf(data, update), update, executions });
  }

  /** What Binance can't do or its rules forbid is refused here, whatever has been checked before. */
  private async prepare(what: string, { request }: PlacedOrder): Promise<BinanceInstrument | Denied> {
    const instrument = await this.instrumentOf(what, request.assetId);
    if ('outcome' in instrument) return instrument;
    const unsupported = capabilityFaults(request, instrument);
    if (unsupported.length > 0) return refusal('UNSUPPORTED', what, unsupported);
    const broken = ruleFaults(instrument, request);
    return broken.length > 0 ? refusal('INSTRUMENT_RULES', what, broken) : instrument;
  }

  private instrumentOf(what: string, assetId: string): Promise<BinanceInstrument | Denied> {
    return this.attempt(what, () => this.instruments.get(assetId));
  }

  /** A question that an order call needs answered first: without the answer nothing is sent. */
  private async attempt<T>(what: string, ask: () => Promise<T>): Promise<T | Denied> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const { code, category, message } = error;
      const retryAt = error instanceof RateLimitedError ? error.retryAt : this.clock.now();
      const passing = category === 'RETRYABLE' || category === 'RATE_LIMITED';
      return denied(orderError(code, `${what} was not sent: ${message}`), passing ? retryAt : undefined);
    }
  }
}

function refusal(code: ErrorCode, what: string, faults: Parameters<typeof describeFaults>[0]): Denied {
  return denied(orderError(code, `${what} was not sent: ${describeFaults(faults)}`, { faults: [...faults] }));
}

function cancelled(what: string, ref: OrderRef, data: CancelReply): Outcome<CancelAcknowledgement> {
  if (data.origClientOrderId !== ref.clientOrderId) {
    return unreadableOutcome(what, `it names client order ${data.origClientOrderId}, sent was ${ref.clientOrderId}`);
  }
  const update = updateOf(ref, data, data.transactTime);
  if (update.status !== 'CANCELLED') {
    return unreadableOutcome(what, `the order is ${data.status} after it`);
  }
  const { orderId, exchangeOrderId, timestamp: cancelledAt } = update;
  return accepted({
    response: { schemaVersion: 1, orderId, exchangeOrderId, status: 'CANCELLED', cancelledAt },
    update,
  });
}

function amended(identity: OrderIdentity, { amendedOrder, transactTime }: AmendReply): Outcome<SubmitAcknowledgement> {
  const { clientOrderId, qty: origQty } = amendedOrder;
  const update = updateOf({ ...identity, clientOrderId }, { ...amendedOrder, origQty }, transactTime);
  const { orderId, exchangeId, exchangeOrderId, status, filledQuantity, remainingQuantity, timestamp } = update;
  const times = { createdAt: timestamp, updatedAt: timestamp };
  return accepted({
    response: {
      schemaVersion: 1,
      orderId,
      exchangeId,
      exchangeOrderId,
      status,
      filledQuantity,
      remainingQuantity,
      ...times,
    },
    update,
    executions: [],
  });
}

/**
 * -2022: the cancel failed and no order was sent, so nothing changed. -2021: one half happened. Under STOP_ON_FAILURE
 * that is the cancel, and the order is gone without its replacement: no plain no, the caller looks at both.
 */
function replaceFailure(
  what: string,
  { body, refusal: { status } }: Extract<Reply<unknown>, { kind: 'refused' }>,
): Outcome<never> | undefined {
  const failure = cancelReplaceFailure.safeParse(body);
  if (!failure.success || status >= 500) return undefined;
  const { code, msg, data } = failure.data;
  const results = `cancel ${data.cancelResult}, new order ${data.newOrderResult}`;
  const sentence = `${what}: BINANCE answered ${code} ${JSON.stringify(msg)} (${results}).`;
  const exchangeCode = String(code);
  return data.cancelResult === 'FAILURE' && data.newOrderResult === 'NOT_ATTEMPTED'
    ? rejected(orderError('EXCHANGE_REJECTED', sentence, { exchangeCode }))
    : unknown(orderError('OUTCOME_UNKNOWN', sentence, { exchangeCode }));
}
