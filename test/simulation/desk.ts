import type { Client, WorkflowHandle } from '@temporalio/client';
import { ensureConnection } from '../../src/client/ensure-connection';
import { createOrderManager, type OrderManager } from '../../src/client/order-manager';
import { openServices, type Services } from '../../src/composition/services';
import { clientOrderIdOf, orderIdOf } from '../../src/domain/ids';
import type { ExchangeConfigInput } from '../../src/exchange-service/config-input';
import type { OrderRequestInput } from '../../src/domain/order-request';
import type { SimulatorAddresses } from '../../src/local/simulator';
import { systemClock } from '../../src/platform/clock';
import { noCrashPoint } from '../../src/platform/crash-points';
import { parseEnvironment } from '../../src/platform/environment';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import type { SimulatorAdmin } from '../../src/simulator/admin-client';
import { connectClient } from '../../src/temporal/connect-client';
import { orderWorkflowId } from '../../workflows/order/contract';
import type { order } from '../../workflows/order/workflow';
import { openTestAccount } from '../stack/account';
import { booksOf } from '../stack/books';
import type { TestStack } from '../stack/stack';
import { serviceEnvironment } from '../stack/worker-process';
import type { Audit } from './auditor';
import { auditAccount } from './auditor';
import { restingOrder } from '../stack/resting-order';

/** Where a desk trades: the stack, the namespace its workers poll, and a simulated exchange, the stack's by default. */
export interface DeskPlace {
  stack: Omit<TestStack, 'simulator' | 'workflowBundlePath' | 'temporalUiUrl'>;
  namespace: string;
  simulator: SimulatorAddresses;
}

/** A tenant with a funded account at a simulated Binance, seen through the service's own client. */
export class Desk {
  readonly client: Client;
  readonly services: Services;
  readonly admin: SimulatorAdmin;
  /** Of processes that are the service's clients. */
  readonly environment: Record<string, string>;
  readonly manager: OrderManager;
  private readonly disconnect: () => Promise<void>;
  private orderCount = 0;

  private constructor(
    readonly tenantId: string,
    parts: Pick<Desk, 'client' | 'services' | 'admin' | 'environment'> & { disconnect: () => Promise<void> },
  ) {
    ({
      client: this.client,
      services: this.services,
      admin: this.admin,
      environment: this.environment,
      disconnect: this.disconnect,
    } = parts);
    this.manager = createOrderManager({ ...this.services, client: this.client });
  }

  static async open(
    { stack, namespace, simulator }: DeskPlace,
    registration: Partial<ExchangeConfigInput> = {},
  ): Promise<Desk> {
    const environment = { ...serviceEnvironment(stack), TEMPORAL_NAMESPACE: namespace };
    const settings = parseEnvironment(environment);
    const platform = { clock: systemClock, random: systemRandom, logger: silentLogger, crashPoint: noCrashPoint };
    const services = await openServices(settings, platform);
    const { client, close } = await connectClient(settings);
    const { tenantId, admin } = await openTestAccount(services, simulator, registration);
    await ensureConnection(client, tenantId, 'BINANCE');
    return new Desk(tenantId, { client, services, admin, environment, disconnect: close });
  }

  /** A valid order under a key of its own: a BUY LIMIT of 0.01 BTC that rests at 50000. `fields` override. */
  anOrder(fields: Partial<OrderRequestInput> = {}): OrderRequestInput {
    this.orderCount += 1;
    return restingOrder(this.tenantId, {
      idempotencyKey: `order-${this.orderCount}`,
      ...(fields.orderType === 'MARKET' && { price: undefined }),
      ...fields,
    });
  }

  /** The ids that the exchange has given to orders of ours under this order's client id: more than one is a doubled order. */
  async atExchange({ idempotencyKey }: OrderRequestInput): Promise<string[]> {
    const clientOrderId = clientOrderIdOf(orderIdOf(this.tenantId, idempotencyKey), 0);
    const { orders } = await this.admin.state();
    return orders.filter((order) => order.clientOrderId === clientOrderId).map(({ orderId }) => String(orderId));
  }

  /** Fills a resting order at the exchange. */
  async fill({ idempotencyKey, assetId }: OrderRequestInput, quantity?: string): Promise<void> {
    const clientOrderId = clientOrderIdOf(orderIdOf(this.tenantId, idempotencyKey), 0);
    const symbol = assetId.replace('/', '');
    await this.admin.fill({ symbol, clientOrderId, ...(quantity !== undefined && { quantity }) });
  }

  workflowOf(orderId: string): WorkflowHandle<typeof order> {
    return this.client.workflow.getHandle<typeof order>(orderWorkflowId(this.tenantId, orderId));
  }

  /** Compares everything that the exchange has of this account with everything that is recorded. */
  async audit(): Promise<Audit> {
    const books = await booksOf(this.services, this.tenantId);
    return auditAccount(await this.admin.state(), this.tenantId, books);
  }

  async close(): Promise<void> {
    await this.disconnect();
    await this.services.close();
  }
}
