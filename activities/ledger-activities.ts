import { orderError } from '../src/domain/errors';
import type { ExecutionUpdate, LedgerSums } from '../src/domain/order';
import type { ActivityDeps } from './deps';
import type { LedgerActivities } from './order-activities';
import { recordOf } from './order-refs';
import { factsOf } from './settlement';

export function createLedgerActivities({ orders, ledger, clock, alerts }: ActivityDeps): LedgerActivities {
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
      if (change.stuck) {
        const { since, reason } = change.stuck;
        const where = exchangeId === undefined ? {} : { exchangeId };
        alerts.raise({ code: 'STUCK_ORDER', tenantId, orderId, ...where, details: { since, reason } });
      }
      return factsOf(state);
    },
  };

  async function readSums([execution]: ExecutionUpdate[]): Promise<LedgerSums> {
    const { tenantId = '', orderId = '' } = execution ?? {};
    return (await recordOf(orders, { tenantId, orderId })).state.ledger;
  }
}
