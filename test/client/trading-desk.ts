import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { ensureConnection } from '../../src/client/ensure-connection';
import { createOrderManager, type OrderManager } from '../../src/client/order-manager';
import { openServices, type Services } from '../../src/composition/services';
import { clientOrderIdOf, orderIdOf } from '../../src/domain/ids';
import type { OrderRequestInput } from '../../src/domain/order-request';
import { systemClock } from '../../src/platform/clock';
import { noCrashPoint } from '../../src/platform/crash-points';
import { parseEnvironment } from '../../src/platform/environment';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { SimulatorAdmin } from '../../src/simulator/admin-client';
import { connectClient } from '../../src/temporal/connect-client';
import type { TestStack } from '../stack/stack';
import { serviceEnvironment, startWorkerProcess } from '../stack/worker-process';
import type { OrderFields } from '../stack/resting-order';
import { restingOrder } from '../stack/resting-order';

/** The whole service for one tenant with an account at simulated Binance. */
export interface TradingDesk {
  tenantId: string;
  /** Of its account. */
  apiKey: string;
  /** Of the service's processes, for a command of the CLI. */
  environment: Record<string, string>;
  manager: OrderManager;
  client: Client;
  services: Services;
  admin: SimulatorAdmin;
  /** A LIMIT order that rests, under a key of its own; `changes` replace fields, undefined removes them. */
  anOrder(changes?: OrderFields): OrderRequestInput;
  /** How many orders the exchange has of ours under an idempotency key. */
  ordersAtExchange(idempotencyKey: string): Promise<number>;
  close(): Promise<void>;
}

const apiKeyOf = (tenantId: string): string => tenantId.padEnd(64, '0');
const SECRET = 's'.repeat(64);

/** `own`: a namespace, and a prefix of tables, that the desk shares with no other; variables of its worker. */
export async function openTradingDesk(
  stack: TestStack,
  own: { namespace?: string; tablePrefix?: string; environment?: Record<string, string> } = {},
): Promise<TradingDesk> {
  const tenantId = `desk-${randomUUID().slice(0, 8)}`;
  const { namespace, tablePrefix } = own;
  const environment = {
    ...serviceEnvironment(stack),
    ...(namespace !== undefined && { TEMPORAL_NAMESPACE: namespace }),
    ...(tablePrefix !== undefined && { TABLE_PREFIX: tablePrefix }),
  };
  const settings = parseEnvironment(environment);
  const services = await openServices(settings, {
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    crashPoint: noCrashPoint,
  });
  const { client, close } = await connectClient(settings);
  const admin = new SimulatorAdmin(stack.simulator.adminUrl);
  if (tablePrefix !== undefined) await services.tables.create();
  const worker = await startWorkerProcess(stack, 'all-workers', own);
  await openAccount({ stack, admin, services, tenantId });
  await ensureConnection(client, tenantId, 'BINANCE');
  return {
    tenantId,
    apiKey: apiKeyOf(tenantId),
    environment,
    services,
    client,
    admin,
    manager: createOrderManager({ ...services, client }),
    anOrder: (changes = {}) => restingOrder(tenantId, changes),
    ordersAtExchange: async (key) => {
      const { orders } = await admin.state();
      const clientOrderId = clientOrderIdOf(orderIdOf(tenantId, key), 0);
      return orders.filter((order) => order.clientOrderId === clientOrderId).length;
    },
    close: async () => {
      await worker.stop();
      await close();
      await services.close();
    },
  };
}

interface Account {
  stack: TestStack;
  admin: SimulatorAdmin;
  services: Services;
  tenantId: string;
}

async function openAccount({ stack, admin, services, tenantId }: Account): Promise<void> {
  const apiKey = apiKeyOf(tenantId);
  const balances = { USDT: '1000000', BTC: '10' };
  await admin.addAccount({ accountId: tenantId, apiKey, apiSecret: SECRET, balances });
  const { rest, wsApi, ws } = stack.simulator.exchanges['binance'] ?? {};
  await services.exchanges.registerExchange(tenantId, {
    exchangeId: 'BINANCE',
    mode: 'SANDBOX',
    credentials: { apiKey, apiSecret: SECRET },
    restEndpoint: rest,
    wsEndpoint: wsApi,
    wsPublicEndpoint: ws,
  });
}
