import { randomUUID } from 'node:crypto';
import { createKillSwitch, type KillSwitch } from '../../src/client/kill-switch';
import { clientOrderIdOf, orderIdOf } from '../../src/domain/ids';
import type { OrderResponse } from '../../src/domain/order';
import { createRedis, redisReady } from '../../src/storage/redis/client';
import { silentLogger } from '../../src/platform/logger';
import type { FaultEffect } from '../../src/simulator/faults';
import { orderWorkflowId } from '../../workflows/order/contract';
import { openTradingDesk, type TradingDesk } from '../client/trading-desk';
import { eventually } from '../stack/eventually';
import { openLine } from '../stack/line';
import { freshNamespace } from '../stack/namespace';
import { testStack } from '../stack/stack';

const TIME_LIMIT_MS = 90_000;
const WHY = { reason: 'model went wild', haltedBy: 'alice' };

interface ExchangeOrder {
  clientOrderId: string;
  status: string;
  symbol: string;
}

/** The exchange's own word on the desk's orders. */
async function ordersAtExchange(desk: TradingDesk): Promise<ExchangeOrder[]> {
  const { orders } = await desk.admin.state();
  return orders.filter(({ accountId }) => accountId === desk.tenantId);
}

const isOpen = ({ status }: ExchangeOrder): boolean => status === 'NEW' || status === 'PARTIALLY_FILLED';
const killSwitchOf = (desk: TradingDesk): KillSwitch =>
  createKillSwitch({ ...desk.services, orderManager: desk.manager, client: desk.client });
const FAULTS: FaultEffect[] = [
  { kind: 'rate-limit', status: 429, retryAfterSeconds: 1 },
  { kind: 'status-before', status: 503 },
  { kind: 'lose-reply' },
];
const ETHER = { exchangeId: 'BINANCE', assetId: 'ETH/USDT' } as const;

