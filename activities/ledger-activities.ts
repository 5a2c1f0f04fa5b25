import { orderError } from '../src/domain/errors';
import type { ExecutionUpdate, LedgerSums, OrderEvent } from '../src/domain/order';
import type { LifecycleChange } from '../src/domain/order-lifecycle';
import { statusOf } from '../src/domain/order-state';
import type { ActivityDeps } from './deps';
import type { LedgerActivities } from './order-activities';
import { recordOf } from './order-refs';
import { factsOf } from './settlement';

export function createLedgerActivities(deps: ActivityDeps): LedgerActivities {
  const { orders, ledger, clock, alerts, audit, safeguards } = deps;
  return {
    bookExecutions: async (executions) => {
      const booked = await ledger.bookFills(executions, 'WORKFLOW');
      const order = booked.findLast((fill) => fill.order !== undefined)?.order;
      return order?.ledger ?? (await readSums(executions));
    },

    recordRefusal: async (request, change) => {
      const claim = await orders.recordDenied(request, change);
      if (claim.claim === 'conflict') return { result: 'conflict', keyOwner: claim.record.state };
      if (claim.claim === 'inDoubt') {
        const error = orderError('OUTCOME_UNKNOWN', 'An earlier attempt may have sent the order.');
        return { result: 'unknown', retryAt: clock.now(), error };
      }
      return { result: 'settled', facts: factsOf(claim.record.state) };
    },

    recordStep: async (request, change) => {
      const { tenantId, orderId, exchangeId } = request;
      const state = await orders.recordLifecycle(tenantId, orderId, change);
      const where = { tenantId, orderId, ...(exchangeId !== undefined && { exchangeId }) };
      if (change.stuck) alerts.raise({ code: 'STUCK_ORDER', ...where, details: change.stuck });
      for (const { by: requestedBy, detail } of decisionsIn(change)) {
        const result = { status: statusOf(state) };
        audit.record({ ...where, operationType: 'INTERVENTION', requestedBy, request: { decision: detail }, result });
      }
      return factsOf(state);
    },

    wantsSecondReport: (tenantId) => safeguards.wantsSecondReport(tenantId),
  };

  async function readSums([execution]: ExecutionUpdate[]): Promise<LedgerSums> {
    const { tenantId = '', orderId = '' } = execution ?? {};
    return (await recordOf(orders, { tenantId, orderId })).state.ledger;
  }
}

/** What people decided about the order. */
function decisionsIn({ events = [] }: LifecycleChange): OrderEvent[] {
  return events.filter(({ type }) => type === 'RESOLVED');
}
