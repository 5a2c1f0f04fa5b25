import { TenantPrices } from '../../src/composition/tenant-prices';
import type { Clock } from '../../src/platform/clock';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { type BinanceSandbox, startBinanceSandbox, TENANT } from '../exchanges/binance-sandbox';
import { ownRateLimiter } from '../ratelimit/own-limiter';
import { eventually } from '../stack/eventually';

let sandbox: BinanceSandbox;
beforeAll(async () => {
  sandbox = await startBinanceSandbox();
});
afterAll(() => sandbox.close());

test('a market stream that is lost is opened again as the reconnection strategy of its exchange says', async () => {
  const initialDelayMs = 1_234_567;
  const strategy = { initialDelayMs, maxDelayMs: initialDelayMs, multiplier: 1, maxAttempts: 3, jitterPercent: 0 };
  const pauses: number[] = [];
  const sleep: Clock['sleep'] = (ms, signal) => {
    pauses.push(ms);
    return systemClock.sleep(ms, signal);
  };
  const clock = { now: () => systemClock.now(), sleep };
  const reach = { clock, random: systemRandom, logger: silentLogger, allowSimulated: true };
  const prices = new TenantPrices(
    { getExchange: () => Promise.resolve(sandbox.config) },
    { ...reach, rateLimiter: ownRateLimiter(clock) },
    () => ({ begin: () => () => undefined }),
    (exchangeId) => (exchangeId === 'BINANCE' ? strategy : undefined),
  );
  await prices.mark({ tenantId: TENANT, exchangeId: 'BINANCE', assetId: 'BTC/USDT' });
  await eventually(async () => {
    await sandbox.admin.dropStreams();
    expect(pauses).toContain(initialDelayMs);
  });
  await prices.close();
});
