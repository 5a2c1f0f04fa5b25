import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Alerts } from '../alerts/alerts';
import type { AlertService } from '../alerts/alert-service';
import { createAlertService } from '../alerts/create-alert-service';
import { AuditService } from '../audit/audit-service';
import { ServiceError } from '../domain/errors';
import type { ErrorHandler } from '../error-handling/error-handler';
import { ExchangeErrorHandler } from '../error-handling/exchange-error-handler';
import { EXCHANGES } from '../exchanges/registry';
import type { Ledger } from '../ledger/ledger';
import { createLedger } from '../ledger/ledger';
import type { SubmitMeasures } from '../metrics/metrics';
import { type Metrics, openMetrics } from '../metrics/open-metrics';
import type { Clock } from '../platform/clock';
import type { CrashPoint } from '../platform/crash-points';
import type { Settings } from '../platform/environment';
import type { Logger } from '../platform/logger';
import type { Random } from '../platform/random';
import type { SimulatedWaits } from '../platform/simulated-waits';
import type { RateLimiter } from '../ratelimit/rate-limiter';
import { createSafeguards } from './safeguards';
import { LocalCipher } from '../storage/credentials/local-cipher';
import type { CredentialCipher } from '../storage/credentials/cipher';
import { DynamoAuditLogStore } from '../storage/dynamodb/audit-logs-store';
import { createDynamoClient } from '../storage/dynamodb/client';
import { DynamoExchangeConfigStore } from '../storage/dynamodb/exchange-configs-store';
import { DynamoExecutionStore } from '../storage/dynamodb/executions-store';
import { DynamoOrderStore } from '../storage/dynamodb/orders-store';
import { DynamoPositionStore } from '../storage/dynamodb/positions-store';
import { type TableNames, tableNames } from '../storage/dynamodb/tables';
import { openRedis } from '../storage/redis/client';
import { RedisSubmitMarks } from '../storage/redis/submit-marks';
import type { AuditLogStore } from '../storage/audit-logs';
import type { FeedReader, FeedSource } from '../storage/feed';
import { DynamoReconciliationStore } from '../storage/dynamodb/reconciliation-store';
import { DynamoSafeguardsStore } from '../storage/dynamodb/safeguards-store';
import type { ExecutionStore } from '../storage/executions';
import type { OrderStore } from '../storage/orders';
import type { SafeguardsStore } from '../storage/safeguards';
import { SafeguardChanges } from '../safeguards/safeguard-changes';
import type { Safeguards } from '../safeguards/safeguards';
import type { PositionStore } from '../storage/positions';
import type { ReconciliationStore } from '../storage/reconciliation';
import { measuredProjection, onlookers, watchedAudit } from './observers';
import { openPositionManager } from './positions';
import { openRateLimiter } from './rate-limits';
import { closeExchanges, type Exchanges, openExchanges } from './exchanges';
import { openFeedReader, openFeedSource } from './feed';
import { openProjections } from './projections';
import { openTables, type Tables } from './tables';
import { TenantPrices } from './tenant-prices';
import type { MarketData } from '../marketdata/market-data';
import type { PositionManager } from '../positions/position-manager';

/** What a process brings along besides its settings. */
export interface Surroundings {
  clock: Clock;
  random: Random;
  logger: Logger;
  crashPoint: CrashPoint;
}

/** Everything that workers, clients and the CLI stand on, over one set of connections. */
export interface Services extends Surroundings, Exchanges {
  alerts: Alerts;
  errors: ErrorHandler;
  orders: OrderStore;
  positions: PositionStore;
  executions: ExecutionStore;
  reconciliations: ReconciliationStore;
  positionManager: PositionManager;
  prices: TenantPrices;
  marketData(tenantId: string): MarketData;
  ledger: Ledger;
  rateLimiter: RateLimiter;
  audit: AuditService;
  auditLogs: AuditLogStore;
  /** What the feeds are made of and written to; for the one that writes them. */
  openFeedSource(): Promise<FeedSource>;
  /** A reader of the feeds, over a connection of its own. */
  openFeedReader(): Promise<FeedReader>;
  safeguards: Safeguards;
  safeguardsStore: SafeguardsStore;
  safeguardChanges: SafeguardChanges;
  metrics: Metrics;
  measures: SubmitMeasures;
  simulatedWaits: SimulatedWaits;
  tables: Tables;
  close(): Promise<void>;
}

