import { createCancelOrder } from '../../activities/cancel-order';
import type { ActivityDeps } from '../../activities/deps';
import { OrderModifying } from '../../activities/modify-order';
import type {
  CancelOrderResult,
  ModifyOrderInput,
  ModifyOrderResult,
  SettleModificationResult,
  SubmitOrderResult,
} from '../../activities/order-activities';
import { OrderSubmission } from '../../activities/submit-order';
import { createSyncOrder } from '../../activities/sync-order';
import type { OrderState } from '../../src/domain/order';
import type { OrderRequest } from '../../src/domain/order-request';
import { getRetryDelay } from '../../src/domain/retry';
import type { Clock } from '../../src/platform/clock';
import { systemClock } from '../../src/platform/clock';
import { noCrashPoint } from '../../src/platform/crash-points';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import type { OrderView } from '../../src/simulator/exchange/model';
import type { FaultEffect } from '../../src/simulator/faults';
import { KeptAlerts } from '../alerts/kept-alerts';
import { silentAudit } from '../audit/silent-audit';
import { silentMeasures } from '../metrics/silent-measures';
import { errorHandler } from '../error-handling/error-handler';
import { type BinanceSandbox, CREDENTIALS, startBinanceSandbox } from '../exchanges/binance-sandbox';
import { noSafeguards } from '../safeguards/no-safeguards';
import type { TestStack } from '../stack/stack';
import { openStores, type Stores } from '../storage/stores';

const ATTEMPTS_MAX = 10;

/** A private call as it went over the wire: `POST /api/v3/order`. */
export type SentCall = `${string} ${string}`;

/**
 * The order activities over the real store, the real adapter and a simulated Binance behind a real socket. Waits are
 * jumped over: the activities' clock runs ahead to the time at which they want to be called again.
 */
export class OrderDesk {
  readonly sent: SentCall[] = [];
  private aheadMs = 0;

  private constructor(
    readonly sandbox: BinanceSandbox,
    readonly stores: Stores,
    readonly deps: ActivityDeps,
  ) {}

  static async open(stack: TestStack): Promise<OrderDesk> {
    const [sandbox, stores] = await Promise.all([startBinanceSandbox(), openStores(stack)]);
    let desk: OrderDesk | undefined = undefined;
    const clock: Clock = { ...systemClock, now: () => systemClock.now() + (desk?.aheadMs ?? 0) };
    const adapter = sandbox.createAdapter({
      observer: {
        begin: ({ sent }) => {
          if ('url' in sent) desk?.sent.push(`${sent.method} ${new URL(sent.url).pathname}`);
          return () => undefined;
        },
      },
    });
    desk = new OrderDesk(sandbox, stores, {
      orders: stores.orders,
      ledger: stores.ledger,
      exchanges: {
        getExchange: () => Promise.resolve(sandbox.config),
        getAdapter: () => Promise.resolve(adapter),
      },
      alerts: new KeptAlerts(),
      errors: errorHandler(),
      audit: silentAudit,
      safeguards: noSafeguards,
      measures: silentMeasures,
      clock,
      random: systemRandom,
      logger: silentLogger,
      crashPoint: noCrashPoint,
    });
    return desk;
  }

  async close(): Promise<void> {
    await Promise.all([this.sandbox.close(), this.stores.close()]);
  }

  /** The next `times` calls of an endpoint meet this. */
  async harm(endpoint: string, effect: FaultEffect, times = 1): Promise<void> {
    await this.sandbox.admin.addFault({ match: { endpoint, apiKey: CREDENTIALS.apiKey, times }, effect });
  }

  heal(): Promise<void> {
    return this.sandbox.admin.clearFaults();
  }

  /** The activities' clock runs ahead by so much, until the next attempts in a row. */
  age(ms: number): void {
    this.aheadMs += ms;
  }

  /** One attempt by a worker that knows nothing of earlier ones. */
  submitOnce(request: OrderRequest): Promise<SubmitOrderResult> {
    return new OrderSubmission(this.deps, () => 'run').submitOrder(request);
  }

  /** Attempts, each when the one before wants it, until the order is settled or held. */
  async submit(request: OrderRequest): Promise<SubmitOrderResult> {
    return await this.persist(() => this.submitOnce(request));
  }

  modifyOnce(input: ModifyOrderInput): Promise<ModifyOrderResult> {
    return new OrderModifying(this.deps).modifyOrder(input);
  }

  async modify(input: ModifyOrderInput): Promise<ModifyOrderResult> {
    return await this.persist(() => this.modifyOnce(input));
  }

  async settleModification(request: OrderRequest): Promise<SettleModificationResult> {
    return await this.persist(() => new OrderModifying(this.deps).settleModification(request));
  }

  async cancelOnce(request: OrderRequest): Promise<CancelOrderResult> {
    const { generation } = (await this.record(request)).lifecycle;
    return await createCancelOrder(this.deps)({ request, generation, requestedBy: 'test' });
  }

  async sync(request: OrderRequest): Promise<void> {
    const { generation } = (await this.record(request)).lifecycle;
    await createSyncOrder(this.deps)({ request, generation });
  }

  async record({ tenantId, orderId }: OrderRequest): Promise<OrderState> {
    const record = await this.stores.orders.get(tenantId, orderId);
    if (record === undefined) throw new Error(`Order ${orderId} is not recorded.`);
    return record.state;
  }

  /** All placements of the order that the exchange has. */
  async atExchange({ orderId }: OrderRequest): Promise<OrderView[]> {
    const { orders } = await this.sandbox.admin.state();
    const prefix = orderId.replaceAll('-', '').slice(0, 30);
    return orders.filter(({ clientOrderId }) => clientOrderId.startsWith(prefix));
  }

  private async persist<T extends { result: string; retryAt?: number }>(attempt: () => Promise<T>): Promise<T> {
    this.aheadMs = 0;
    for (let tries = 1; tries <= ATTEMPTS_MAX; tries++) {
      const result = await attempt();
      if (result.retryAt === undefined) return result;
      this.aheadMs = Math.max(this.aheadMs + getRetryDelay(tries - 1), result.retryAt - systemClock.now());
    }
    throw new Error(`Still no end after ${ATTEMPTS_MAX} attempts.`);
  }
}
