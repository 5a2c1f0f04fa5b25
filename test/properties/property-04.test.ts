import '../exchanges/real-ccxt';
import { Socket } from 'node:net';
import fc from 'fast-check';
import type { ExchangeConfig, ExchangeId } from '../../src/domain/exchange';
import type { ExchangeModule } from '../../src/exchanges/exchange-module';
import { EXCHANGES } from '../../src/exchanges/registry';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { createHostGuard, hostFault } from '../../src/transport/host-guard';
import { createRESTClient } from '../../src/transport/rest/rest-client';
import { WebSocketClient } from '../../src/transport/websocket/websocket-client';
import { unobserved } from '../audit/silent-audit';
import { orderOf, placed, refOf } from '../exchanges/placing';
import { ownRateLimiter } from '../ratelimit/own-limiter';

const RUNS = { numRuns: 300 };
const REGISTERED = Object.entries(EXCHANGES) as [ExchangeId, ExchangeModule][];
const platform = { clock: systemClock, random: systemRandom, logger: silentLogger };

let dialled: jest.SpyInstance;
beforeEach(() => {
  dialled = jest.spyOn(Socket.prototype, 'connect');
});
afterEach(() => dialled.mockRestore());

/** Addresses at which production could be reached, also those that try to look like another. */
const productionAddress = ({ productionHosts, sandboxHosts }: ExchangeModule): fc.Arbitrary<string> => {
  const host = fc.constantFrom(...productionHosts);
  const disguise = fc.constantFrom(
    '',
    'user@',
    'user:pass@',
    ...sandboxHosts.map((sandbox) => `${sandbox}@`),
    'localhost@',
  );
  const port = fc.oneof(
    fc.constant(''),
    fc.integer({ min: 1, max: 65_535 }).map((number) => `:${number}`),
  );
  const path = fc.constantFrom(
    '',
    '/',
    '/api/v3',
    '/ws?to=127.0.0.1',
    ...sandboxHosts.map((sandbox) => `/#${sandbox}`),
  );
  const upper = fc.boolean();
  const scheme = fc.constantFrom('https:', 'wss:', 'http:', 'ws:');
  return fc.tuple(scheme, disguise, host, upper, port, path).map(([protocol, before, name, isUpper, at, after]) => {
    return `${protocol}//${before}${isUpper ? name.toUpperCase() : name}${at}${after}`;
  });
};

describe.each(REGISTERED)('Property 04: sandbox isolation of %s', (exchangeId, module) => {
  const rules = { productionHosts: module.productionHosts, sandboxHosts: module.sandboxHosts };

  test('the addresses that a SANDBOX registration gets by itself are sandbox hosts, and none is a production host', () => {
    const guarded = { ...rules, mode: 'SANDBOX', allowSimulated: false } as const;
    for (const address of Object.values(module.defaultEndpoints.SANDBOX ?? {})) {
      expect(hostFault(address, guarded)).toBeUndefined();
    }
    expect(module.sandboxHosts.filter((host) => module.productionHosts.includes(host))).toEqual([]);
  });

  test('no production address passes, however it is written, and nothing is dialled', async () => {
    await fc.assert(
      fc.asyncProperty(productionAddress(module), fc.boolean(), async (address, allowSimulated) => {
        const guard = createHostGuard({ ...rules, mode: 'SANDBOX', allowSimulated });
        const refused = { fault: 'HOST_REFUSED', sent: 'no' };
        const rest = createRESTClient({ baseUrl: address, guard, clock: systemClock });
        await expect(rest.request({ method: 'GET', endpoint: '/time' })).rejects.toMatchObject(refused);
        const sign = (): { method: string; url: string; headers: Record<string, string> } => ({
          ...{ method: 'POST', url: address, headers: {} },
        });
        const label = { operation: 'ORDER_SUBMIT' } as const;
        await expect(rest.request({ method: 'POST', endpoint: '/order', sign, label })).rejects.toMatchObject(refused);
        const socket = new WebSocketClient({ ...platform, guard, purpose: 'MARKET' });
        await expect(socket.connect(address)).rejects.toMatchObject(refused);
        await rest.close();
      }),
      RUNS,
    );
    expect(dialled).not.toHaveBeenCalled();
  });

  test('an adapter whose SANDBOX registration names production reaches nothing', async () => {
    const { PRODUCTION: endpoints } = module.defaultEndpoints;
    if (endpoints === undefined) return;
    const config = { exchangeId, tenantId: 'tenant', mode: 'SANDBOX', authMethod: module.authMethods[0], ...endpoints };
    const adapter = module.createAdapter({
      ...{ ...platform, config: config as ExchangeConfig, observer: unobserved, allowSimulated: true },
      credentials: { apiKey: 'a-key-of-ours', apiSecret: 'a-secret-of-ours' },
      rateLimiter: ownRateLimiter(systemClock),
    });
    const request = orderOf({ exchangeId });
    const calls: (() => Promise<unknown>)[] = [
      () => adapter.connect(),
      () => adapter.instruments(),
      () => adapter.getBalance(),
      () => adapter.getPositions(),
      () => adapter.getTicker('BTC/USDT'),
      () => adapter.findOrder(refOf(request)),
      () => adapter.listOpenOrders('tenant'),
      () => adapter.listExecutions('tenant', 'BTC/USDT', 0),
    ];
    for (const call of calls) await expect(call()).rejects.toThrow('SANDBOX');
    for (const outcome of [await adapter.submitOrder(placed(request)), await adapter.cancelOrder(refOf(request))]) {
      expect(outcome.outcome).not.toBe('accepted');
    }
    expect(await adapter.healthCheck()).toMatchObject({ healthy: false });
    expect(dialled).not.toHaveBeenCalled();
  });
});
