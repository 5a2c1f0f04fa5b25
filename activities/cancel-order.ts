import type { OrderError } from '../src/domain/errors';
import { orderError, ServiceError } from '../src/domain/errors';
import type { OrderEvent } from '../src/domain/order';
import type { ExchangeAdapter } from '../src/exchanges/adapter';
import { isoTime } from '../src/platform/clock';
import type { ActivityDeps } from './deps';
import type { CancelOrderInput, CancelOrderResult } from './order-activities';
import { exchangeIdOf, refOf } from './order-refs';
import { bookMissingFills, factsOf, recordWord } from './settlement';

/** Cancels at the exchange; CANCELLED is recorded only on the exchange's word (property 18). */
export function createCancelOrder(deps: ActivityDeps): (input: CancelOrderInput) => Promise<CancelOrderResult> {
  const { exchanges, clock } = deps;

  return async function cancelOrder(input) {
    const { request, generation, exchangeOrderId } = input;
    const adapter = await exchanges.getAdapter(request.tenantId, exchangeIdOf(request));
    const requested = requestEvent(input);
    const outcome = await adapter.cancelOrder(refOf(request, generation, exchangeOrderId));
    switch (outcome.outcome) {
      case 'accepted':
        return await record(requested, adapter, { update: outcome.value.update, executions: [] });
      case 'denied':
        return outcome.retryAt === undefined
          ? retry(outcome.error)
          : { ...retry(outcome.error, outcome.retryAt), denied: true };
      // A refused cancel most often means that the order has just ended: the lookup says how.
      case 'rejected':
      case 'unknown':
        return await lookUp(input, requested, adapter, outcome.error);
    }
  };

  async function lookUp(
    input: CancelOrderInput,
    requested: OrderEvent,
    adapter: ExchangeAdapter,
    cause: OrderError,
  ): Promise<CancelOrderResult> {
    try {
      const found = await adapter.findOrder(refOf(input.request, input.generation, input.exchangeOrderId));
      return found.found ? await record(requested, adapter, found) : retry(cause);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return retry(error.toOrderError());
    }
  }

  async function record(
    requested: OrderEvent,
    adapter: ExchangeAdapter,
    word: Pick<Parameters<typeof recordWord>[1], 'update' | 'executions'>,
  ): Promise<CancelOrderResult> {
    const state = await recordWord(deps, { ...word, extra: { events: [requested] } });
    try {
      return { result: 'answered', facts: factsOf(await bookMissingFills(deps, adapter, state)) };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return { result: 'answered', facts: factsOf(state) };
    }
  }

  function requestEvent({ requestedBy, reason }: CancelOrderInput): OrderEvent {
    return {
      type: 'CANCEL_REQUESTED',
      at: isoTime(clock.now()),
      by: requestedBy,
      ...(reason !== undefined && { detail: reason }),
    };
  }

  function retry(error: OrderError, retryAt = clock.now()): Extract<CancelOrderResult, { result: 'retry' }> {
    const what = `The cancel could not be confirmed: ${error.message}`;
    return { result: 'retry', retryAt, error: orderError('CANCEL_FAILED', what) };
  }
}
