import { randomUUID } from 'node:crypto';
import { createKillSwitch, type KillSwitch } from '../../src/client/kill-switch';
import { clientOrderIdOf, orderIdOf } from '../../src/domain/ids';
import type { OrderResponse } from '../../src/domain/order';
import { createRedis, redisReady } from '../../src/storage/redis/client';
import { silentLogger } from '../../src/platform/logger';
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
      const killed = await killSwitch.kill(desk.tenantId, {
        ...WHY,
        scope: { exchangeId: 'BINANCE', assetId: 'ETH/USDT' },
        includeForeign: true,
      });
      expect(killed.cancelAll).toEqual([{ exchangeId: 'BINANCE', cancelled: 1 }]);
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
