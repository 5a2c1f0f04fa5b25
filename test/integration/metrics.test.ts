import '../exchanges/real-ccxt';
import { ensureConnection } from '../../src/client/ensure-connection';
import { createOrderManager } from '../../src/client/order-manager';
import { openServices, type Services } from '../../src/composition/services';
import { systemClock } from '../../src/platform/clock';
import { noCrashPoint } from '../../src/platform/crash-points';
import { parseEnvironment } from '../../src/platform/environment';
import { silentLogger } from '../../src/platform/logger';
import { freePort } from '../../src/local/ports';
import { systemRandom } from '../../src/platform/random';
import { connectClient, type TemporalClient } from '../../src/temporal/connect-client';
import { orderWorkflowId } from '../../workflows/order/contract';
import { openTestAccount, type TestAccount } from '../stack/account';
import { eventually } from '../stack/eventually';
import { freshNamespace } from '../stack/namespace';
import { testStack } from '../stack/stack';
import { serviceEnvironment, startWorkerProcess, type WorkerProcess } from '../stack/worker-process';

const TIME_LIMIT_MS = 90_000;

let services: Services;
let temporal: TemporalClient;
let worker: WorkerProcess;
let account: TestAccount;
let metricsAddress: string;
beforeAll(async () => {
  const stack = testStack();
  const namespace = await freshNamespace(stack.temporalAddress, 'metrics');
  metricsAddress = `127.0.0.1:${await freePort(systemRandom)}`;
  const settings = parseEnvironment({ ...serviceEnvironment(stack), TEMPORAL_NAMESPACE: namespace });
  const surroundings = { clock: systemClock, random: systemRandom, logger: silentLogger, crashPoint: noCrashPoint };
  [services, temporal, worker] = await Promise.all([
    openServices(settings, surroundings),
    connectClient(settings),
    startWorkerProcess(stack, 'all-workers', { namespace, metricsAddress }),
  ]);
  account = await openTestAccount(services, stack.simulator);
  await ensureConnection(temporal.client, account.tenantId, account.exchangeId);
}, TIME_LIMIT_MS);
afterAll(async () => {
  await worker?.stop();
  await temporal?.close();
  await services?.close();
});

test(
  'a worker serves what orders and connections of its accounts measure, each order once',
  async () => {
    const { tenantId } = account;
    const manager = createOrderManager({ ...services, client: temporal.client });
    for (const idempotencyKey of ['one', 'two']) {
      const { orderId } = await manager.submitOrder({
        tenantId,
        strategyId: 'measured',
        assetId: 'BTC/USDT',
        side: 'BUY',
        orderType: 'MARKET',
        quantity: '0.01',
        timeInForce: 'IOC',
        exchangeId: 'BINANCE',
        idempotencyKey,
        timestamp: new Date().toISOString(),
      });
      await temporal.client.workflow.getHandle(orderWorkflowId(tenantId, orderId)).result();
    }
    const order = `tenantId="${tenantId}",exchangeId="BINANCE",assetId="BTC/USDT",orderType="MARKET"`;
    await eventually(async () => {
      const text = await metrics();
      expect(text).toContain(`execution_fill_ratio_count{${order}} 2\n`);
      expect(text).toContain(`execution_latency_seconds_count{${order}} 2\n`);
      expect(text).toMatch(new RegExp(`execution_slippage_ratio_count{${order}} [12]\n`));
      for (const type of ['REST', 'WEBSOCKET']) {
        const connection = `tenantId="${tenantId}",exchangeId="BINANCE",connectionType="${type}"`;
        expect(text).toContain(`connection_error_ratio{${connection}} 0\n`);
      }
      const orders = `exchangeId="BINANCE",tenantId="${tenantId}",scope="ACCOUNT",category="ORDERS",window="10s"`;
      const weight = 'exchangeId="BINANCE",tenantId="",scope="IP",category="WEIGHT",window="60s"';
      for (const limit of [orders, weight]) {
        expect(text).toMatch(new RegExp(`ratelimit_limit{${limit}} [1-9]`));
        expect(text).toMatch(new RegExp(`ratelimit_used{${limit}} \\d`));
        expect(text).toMatch(new RegExp(`ratelimit_remaining{${limit}} \\d`));
        expect(text).toContain(`ratelimit_banned_until_timestamp_seconds{${limit}} 0\n`);
      }
    });
    expect(await metrics()).not.toMatch(/orderId/);
  },
  TIME_LIMIT_MS,
);

async function metrics(): Promise<string> {
  return await (await fetch(`http://${metricsAddress}/metrics`)).text();
}
