import type { Alerts } from '../alerts/alerts';
import { alertOfTroubles } from '../alerts/connection-alerts';
import type { AuditService } from '../audit/audit-service';
import type { ExchangeId } from '../domain/exchange';
import type { ExchangeServiceParts } from '../exchange-service/exchange-service-parts';
import { together } from '../metrics/connection-tally';
import { EXCHANGES } from '../exchanges/registry';
import type { Metrics } from '../metrics/open-metrics';
import type { ProcessSources } from '../metrics/process-gauges';
import type { OrderProjection } from '../storage/order-projection';
import type { CallObserver } from '../transport/call-observer';
import type { Services } from './services';

interface Account {
  tenantId: string;
  exchangeId: ExchangeId;
}

/** Those who look at an account's connections without being its audit. */
export function onlookers(metrics: Metrics, alerts: Alerts): (account: Account) => CallObserver {
  return (account) => together([metrics.observe(account) ?? {}, alertOfTroubles(alerts, account)]);
}

/** The audit trail whose observers also tell the onlookers: an account's transports tell all at once. */
export function watchedAudit(
  audit: AuditService,
  onlookersOf: (account: Account) => CallObserver,
): ExchangeServiceParts['audit'] {
  return {
    record: (act) => audit.record(act),
    observe: (account) => together([audit.observe(account), onlookersOf(account)]),
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

/** What a process's `/metrics` shows of it at each scrape. */
export function processSources({
  connections,
  rateLimiter,
}: Pick<Services, 'connections' | 'rateLimiter'>): ProcessSources {
  const exchangeIds = Object.keys(EXCHANGES) as ExchangeId[];
  return {
    connections: () => connections.list(),
    rateLimits: () => exchangeIds.map((exchangeId) => ({ exchangeId, counts: rateLimiter.counts(exchangeId) })),
  };
}
