import { MockActivityEnvironment } from '@temporalio/testing';
import type { ActivityDeps } from '../../activities/deps';
import { createCancelActivities, createExchangeActivities } from '../../activities/exchange-activities';
import type { CancelOrderResult, SubmitOrderResult } from '../../activities/order-activities';
import type { OrderRequest } from '../../src/domain/order-request';
import { ExchangeService } from '../../src/exchange-service/exchange-service';
import { EXCHANGES } from '../../src/exchanges/registry';
import { systemClock } from '../../src/platform/clock';
import { noCrashPoint } from '../../src/platform/crash-points';
import type { Logger } from '../../src/platform/logger';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { ownRateLimiter } from '../ratelimit/own-limiter';
import { LocalCipher } from '../../src/storage/credentials/local-cipher';
import { DynamoExchangeConfigStore } from '../../src/storage/dynamodb/exchange-configs-store';
import { KeptAlerts } from '../alerts/kept-alerts';
import { unpooled } from '../connection-manager/unpooled';
import { silentAudit } from '../audit/silent-audit';
import type { BinanceSandbox } from '../exchanges/binance-sandbox';
import { CREDENTIALS } from '../exchanges/binance-sandbox';
import { silentMeasures } from '../metrics/silent-measures';
import { noSafeguards } from '../safeguards/no-safeguards';
import type { Stores } from '../storage/stores';
import { anOrder, freshTenant } from '../storage/stores';
import { errorHandler } from './error-handler';

/** The order activities of one tenant as a worker runs them, on real stores and a simulated Binance. */
export class ActivityRig {
  readonly tenantId = freshTenant();
  readonly alerts = new KeptAlerts();
  /** The fields of what was logged as an error. */
  readonly logged: object[] = [];
  readonly exchanges: ExchangeService;
  private readonly deps: ActivityDeps;

  private constructor(
    stores: Stores,
    private readonly sandbox: BinanceSandbox,
  ) {
    const logger: Logger = {
      ...silentLogger,
      error: (fields) => void this.logged.push(fields),
      child: () => logger,
    };
    const platform = { clock: systemClock, random: systemRandom, logger };
    const errors = errorHandler({ ...platform, alerts: this.alerts });
    this.exchanges = new ExchangeService({
      ...platform,
      configs: new DynamoExchangeConfigStore(stores.client, stores.tables),
      cipher: new LocalCipher([{ id: 'k1', secret: Buffer.alloc(32, 1) }]),
      exchanges: EXCHANGES,
      rateLimiter: ownRateLimiter(systemClock),
      connections: unpooled,
      allowSimulated: true,
      errors,
      audit: silentAudit,
    });
    const { orders, ledger } = stores;
    const { alerts, exchanges } = this;
    this.deps = {
      ...platform,
      orders,
      ledger,
      exchanges,
      alerts,
      errors,
      audit: silentAudit,
      safeguards: noSafeguards,
      measures: silentMeasures,
      crashPoint: noCrashPoint,
    };
  }

  static async open(stores: Stores, sandbox: BinanceSandbox): Promise<ActivityRig> {
    const rig = new ActivityRig(stores, sandbox);
    const { restEndpoint, wsEndpoint = '', wsPublicEndpoint = '' } = sandbox.config;
    await rig.exchanges.registerExchange(rig.tenantId, {
      exchangeId: 'BINANCE',
      mode: 'SANDBOX',
      credentials: CREDENTIALS,
      ...{ restEndpoint, wsEndpoint, wsPublicEndpoint },
    });
    return rig;
  }

  order(fields: Parameters<typeof anOrder>[1] = {}): OrderRequest {
    return anOrder(this.tenantId, { quantity: '0.01', timestamp: new Date().toISOString(), ...fields });
  }

  submit(request: OrderRequest): Promise<SubmitOrderResult> {
    const { submitOrder } = createExchangeActivities(this.deps);
    return new MockActivityEnvironment().run(submitOrder, request);
  }

  cancel(request: OrderRequest): Promise<CancelOrderResult> {
    const { cancelOrder } = createCancelActivities(this.deps);
    return new MockActivityEnvironment().run(cancelOrder, { request, generation: 0, requestedBy: 'ada' });
  }

  /** The next request to the endpoint (all requests, where `times` is absent) is answered so. */
  async refuse(
    endpoint: string,
    reply: { status: number; code?: number; msg?: string; processed?: boolean },
    times?: number,
  ): Promise<void> {
    const { processed = false, ...rest } = reply;
    const kind = processed ? ('status-after' as const) : ('status-before' as const);
    const match = { endpoint, apiKey: CREDENTIALS.apiKey, ...(times !== undefined && { times }) };
    await this.sandbox.admin.addFault({ match, effect: { kind, ...rest } });
  }

  async close(): Promise<void> {
    await this.sandbox.admin.clearFaults();
    await this.exchanges.close();
  }
}