/** Opens the stores and what stands on them. Redis is not waited for longer than its connect limit: it only projects. */
export async function openServices(settings: Settings, surroundings: Surroundings): Promise<Services> {
  const { clock, logger } = surroundings;
  const { dynamodb, redisUrl, simulatedAllowed: allowSimulated, simulatedWaits } = settings;
  const { alerts, errors } = openAlerting(settings, surroundings);
  const client = createDynamoClient(dynamodb);
  const tables = tableNames(dynamodb.tablePrefix);
  const redis = await openRedis(redisUrl, logger);
  const places = { redis, client, tables };
  const { orderProjection, positionProjection } = openProjections(places, { ...surroundings, alerts });
  const configs = new DynamoExchangeConfigStore(client, tables);
  const rateLimiter = openRateLimiter(redis, configs, surroundings, settings.rateLimitWorkersMax);
  const reach = { ...surroundings, rateLimiter, allowSimulated, simulatedWaits };
  const auditLogs = new DynamoAuditLogStore(client, tables);
  const audit = openAudit(settings, { ...surroundings, alerts, store: auditLogs });
  const metrics = openMetrics({
    ...surroundings,
    settings: settings.metrics,
    marks: new RedisSubmitMarks(redis),
    mid: (place) => prices.mid(place),
  });
  const onlookersOf = onlookers(metrics, alerts);
  const safeguardsStore = new DynamoSafeguardsStore(client, tables);
  const safeguardChanges = new SafeguardChanges(safeguardsStore, audit, clock);
  const held = openExchanges({
    ...reach,
    ...{ redis, alerts, safeguardsStore, safeguardChanges },
    audit: watchedAudit(audit, onlookersOf),
    ...{ configs, cipher: credentialCipher(settings), errors, exchanges: EXCHANGES },
  });
  const { exchanges, connections } = held;
  const prices = new TenantPrices(exchanges, reach, onlookersOf, (id) => connections.reconnectionStrategy(id));
  const projection = measuredProjection(orderProjection, metrics);
  const books = openBooks(client, tables);
  const ledger = createLedger({ ...surroundings, alerts, client, tables, projection, positionProjection });
  const orders = new DynamoOrderStore({ client, tables, projection, clock });
  return {
    ...surroundings,
    ...held,
    alerts,
    errors,
    orders,
    ...books,
    reconciliations: new DynamoReconciliationStore(client, tables),
    positionManager: openPositionManager({ ...surroundings, ...books, ledger, prices, redis, alerts }),
    prices,
    marketData: (tenantId) => prices.marketData(tenantId),
    ledger,
    rateLimiter,
    audit,
    auditLogs,
    openFeedSource: () => openFeedSource({ client, tables, dynamodb, redisUrl, logger }),
    openFeedReader: () => openFeedReader(redisUrl, logger),
    safeguardsStore,
    safeguardChanges,
    safeguards: createSafeguards({ store: safeguardsStore, orders, exchanges, prices, redis, clock }),
    metrics,
    measures: metrics,
    simulatedWaits: settings.simulatedWaits,
    tables: openTables(client, dynamodb.tablePrefix, clock),
    close: async () => {
      await prices.close();
      await closeExchanges(held, logger);
      for (const part of [metrics, audit, alerts]) await part.close();
      redis.disconnect();
      client.destroy();
    },
  };
}

/** What the ledger has written, for reading. */
function openBooks(client: DynamoDBDocumentClient, tables: TableNames): Pick<Services, 'positions' | 'executions'> {
  return { positions: new DynamoPositionStore(client, tables), executions: new DynamoExecutionStore(client, tables) };
}

function openAudit(
  { auditSpoolDirectory: spoolDirectory, auditSpoolOwner: spoolOwner }: Settings,
  parts: Omit<ConstructorParameters<typeof AuditService>[0], 'spoolDirectory' | 'spoolOwner'>,
): AuditService {
  return new AuditService({ ...parts, spoolDirectory, ...(spoolOwner !== undefined && { spoolOwner }) });
}

function openAlerting(
  settings: Settings,
  surroundings: Surroundings,
): { alerts: AlertService; errors: ExchangeErrorHandler } {
  const alerts = createAlertService(settings.alerts, surroundings);
  const parts = { ...surroundings, alerts };
  return { alerts, errors: new ExchangeErrorHandler({ ...parts, tableOf: (id) => EXCHANGES[id]?.errors }) };
}

/** Without keys everything works that needs no credentials; the first that does says what is missing. */
function credentialCipher({ credentialsKeys }: Settings): CredentialCipher {
  if (credentialsKeys.length > 0) return new LocalCipher(credentialsKeys);
  const refuse = (): Promise<never> =>
    Promise.reject(
      new ServiceError(
        'CONFIGURATION',
        'CREDENTIALS_KEY is not set, so exchange credentials can be neither stored nor read.',
      ),
    );
  return { encrypt: refuse, decrypt: refuse };
}
