import type { Client } from '@temporalio/client';

import { ensureConnection } from '../../src/client/ensure-connection';
import { createOrderManager, type OrderManager } from '../../src/client/order-manager';
import { openServices } from '../../src/composition/services';
import type { OrderRequestInput } from '../../src/domain/order-request';
import { systemClock } from '../../src/platform/clock';
import { noCrashPoint } from '../../src/platform/crash-points';
import { parseEnvironment } from '../../src/platform/environment';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { SimulatorAdmin } from '../../src/simulator/admin-client';
import { createRedis, type RedisConnection, redisReady } from '../../src/storage/redis/client';
import { connectClient } from '../../src/temporal/connect-client';
import type { TestStack } from '../stack/stack';
import { serviceEnvironment } from '../stack/worker-process';
import { restingOrder } from '../stack/resting-order';

export const SYMBOL = 'BTCUSDT';
const API_KEY = 'k'.repeat(64);
const API_SECRET = 's'.repeat(64);
const BALANCES = { USDT: '1000000000', BTC: '1000' };

/** A tenant that trades on the simulated Binance through the service's own client. */
export interface Desk {
  tenantId: string;
  client: Client;
  manager: OrderManager;
  admin: SimulatorAdmin;
  redis: RedisConnection;
  /** A BUY LIMIT far below the market, which rests until it is filled on purpose. */
  restingOrder(): OrderRequestInput;
  /** A BUY MARKET, which the exchange fills before it answers. */
  marketOrder(): OrderRequestInput;
  close(): Promise<void>;
}

/** Opens the account, registers the exchange and has its stream held. */
export async function openDesk(stack: TestStack): Promise<Desk> {
  const settings = parseEnvironment(serviceEnvironment(stack));
  const platform = { clock: systemClock, random: systemRandom, logger: silentLogger, crashPoint: noCrashPoint };
  const services = await openServices(settings, platform);
  const temporal = await connectClient(settings);
  const redis = createRedis(stack.redisUrl, silentLogger);
  await redisReady(redis);
  const admin = new SimulatorAdmin(stack.simulator.adminUrl);
  const tenantId = 'bench';
  await admin.addAccount({ accountId: tenantId, apiKey: API_KEY, apiSecret: API_SECRET, balances: BALANCES });
  const { rest, wsApi, ws } = stack.simulator.exchanges['binance'] ?? {};
  await services.exchanges.registerExchange(tenantId, {
    exchangeId: 'BINANCE',
    mode: 'SANDBOX',
    credentials: { apiKey: API_KEY, apiSecret: API_SECRET },
    ...(rest && { restEndpoint: rest }),
    ...(wsApi && { wsEndpoint: wsApi }),
    ...(ws && { wsPublicEndpoint: ws }),
  });
  await ensureConnection(temporal.client, tenantId, 'BINANCE');
  const { client } = temporal;
  return {
    tenantId,
    client,
    manager: createOrderManager({ ...services, client }),
    admin,
    redis,
    restingOrder: () => restingOrder(tenantId, { quantity: '0.001' }),
    marketOrder: () => restingOrder(tenantId, { orderType: 'MARKET', price: undefined, quantity: '0.001' }),
    close: async () => {
      redis.disconnect();
      await temporal.close();
      await services.close();
    },
  };
}
