import fc from 'fast-check';
import type { AlertInput } from '../../src/alerts/alerts';
import { ActivityRig } from '../error-handling/activity-rig';
import type { BinanceSandbox } from '../exchanges/binance-sandbox';
import { CREDENTIALS, startBinanceSandbox } from '../exchanges/binance-sandbox';
import { testStack } from '../stack/stack';
import type { Stores } from '../storage/stores';
import { openStores } from '../storage/stores';

const RUNS = { numRuns: 100 };
const PLACE = 'POST /api/v3/order';

let sandbox: BinanceSandbox;
let stores: Stores;
let rig: ActivityRig;

beforeAll(async () => {
  [sandbox, stores] = await Promise.all([startBinanceSandbox(), openStores(testStack())]);
  rig = await ActivityRig.open(stores, sandbox);
});
afterAll(async () => {
  await rig.close();
  await Promise.all([sandbox.close(), stores.close()]);
});

/** A refusal that Binance's table doesn't know, or knows as a fault. */
const fault = fc.record({
  status: fc.constantFrom(400, 404, 409, 422),
  code: fc.oneof(fc.integer({ min: -99_999, max: -3_000 }), fc.constantFrom(-1000, -1006)),
  msg: fc.string({ minLength: 1, maxLength: 60 }),
  /** Whether the order was placed all the same. */
  processed: fc.boolean(),
});

describe('Property 38: exchange error alerting', () => {
  test('whatever fault a submit meets is logged and alerted of with code, message and what was asked', async () => {
    await fc.assert(
      fc.asyncProperty(fault, async (reply) => {
        const order = rig.order();
        await rig.refuse(PLACE, reply, 1);
        const { result } = await rig.submit(order);
        expect(result).toBe(reply.processed ? 'settled' : 'unknown');
        const told = {
          code: String(reply.code),
          category: 'EXCHANGE_ERROR',
          message: expect.stringContaining(JSON.stringify(reply.msg)),
        };
        const { orderId, tenantId, assetId, quantity, price } = order;
        const request = { call: 'submitOrder', tenantId, orderId, request: { orderId, assetId, quantity, price } };
        expect(alertsOf(orderId)).toMatchObject([
          {
            code: 'EXCHANGE_ERROR',
            tenantId,
            exchangeId: 'BINANCE',
            aspect: String(reply.code),
            details: { ...told, request },
          },
        ]);
        expect(rig.logged.splice(0)).toMatchObject([{ error: { ...told, context: request } }]);
      }),
      RUNS,
    );
    expect(JSON.stringify(rig.alerts.raised)).not.toContain(CREDENTIALS.apiSecret);
  });

  test('what is everyday raises nobody', async () => {
    const before = rig.alerts.raised.length;
    await rig.refuse(PLACE, { status: 503 }, 1);
    expect(await rig.submit(rig.order())).toMatchObject({ result: 'unknown' });
    await rig.refuse(
      PLACE,
      { status: 400, code: -2010, msg: 'Account has insufficient balance for requested action.' },
      1,
    );
    expect(await rig.submit(rig.order())).toMatchObject({ result: 'settled' });
    expect(rig.alerts.raised).toHaveLength(before);
  });

  test('a secret that the exchange repeats in its words is in neither log nor alert', async () => {
    const order = rig.order();
    await rig.refuse(
      PLACE,
      { status: 400, code: -4_242, msg: `Odd: ${CREDENTIALS.apiSecret} / ${CREDENTIALS.apiKey}` },
      1,
    );
    await rig.submit(order);
    const shown = JSON.stringify([alertsOf(order.orderId), rig.logged]);
    expect(shown).toContain('Odd: [redacted] / [redacted]');
    expect(shown).not.toContain(CREDENTIALS.apiSecret);
  });
});

function alertsOf(orderId: string): AlertInput[] {
  return rig.alerts.raised.filter((alert) => 'orderId' in alert && alert.orderId === orderId);
}
