import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONNECTION_LIMITS } from '../../activities/connection/connection-deps';
import { clientOrderIdOf } from '../../src/domain/ids';
import { type RunningSimulator, startSimulator } from '../../src/simulator/simulator';
import { systemRandom } from '../../src/platform/random';
import '../exchanges/real-ccxt';
import { auditAccount } from '../simulation/auditor';
import type { TestAccount } from '../stack/account';
import { booksOf } from '../stack/books';
import { ConnectionFleet } from '../stack/connection-fleet';
import { eventually } from '../stack/eventually';
import { freshNamespace } from '../stack/namespace';
import { startService, type TestService } from '../stack/service';
import { testStack } from '../stack/stack';

/** Twenty accounts at each of two simulated Binances. */
const ACCOUNTS_EACH = 20;
const ENTRY = join(__dirname, '..', 'stack', 'order-and-exchange-worker.ts');

let directory: string;
let second: RunningSimulator;
let service: TestService;
let fleet: ConnectionFleet;
beforeAll(async () => {
  const stack = testStack();
  directory = mkdtempSync(join(tmpdir(), 'second-binance-'));
  second = await startSimulator({ directory, marketIntervalMs: 0, accounts: [] });
  const namespace = await freshNamespace(stack.temporalAddress, 'fleet');
  service = await startService(stack, { namespace, entry: ENTRY });
  fleet = new ConnectionFleet(stack, namespace, service.services, service.temporal);
  await Promise.all([fleet.addWorker(), fleet.addWorker(), fleet.addWorker()]);
  const there = { adminUrl: second.admin, exchanges: { binance: { ...second.binance } } };
  await fleet.openAccounts([stack.simulator, there], ACCOUNTS_EACH);
}, 120_000);
afterAll(async () => {
  await fleet?.stop();
  await service?.stop();
  await second?.close();
  rmSync(directory, { recursive: true, force: true });
}, 60_000);

/** An order far from the market, which only the test fills. */
async function place({ tenantId }: TestAccount): Promise<string> {
  const { orderId, status } = await service.orderManager.submitOrder({
    ...{ tenantId, strategyId: 'fleet', assetId: 'BTC/USDT', side: 'BUY', orderType: 'LIMIT', timeInForce: 'GTC' },
    ...{ quantity: '1', price: '20000', exchangeId: 'BINANCE' },
    idempotencyKey: systemRandom.uuid(),
    timestamp: new Date().toISOString(),
  });
  expect(status).toBe('OPEN');
  return orderId;
}

async function fill({ admin }: TestAccount, orderId: string, quantity: string): Promise<void> {
  await admin.fill({ symbol: 'BTCUSDT', clientOrderId: clientOrderIdOf(orderId, 0), quantity });
}

async function untilFilled({ tenantId }: TestAccount, orderId: string): Promise<void> {
  await eventually(async () => {
    expect(await service.orderManager.getOrder(tenantId, orderId)).toMatchObject({ status: 'FILLED' });
  }, 60_000);
}

const busiest = (loads: ReadonlyMap<number, number>): number =>
  [...loads].reduce((most, each) => (each[1] > most[1] ? each : most))[0];

test('of 40 connections none misses anything when one of three workers is killed, and a worker that joins gets its share', async () => {
  const { accounts } = fleet;
  const loads = await fleet.untilLive();
  const orders = await Promise.all(accounts.map((account) => place(account)));
  await Promise.all(accounts.map((account, index) => fill(account, orders[index]!, '0.4')));
  const killed = busiest(loads);
  process.kill(killed, 'SIGKILL');
  await Promise.all(accounts.map((account, index) => fill(account, orders[index]!, '0.6')));
  await Promise.all(accounts.map((account, index) => untilFilled(account, orders[index]!)));
  const left = await fleet.untilLive((now) => !now.has(killed));
  for (const { tenantId, admin } of accounts) {
    const { findings } = auditAccount(await admin.state(), tenantId, await booksOf(service.services, tenantId));
    expect(findings).toEqual([]);
  }

  const stopped = busiest(left);
  process.kill(stopped, 'SIGTERM');
  await fleet.untilLive((now) => !now.has(stopped) && now.size === 1);
  const joined = await fleet.addWorker();
  await fleet.untilLive((now) => (now.get(joined.pid) ?? 0) >= accounts.length / 2 - 2);
}, 240_000);

test('a killed worker is noticed early enough for its connections to be elsewhere within 15 s', () => {
  // workflows/connection: heartbeat timeout 9 s, retried after 1 s; the rest is for the backfill.
  expect(CONNECTION_LIMITS.heartbeatIntervalMs).toBeLessThanOrEqual(9_000 / 2);
});
