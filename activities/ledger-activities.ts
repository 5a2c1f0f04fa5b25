import { orderError, ServiceError } from '../src/domain/errors';
import type { ExecutionUpdate, LedgerSums } from '../src/domain/order';
import type { ActivityDeps } from './deps';
import type { LedgerActivities } from './order-activities';
import { factsOf } from './settlement';

export function createLedgerActivities({ orders, ledger, clock }: ActivityDeps): LedgerActivities {
  return {
    bookExecutions: async (executions) => {
      const booked = await ledger.bookFills(executions, 'WORKFLOW');
      const order = booked.findLast((fill) => fill.order !== undefined)?.order ?? (await readOrder(executions));
      return order.ledger;
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
  };

  async function readOrder([execution]: ExecutionUpdate[]): Promise<{ ledger: LedgerSums }> {
    const { tenantId = '', orderId = '' } = execution ?? {};
    const record = await orders.get(tenantId, orderId);
    if (record === undefined)
      throw new ServiceError('ORDER_NOT_FOUND', `Order ${orderId} of tenant ${tenantId} is not recorded.`);
    return record.state;
  }
}
