import { exchangeModule } from '../../src/exchanges/registry';
import type { MarketData, Quote } from '../../src/marketdata/market-data';
import { createLiveMarketData } from '../../src/marketdata/live-market-data';
import { systemClock } from '../../src/platform/clock';
import { silentLogger } from '../../src/platform/logger';
import { systemRandom } from '../../src/platform/random';
import { ownRateLimiter } from '../ratelimit/own-limiter';
import type { BinanceSandbox } from '../exchanges/binance-sandbox';
import { startBinanceSandbox } from '../exchanges/binance-sandbox';

const WAIT_MS = 10_000;
const POLL_MS = 20;
let sandbox: BinanceSandbox;
let marketData: MarketData;

beforeEach(async () => {
  sandbox = await startBinanceSandbox();
});
afterEach(async () => {
  await marketData.close();
  await sandbox.close();
});

function open(quoteAgeMsMax?: number): void {
  marketData = createLiveMarketData({
    createStream: (exchangeId) =>
      Promise.resolve(
        exchangeModule(exchangeId).createMarketStream({
          mode: 'SANDBOX',
          endpoints: sandbox.config,
          clock: systemClock,
          random: systemRandom,
          logger: silentLogger,
          rateLimiter: ownRateLimiter(systemClock),
          allowSimulated: true,
        }),
      ),
    clock: systemClock,
    logger: silentLogger,
    ...(quoteAgeMsMax !== undefined && { quoteAgeMsMax }),
  });
}

/** Asks until the quote is as wanted: what comes by stream comes when it comes. */
async function quoteWhen(wanted: (quote: Quote) => boolean): Promise<Quote> {
  const deadlineMs = Date.now() + WAIT_MS;
  for (;;) {
    const quote = await marketData.quote('BINANCE', 'BTC/USDT');
    if (wanted(quote)) return quote;
    if (Date.now() > deadlineMs) throw new Error(`still ${JSON.stringify(quote)}`);
    await systemClock.sleep(POLL_MS);
  }
}

it('gives a price at once, and follows the market by the stream', async () => {
  open(3_600_000); // what comes later can only have come by the stream
  const first = await marketData.quote('BINANCE', 'BTC/USDT');
  expect(first).toMatchObject({ bid: '59988', ask: '60012', mid: '60000' });
  expect(Math.abs(Date.now() - first.at)).toBeLessThan(1_000);
  await systemClock.sleep(600); // the subscription goes out in bunches
  await sandbox.admin.setPrice('BTCUSDT', '50000');
  expect(await quoteWhen(({ mid }) => mid === '50000')).toMatchObject({ bid: '49990', ask: '50010' });
});

it('asks anew for the price of a quiet market when it has become too old', async () => {
  open(1);
  const first = await marketData.quote('BINANCE', 'ETH/USDT');
  await systemClock.sleep(5);
  const second = await marketData.quote('BINANCE', 'ETH/USDT');
  expect(second.at).toBeGreaterThan(first.at);
});

it('gets its stream and subscriptions back after the connection was lost', async () => {
  open(3_600_000);
  await marketData.quote('BINANCE', 'BTC/USDT');
  await systemClock.sleep(600);
  await sandbox.admin.dropStreams();
  await systemClock.sleep(2_000);
  await sandbox.admin.setPrice('BTCUSDT', '55000');
  expect(await quoteWhen(({ mid }) => mid === '55000')).toBeDefined();
});

it('has no price for what it can’t ask for: unlisted, unreachable, or closed', async () => {
  open(1);
  await expect(marketData.quote('BINANCE', 'NO/SUCH')).rejects.toMatchObject({ code: 'PRICE_UNAVAILABLE' });
  await marketData.quote('BINANCE', 'BTC/USDT');
  await sandbox.admin.addFault({
    match: { endpoint: 'GET /api/v3/ticker/bookTicker' },
    effect: { kind: 'status-before', status: 503 },
  });
  await systemClock.sleep(5);
  await expect(marketData.quote('BINANCE', 'BTC/USDT')).rejects.toMatchObject({ code: 'PRICE_UNAVAILABLE' });
  await marketData.close();
  await expect(marketData.quote('BINANCE', 'BTC/USDT')).rejects.toMatchObject({ code: 'PRICE_UNAVAILABLE' });
});
