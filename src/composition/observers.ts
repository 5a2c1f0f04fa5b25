import type { Alerts } from '../alerts/alerts';
import { alertOfTroubles } from '../alerts/connection-alerts';
import type { AuditService } from '../audit/audit-service';
import { mapBounded } from '../connections/bounded-concurrency';
import { withinLimit } from '../connections/time-limit';
import type { AccountName } from '../domain/connection';
import type { ExchangeId } from '../domain/exchange';
import type { ExchangeServiceParts } from '../exchange-service/exchange-service-parts';
import { together } from '../metrics/connection-tally';
import { EXCHANGES } from '../exchanges/registry';
import type { Metrics } from '../metrics/open-metrics';
import type { ProcessSources } from '../metrics/process-gauges';
import type { OrderProjection } from '../storage/order-projection';
import type { CallObserver } from '../transport/call-observer';
import type { Services } from './services';

/** A scrape reads the limits of so many accounts; a process holds half as many streams. */
const ACCOUNTS_SHOWN_MAX = 100;
const ACCOUNTS_AT_ONCE_MAX = 20;
/** All of them together stay within the 10 s that Prometheus waits. */
const LIMITS_READ_MS_MAX = 1_000;

/** Those who look at an account's connections without being its audit. */
export function onlookers(metrics: Metrics, alerts: Alerts): (account: AccountName) => CallObserver {
  return (account) => together([metrics.observe(account) ?? {}, alertOfTroubles(alerts, account)]);
}

/** The audit trail whose observers also tell the onlookers: an account's transports tell all at once. */
export function watchedAudit(
  audit: AuditService,
  onlookersOf: (account: AccountName) => CallObserver,
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
  clock,
  logger,
}: Pick<Services, 'connections' | 'rateLimiter' | 'clock' | 'logger'>): ProcessSources {
  const exchangeIds = Object.keys(EXCHANGES) as ExchangeId[];
  return {
    connections: () => connections.list(),
    rateLimits: () => exchangeIds.map((exchangeId) => ({ exchangeId, counts: rateLimiter.counts(exchangeId) })),
    limitStates: async () => {
      const accounts = accountsOf(connections.list()).slice(0, ACCOUNTS_SHOWN_MAX);
      const states = await mapBounded(accounts, ACCOUNTS_AT_ONCE_MAX, async (account) => {
        try {
          const read = rateLimiter.getRateLimitStatus(account);
          return await withinLimit(clock, LIMITS_READ_MS_MAX, 'Reading the rate limits', read);
        } catch (error) {
          logger.debug({ ...account, err: error }, 'A scrape goes without the rate limits of an account.');
          return [];
        }
      });
      return states.flat();
    },
  };
}

function accountsOf(connections: readonly AccountName[]): AccountName[] {
  const accounts = connections.map(({ tenantId, exchangeId }) => ({ tenantId, exchangeId }));
  return [...new Map(accounts.map((account) => [JSON.stringify(account), account])).values()];
}
