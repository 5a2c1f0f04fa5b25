import fc from 'fast-check';
import type { AuthMethod, Credentials } from '../../src/domain/exchange';
import type { ExchangeAdapter } from '../../src/exchanges/adapter';
import { EXCHANGES } from '../../src/exchanges/registry';
import type { CallObserver, ObservedCall } from '../../src/transport/call-observer';
import type { RunningExchange } from '../conformance/exchange-kit';
import { KITS_OF_REGISTERED } from '../conformance/exchange-kit';
import { orderOf, placed, refOf } from '../exchanges/placing';

const RUNS = { numRuns: 100 };
const TENANT = 'tenant-1';

/** Keys of an account, none like another. */
const credentials = (): fc.Arbitrary<Credentials> =>
  // Not shrunk: an account that was opened before would come again with another secret.
  fc.noShrink(
    fc.record({
      apiKey: fc.uuid().map((id) => `key-${id.replaceAll('-', '')}`),
      apiSecret: fc.stringMatching(/^[!-~]{1,64}$/),
    }),
  );

type Call = (adapter: ExchangeAdapter, assetId: string) => Promise<unknown>;

const privateCall = (): fc.Arbitrary<Call> =>
  fc.oneof(
    fc.constantFrom<Call>(
      (adapter) => adapter.getBalance(),
      (adapter) => adapter.getPositions(),
      (adapter) => adapter.listOpenOrders(TENANT),
      (adapter, assetId) => adapter.listOpenOrders(TENANT, assetId),
      (adapter) => adapter.connect(),
    ),
    fc
      .integer({ min: 0, max: 3 * 86_400_000 })
      .map<Call>((agoMs) => (adapter, assetId) => adapter.listExecutions(TENANT, assetId, Date.now() - agoMs)),
    fc.uuid().map<Call>((key) => (adapter) => adapter.findOrder(refOf(orderOf({ idempotencyKey: key })))),
    fc.tuple(fc.uuid(), fc.integer({ min: 31_000, max: 50_000 })).map<Call>(([key, price]) => async (adapter) => {
      const request = orderOf({ idempotencyKey: key, price: String(price) });
      expect(await adapter.submitOrder(placed(request))).toMatchObject({ outcome: 'accepted' });
      expect(await adapter.cancelOrder(refOf(request))).toMatchObject({ outcome: 'accepted' });
    }),
  );

describe.each(KITS_OF_REGISTERED)('Property 05: REST authentication at %s', (exchangeId, kit) => {
  const { authMethods = [] } = EXCHANGES[exchangeId] ?? {};
  let exchange: RunningExchange;
  let sent: ObservedCall['sent'][];
  const observer: CallObserver = {
    begin: (call) => {
      sent.push(call.sent);
      return () => undefined;
    },
  };

  beforeAll(async () => {
    exchange = await kit.start();
  });
  afterAll(() => exchange.close());

  test('every private call is signed by the account’s method with its own key, and the exchange takes it', async () => {
    const method = fc.constantFrom<AuthMethod>(...authMethods);
    await fc.assert(
      fc.asyncProperty(credentials(), credentials(), method, privateCall(), async (own, others, authMethod, call) => {
        sent = [];
        await exchange.openAccount(own);
        const adapter = exchange.adapterFor({ credentials: own, authMethod, observer });
        await call(adapter, exchange.assetId);
        await adapter.disconnect();
        expect(sent.length).toBeGreaterThan(0);
        for (const each of sent) {
          expect(kit.isAuthenticated(each, authMethod, own)).toBe(true);
          expect(kit.isAuthenticated(each, authMethod, { ...own, apiSecret: others.apiSecret + own.apiSecret })).toBe(
            false,
          );
          expect(kit.isAuthenticated(each, authMethod, { ...others, apiSecret: own.apiSecret })).toBe(false);
        }
      }),
      RUNS,
    );
  });

  test('with a secret that is not the key’s own nothing is taken', async () => {
    await fc.assert(
      fc.asyncProperty(credentials(), fc.constantFrom<AuthMethod>(...authMethods), async (own, authMethod) => {
        sent = [];
        await exchange.openAccount(own);
        const wrong = { ...own, apiSecret: `${own.apiSecret}!` };
        const adapter = exchange.adapterFor({ credentials: wrong, authMethod, observer });
        await expect(adapter.getBalance()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
        expect(await adapter.submitOrder(placed(orderOf()))).toMatchObject({
          outcome: 'rejected',
          error: { code: 'AUTHENTICATION_FAILED' },
        });
      }),
      { numRuns: 20 },
    );
  });
});