describe('the kill switch on the real service', () => {
  let desk: TradingDesk;
  let killSwitch: KillSwitch;

  beforeAll(async () => {
    desk = await openTradingDesk(testStack());
    killSwitch = killSwitchOf(desk);
  }, TIME_LIMIT_MS);
  afterAll(() => desk?.close());

  const submit = (changes: Record<string, unknown> = {}): Promise<OrderResponse> =>
    desk.manager.submitOrder(desk.anOrder(changes));
  const statusOf = async (orderId: string): Promise<string> =>
    (await desk.manager.getOrder(desk.tenantId, orderId)).status;
  const placeForeign = async (clientOrderId: string): Promise<void> => {
    const terms = { symbol: 'ETHUSDT', side: 'BUY', price: '1000', quantity: '0.1' } as const;
    await desk.admin.placeCustomerOrder({ accountId: desk.tenantId, clientOrderId, ...terms });
  };

  test(
    'under a load of submits: after kill has returned the exchange gets nothing in scope, and nothing in scope is open',
    async () => {
      const outside = await submit({ strategyId: 'other' });
      const keys: string[] = [];
      const answers: OrderResponse[] = [];
      let isEnough = false;
      const submitAll = async (): Promise<void> => {
        while (!isEnough) {
          const idempotencyKey = randomUUID();
          keys.push(idempotencyKey);
          answers.push(await submit({ idempotencyKey }));
          await new Promise((resolve) => setTimeout(resolve, 150));
        }
      };
      const load = [submitAll(), submitAll(), submitAll()];
      await eventually(() => expect(answers.length).toBeGreaterThan(5));

      let whenHalted: Promise<ExchangeOrder[]> | undefined;
      const onProgress = (): void => void (whenHalted ??= ordersAtExchange(desk));
      const killed = await killSwitch.kill(desk.tenantId, { ...WHY, scope: { strategyId: 'trend' } }, { onProgress });
      const answeredAtReturn = answers.length;
      await eventually(() => expect(answers.length).toBeGreaterThan(answeredAtReturn + 5));
      isEnough = true;
      await Promise.all(load);

      const inScope = new Set(keys.map((key) => clientOrderIdOf(orderIdOf(desk.tenantId, key), 0)));
      const after = await ordersAtExchange(desk);
      expect(after).toHaveLength((await whenHalted)?.length ?? 0);
      expect(after.filter((order) => isOpen(order) && inScope.has(order.clientOrderId))).toEqual([]);
      expect(killed).toMatchObject({ stage: 'DONE', open: 0, released: false });
      expect(killed.found).toBeGreaterThan(0);
      const refused = answers.filter(({ status }) => status === 'REJECTED');
      expect(refused.length).toBeGreaterThanOrEqual(5);
      expect(new Set(refused.map(({ error }) => error?.code))).toEqual(new Set(['TRADING_HALTED']));

      expect(await statusOf(outside.orderId)).toBe('OPEN');
      expect(await submit({ strategyId: 'other' })).toMatchObject({ status: 'OPEN' });
    },
    TIME_LIMIT_MS,
  );

  test('the halt holds after Redis has lost everything, until its release, which says who and why', async () => {
    const { redisUrl } = testStack();
    const redis = createRedis(redisUrl, silentLogger);
    await redisReady(redis);
    // Only this tenant's keys, since others test on the same Redis.
    const keys = await redis.keys(`*${desk.tenantId}*`);
    if (keys.length > 0) await redis.del(...keys);
    redis.disconnect();
    expect(await submit()).toMatchObject({ status: 'REJECTED', error: { code: 'TRADING_HALTED' } });

    const [halt] = await killSwitch.standingHalts(desk.tenantId);
    expect(halt).toMatchObject({ ...WHY, scope: { strategyId: 'trend' } });
    const end = { releasedBy: 'bob', reason: 'model fixed' };
    const released = await killSwitch.release(desk.tenantId, halt?.haltId ?? '', end);
    expect(released).toMatchObject({ ...WHY, release: end });
    expect(await submit()).toMatchObject({ status: 'OPEN' });
    expect(await killSwitch.standingHalts(desk.tenantId)).toEqual([]);
    expect((await killSwitch.listHalts(desk.tenantId)).items).toEqual([released]);
    await expect(killSwitch.kill(desk.tenantId, { ...WHY, haltId: released.haltId })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    expect(await submit()).toMatchObject({ status: 'OPEN' });
  });

  test(
    'an order whose workflow was terminated is cancelled at the exchange all the same',
    async () => {
      const orphan = await submit({ strategyId: 'orphans' });
      await desk.client.workflow.getHandle(orderWorkflowId(desk.tenantId, orphan.orderId)).terminate();
      const preview = await killSwitch.preview(desk.tenantId, { strategyId: 'orphans' });
      expect(preview.map(({ orderId }) => orderId)).toEqual([orphan.orderId]);
      const killed = await killSwitch.kill(desk.tenantId, { ...WHY, scope: { strategyId: 'orphans' } });
      expect(killed).toMatchObject({ stage: 'DONE', found: 1, open: 0 });
      expect(await statusOf(orphan.orderId)).toBe('CANCELLED');
    },
    TIME_LIMIT_MS,
  );

  test(
    "orders of others on the account are cancelled when that is meant, by the exchange's cancel-all",
    async () => {
      const ours = await submit({ strategyId: 'other', assetId: 'ETH/USDT', price: '1000', quantity: '0.1' });
      await placeForeign('web_1');
      const killed = await killSwitch.kill(desk.tenantId, { ...WHY, scope: ETHER, includeForeign: true });
      // Ours is cancelled by its own workflow or by the cancel-all, whichever comes first.
      expect(killed.cancelAll).toEqual([{ exchangeId: 'BINANCE', cancelled: expect.any(Number) }]);
      expect(killed.cancelAll[0]?.cancelled).toBeGreaterThanOrEqual(1);
      expect(killed.open).toBe(0);
      expect(await statusOf(ours.orderId)).toBe('CANCELLED');
      const open = (await ordersAtExchange(desk)).filter(isOpen);
      expect(new Set(open.map(({ symbol }) => symbol))).toEqual(new Set(['BTCUSDT']));
      await expect(
        killSwitch.kill(desk.tenantId, { ...WHY, scope: { strategyId: 'other' }, includeForeign: true }),
      ).rejects.toMatchObject({ code: 'INVALID_INPUT', faults: [{ field: 'includeForeign' }] });
    },
    TIME_LIMIT_MS,
  );

  test(
    'no order of others is left on the account after an exchange that first asks to wait, then fails, then loses its answer',
    async () => {
      await placeForeign('web_2');
      const match = { endpoint: 'DELETE /api/v3/openOrders', apiKey: desk.apiKey, times: 1 };
      const rules = [];
      for (const effect of FAULTS) rules.push(await desk.admin.addFault({ match, effect }));
      const killed = await killSwitch.kill(desk.tenantId, { ...WHY, scope: ETHER, includeForeign: true });
      const faults = await desk.admin.faults();
      expect(rules.map((rule) => faults.find(({ id }) => id === rule)?.hits)).toEqual([1, 1, 1]);
      // The answer that told of the order is the one that was lost.
      expect(killed).toMatchObject({ stage: 'DONE', cancelAll: [{ exchangeId: 'BINANCE', cancelled: 0 }] });
      expect(killed.cancelAll[0]?.error).toBeUndefined();
      const open = (await ordersAtExchange(desk)).filter(isOpen);
      expect(open.filter(({ symbol }) => symbol === 'ETHUSDT')).toEqual([]);
    },
    TIME_LIMIT_MS,
  );
});

test(
  'while DynamoDB is unreachable nothing is sent, and afterwards the order is, or is halted',
  async () => {
    const stack = testStack();
    const namespace = await freshNamespace(stack.temporalAddress, 'kill');
    const line = await openLine(new URL(stack.dynamodbEndpoint));
    const dynamodbEndpoint = `http://127.0.0.1:${line.port}`;
    const desk = await openTradingDesk({ ...stack, dynamodbEndpoint }, { namespace });
    try {
      expect(await desk.manager.submitOrder(desk.anOrder())).toMatchObject({ status: 'OPEN' });
      line.cut();
      const order = desk.anOrder({ strategyId: 'other' });
      await expect(desk.manager.submitOrder(order, { timeoutMs: 4_000 })).rejects.toMatchObject({
        code: 'ANSWER_PENDING',
      });
      expect(await ordersAtExchange(desk)).toHaveLength(1);
      const killing = killSwitchOf(desk).kill(desk.tenantId, { ...WHY, scope: { strategyId: 'other' } });
      await expect(killing).rejects.toMatchObject({
        code: 'DEPENDENCY_UNAVAILABLE',
        message: expect.stringContaining('halts as soon as it can'),
      });
      line.mend();
      expect(await desk.manager.submitOrder(order)).toMatchObject({
        status: 'REJECTED',
        error: { code: 'TRADING_HALTED' },
      });
      expect(await killSwitchOf(desk).standingHalts(desk.tenantId)).toMatchObject([WHY]);
      expect(await ordersAtExchange(desk)).toHaveLength(1);
    } finally {
      await desk.close();
      line.close();
    }
  },
  TIME_LIMIT_MS,
);
