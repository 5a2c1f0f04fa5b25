import type { Client, WorkflowHandle } from '@temporalio/client';
import { ensureConnection } from '../../src/client/ensure-connection';
import { createOrderManager, type OrderManager } from '../../src/client/order-manager';
import { openServices, type Services } from '../../src/composition/services';
import type { Order } from '../../src/domain/order';
import type { Fill } from '../../src/domain/order';
import type { OrderRequestInput } from '../../src/domain/order-request';
import { viewOrder } from '../../src/domain/order-state';
import type { SimulatorAddresses } from '../../src/local/simulator';
import { systemClock } from '../../src/platform/clock';
import { noCrashPoint } from '../../src/platform/crash-points';
import { parseEnvironment } from '../../src/platform/environment';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { SimulatorAdmin } from '../../src/simulator/admin-client';
import { connectClient } from '../../src/temporal/connect-client';
import { orderWorkflowId } from '../../workflows/order/contract';
import type { order } from '../../workflows/order/workflow';
import type { TestStack } from '../stack/stack';
import { serviceEnvironment } from '../stack/worker-process';
import type { Audit } from './auditor';
import { auditAccount } from './auditor';

/** Where a desk trades: the stack, the namespace its workers poll, and a simulated exchange, the stack's by default. */
export interface DeskPlace {
  stack: Omit<TestStack, 'simulator' | 'workflowBundlePath' | 'temporalUiUrl'>;
  namespace: string;
  simulator: SimulatorAddresses;
}

/** A tenant with a funded account at a simulated Binance, seen through the service's own client. */
export class Desk {
  readonly tenantId = `t-${systemRandom.uuid()}`;
  readonly manager: OrderManager;
  private orderCount = 0;

  private constructor(
    readonly client: Client,
    readonly services: Services,
    readonly admin: SimulatorAdmin,
    /** Of processes that are the service's clients. */
    readonly environment: Record<string, string>,
    private readonly disconnect: () => Promise<void>,
  ) {
    this.manager = createOrderManager({ ...services, client });
  }

  static async open({ stack, namespace, simulator }: DeskPlace): Promise<Desk> {
    const environment = { ...serviceEnvironment(stack), TEMPORAL_NAMESPACE: namespace };
    const settings = parseEnvironment(environment);
    const platform = { clock: systemClock, random: systemRandom, logger: silentLogger, crashPoint: noCrashPoint };
    const services = await openServices(settings, platform);
    const { client, close } = await connectClient(settings);
    const desk = new Desk(client, services, new SimulatorAdmin(simulator.adminUrl), environment, close);
    await desk.openAccount(simulator);
    await ensureConnection(client, desk.tenantId, 'BINANCE');
    return desk;
  }

  /** A valid order under a key of its own: a BUY LIMIT of 0.01 BTC that rests at 50000. `fields` override. */
  anOrder(fields: Partial<OrderRequestInput> = {}): OrderRequestInput {
    this.orderCount += 1;
    return {
      tenantId: this.tenantId,
      strategyId: 'momentum',
      assetId: 'BTC/USDT',
      side: 'BUY',
      orderType: 'LIMIT',
      quantity: '0.01',
      ...(fields.orderType !== 'MARKET' && { price: '50000' }),
      timeInForce: 'GTC',
      exchangeId: 'BINANCE',
      idempotencyKey: `order-${this.orderCount}`,
      timestamp: new Date().toISOString(),
      ...fields,
    };
  }

  workflowOf(orderId: string): WorkflowHandle<typeof order> {
    return this.client.workflow.getHandle<typeof order>(orderWorkflowId(this.tenantId, orderId));
  }

  /** Compares everything that the exchange has of this account with everything that is recorded. */
  async audit(): Promise<Audit> {
    const ours = await this.recorded();
    const positions = await this.services.positions.list(this.tenantId);
    const books = { orders: ours, positions: positions.items };
    return auditAccount(await this.admin.state(), this.tenantId, books);
  }

  async close(): Promise<void> {
    await this.disconnect();
    await this.services.close();
  }

  private async recorded(): Promise<{ order: Order; fills: Fill[] }[]> {
    const { orders } = this.services;
    const books: { order: Order; fills: Fill[] }[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await orders.list(this.tenantId, {}, cursor);
      for (const state of page.items) {
        // The list is of an index that follows the records at a distance.
        const record = await orders.get(this.tenantId, state.request.orderId);
        const fills = await orders.listFills(this.tenantId, state.request.orderId);
        books.push({ order: viewOrder(record?.state ?? state), fills: fills.items });
      }
      if (page.cursor === undefined) return books;
      cursor = page.cursor;
    }
  }

  private async openAccount({ exchanges }: SimulatorAddresses): Promise<void> {
    const credentials = { apiKey: `key-of-${this.tenantId}`, apiSecret: `secret-of-${this.tenantId}` };
    const balances = { USDT: '100000000', BTC: '1000', ETH: '10000' };
    await this.admin.addAccount({ accountId: this.tenantId, ...credentials, balances });
    const { rest = '', wsApi = '', ws = '' } = exchanges['binance'] ?? {};
    await this.services.exchanges.registerExchange(this.tenantId, {
      exchangeId: 'BINANCE',
      mode: 'SANDBOX',
      credentials,
      restEndpoint: rest,
      wsEndpoint: wsApi,
      wsPublicEndpoint: ws,
    });
  }
}
