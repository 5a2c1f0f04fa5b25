import fc from 'fast-check';
import type { ConnectionName } from '../../src/transport/connection-observer';
import type { ExchangeAdapter, Ticker } from '../../src/exchanges/adapter';
import { exchangeModule } from '../../src/exchanges/registry';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import type { BinanceSandbox } from '../exchanges/binance-sandbox';
import { CREDENTIALS, startBinanceSandbox } from '../exchanges/binance-sandbox';
import { ownRateLimiter } from '../ratelimit/own-limiter';
import { KeptWatch, SocketServer, watchedClient } from '../transport/socket-server';

const RUNS = { numRuns: 100 };
const FAST = { initialDelayMs: 1, maxDelayMs: 4, multiplier: 2, maxAttempts: 8, jitterPercent: 20 };

describe('Property 12a: multiple concurrent connections', () => {
  test('of any number of connections those that are cut come back, and the others don’t notice', async () => {
    const server = await SocketServer.start();
    const whichAreCut = fc.array(fc.boolean(), { minLength: 2, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(whichAreCut, async (cuts) => {
        const made = cuts.map((isCut, index) => ({ isCut, index, ...watchedClient(), heard: [] as unknown[] }));
        for (const { client, heard, index } of made) {
          await client.subscribe(`stream-${index}`, (message) => void heard.push(message));
          await client.connect(server.endpoint, { reconnectStrategy: FAST });
        }
        const before = [...server.peers];
        for (const { isCut, index } of made) if (isCut) before[index]!.socket.terminate();
        for (const { isCut, watch } of made) {
          await watch.until(
            ({ statuses }) => statuses.filter((each) => each === 'CONNECTED').length === (isCut ? 2 : 1),
          );
        }
        await server.until(() => server.peers.length === cuts.length);
        for (const { index } of made) server.publish(`stream-${index}`, index);
        for (const { isCut, index, watch, heard, client } of made) {
          while (heard.length === 0) await new Promise(setImmediate);
          expect(heard).toEqual([{ channel: `stream-${index}`, value: index }]);
          const met = isCut ? ['CONNECTING', 'CONNECTED', 'RECONNECTING', 'CONNECTED'] : ['CONNECTING', 'CONNECTED'];
          expect(watch.statuses).toEqual(met);
          expect(watch.failures).toHaveLength(isCut ? 1 : 0);
          expect(server.peers.includes(before[index]!)).toBe(!isCut);
          await client.disconnect();
        }
        await server.until(() => server.peers.length === 0);
      }),
      RUNS,
    );
    await server.close();
  });

  describe('at an exchange', () => {
    let sandbox: BinanceSandbox;
    let adapter: ExchangeAdapter;
    const watches = new Map<ConnectionName['purpose'], KeptWatch>();
    const watch = ({ purpose }: ConnectionName): KeptWatch => {
      const known = watches.get(purpose) ?? new KeptWatch();
      watches.set(purpose, known);
      return known;
    };
    const watchOf = (purpose: ConnectionName['purpose']): KeptWatch => watches.get(purpose)!;

    beforeAll(async () => {
      sandbox = await startBinanceSandbox();
      adapter = sandbox.createAdapter({ observer: { begin: () => () => undefined, watch } });
    });
    afterAll(() => sandbox.close());

    test('orders and prices come over connections of their own, each watched on its own', async () => {
      const prices = exchangeModule('BINANCE').createMarketStream({
        ...{ mode: 'SANDBOX', endpoints: sandbox.config, allowSimulated: true, observer: { watch } },
        ...{ clock: systemClock, random: systemRandom, logger: silentLogger, rateLimiter: ownRateLimiter(systemClock) },
      });
      let onTicker: (ticker: Ticker) => void = () => undefined;
      const ticker = (): Promise<Ticker> => new Promise((resolve) => (onTicker = resolve));
      prices.subscribe('BTC/USDT');
      await prices.open((given) => onTicker(given));
      await adapter.connect();
      const first = ticker();
      await sandbox.admin.setPrice('BTCUSDT', '50000');
      expect(await first).toMatchObject({ assetId: 'BTC/USDT', bid: '49990', ask: '50010' });
      await sandbox.admin.dropStreams(CREDENTIALS.apiKey);
      await watchOf('ACCOUNT').until(({ status }) => status === 'DISCONNECTED');
      const second = ticker();
      await sandbox.admin.setPrice('BTCUSDT', '51000');
      expect((await second).bid).toBe('50989.8');
      expect(watchOf('MARKET').statuses).toEqual(['CONNECTING', 'CONNECTED']);
      expect(watchOf('CALLS').status).toBe('CONNECTED');
      await adapter.connect();
      expect(watchOf('ACCOUNT').statuses).toEqual([
        'CONNECTING',
        'CONNECTED',
        'DISCONNECTED',
        'CONNECTING',
        'CONNECTED',
      ]);
      await prices.close();
    });
  });
});
