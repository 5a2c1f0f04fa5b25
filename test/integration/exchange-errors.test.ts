import { ActivityRig } from '../error-handling/activity-rig';
import type { BinanceSandbox } from '../exchanges/binance-sandbox';
import { CREDENTIALS, startBinanceSandbox } from '../exchanges/binance-sandbox';
import { testStack } from '../stack/stack';
import type { Stores } from '../storage/stores';
import { openStores } from '../storage/stores';

const WRONG = { apiKey: 'nobodys-key', apiSecret: 'nobodys-secret' };
const REFUSAL = { status: 401, code: -2015, msg: 'Invalid API-key, IP, or permissions for action.' };

let sandbox: BinanceSandbox;
let stores: Stores;
let rig: ActivityRig;

beforeAll(async () => {
  [sandbox, stores] = await Promise.all([startBinanceSandbox(), openStores(testStack())]);
});
beforeEach(async () => {
  rig = await ActivityRig.open(stores, sandbox);
});
afterEach(() => rig.close());
afterAll(() => Promise.all([sandbox.close(), stores.close()]));

const registration = (): ReturnType<typeof rig.exchanges.getExchange> =>
  rig.exchanges.getExchange(rig.tenantId, 'BINANCE');

describe('an exchange that refuses our credentials', () => {
  it('takes no more orders until a person has mended it, and somebody is told', async () => {
    await rig.exchanges.updateExchange(rig.tenantId, 'BINANCE', { credentials: WRONG });
    const order = rig.order();
    expect(await rig.submit(order)).toMatchObject({
      facts: { lifecycle: { phase: 'REJECTED', error: { code: 'AUTHENTICATION_FAILED', category: 'FATAL' } } },
    });
    expect(await registration()).toMatchObject({
      status: 'ERROR',
      statusReason: expect.stringMatching(/^-201[45]: .*API-key/) as string,
    });
    expect(rig.alerts.raised).toMatchObject([
      { code: 'EXCHANGE_DISABLED', exchangeId: 'BINANCE', orderId: order.orderId, details: { category: 'FATAL' } },
    ]);
    expect(await rig.submit(rig.order())).toMatchObject({
      facts: {
        lifecycle: {
          error: { code: 'EXCHANGE_UNAVAILABLE', message: expect.stringMatching(/is ERROR .*API-key/) as string },
        },
      },
    });
    await rig.exchanges.updateExchange(rig.tenantId, 'BINANCE', { credentials: CREDENTIALS });
    expect((await registration()).status).toBe('ERROR');
    await rig.exchanges.setExchangeStatus(rig.tenantId, 'BINANCE', 'ACTIVE');
    expect(await registration()).not.toHaveProperty('statusReason');
    expect(await rig.submit(rig.order())).toMatchObject({ facts: { lifecycle: { phase: 'OPEN' } } });
  });

  it('goes on with cancels and lookups of the orders that it has', async () => {
    const resting = rig.order();
    await rig.submit(resting);
    await rig.refuse('POST /api/v3/order', REFUSAL, 1);
    await rig.submit(rig.order());
    expect((await registration()).status).toBe('ERROR');
    expect(await rig.cancel(resting)).toMatchObject({ facts: { lifecycle: { phase: 'CANCELLED' } } });
  });

  it('is left as it is when its registration has been mended since the call', async () => {
    const old = await rig.exchanges.openAdapter(rig.tenantId, 'BINANCE');
    await rig.exchanges.updateExchange(rig.tenantId, 'BINANCE', { credentials: CREDENTIALS });
    await rig.refuse('GET /api/v3/account', REFUSAL, 1);
    await expect(old.getBalance()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED', exchangeCode: '-2015' });
    expect((await registration()).status).toBe('ACTIVE');
  });

  it('keeps the status that a person gave it, with their reason', async () => {
    await rig.exchanges.setExchangeStatus(rig.tenantId, 'BINANCE', 'MAINTENANCE', 'moving house');
    const adapter = await rig.exchanges.openAdapter(rig.tenantId, 'BINANCE');
    await rig.refuse('GET /api/v3/account', REFUSAL, 1);
    await expect(adapter.getBalance()).rejects.toThrow();
    expect(await registration()).toMatchObject({ status: 'MAINTENANCE', statusReason: 'moving house' });
  });
});
