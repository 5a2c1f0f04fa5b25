import type { AuditService } from '../audit/audit-service';
import type { ExchangeServiceParts } from '../exchange-service/exchange-service';
import { together } from '../metrics/connection-tally';
import type { Metrics } from '../metrics/open-metrics';
import type { OrderProjection } from '../storage/order-projection';

/** The audit trail whose observers also measure: an account's transports tell both at once. */
export function auditedAndMeasured(audit: AuditService, metrics: Metrics): ExchangeServiceParts['audit'] {
  return {
    record: (act) => audit.record(act),
    observe: (account) => {
      const observers = [audit.observe(account), metrics.observe(account)];
      return together(observers.filter((observer) => observer !== undefined));
    },
  };
}

/** The projection whose states are measured too, beside it. */
export function measuredProjection(projection: OrderProjection, metrics: Metrics): OrderProjection {
  return {
    read: (tenantId, orderId) => projection.read(tenantId, orderId),
    project: async (states) => {
      await Promise.all([metrics.project(states), projection.project(states)]);
    },
  };
}
