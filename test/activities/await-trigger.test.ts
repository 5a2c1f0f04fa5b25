import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createTriggerActivities } from '../../activities/await-trigger';
import { ServiceError } from '../../src/domain/errors';
import { KeptAlerts } from '../alerts/kept-alerts';
import { ManualClock } from '../alerts/manual-clock';
import type { Quote } from '../../src/marketdata/market-data';
import { anOrder } from '../storage/stores';

const UNPRICED_MAX_MS = 60_000;

/** A worker that watches held orders, with a market that tells its price only when it has one. */
class Watcher {
  readonly alerts = new KeptAlerts();
  readonly clock = new ManualClock();
  bid: string | undefined = '50000';
  private readonly environments: MockActivityEnvironment[] = [];
  private readonly activities = createTriggerActivities(
    {
      clock: this.clock,
      alerts: this.alerts,
      marketData: () => ({ quote: () => (this.bid === undefined ? noPrice() : Promise.resolve(quoteOf(this.bid))) }),
    },
    { watchesMax: 3, unpricedMaxMs: UNPRICED_MAX_MS },
  );

  watch(): void {
    const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
    this.environments.push(environment);
    environment.run(this.activities.awaitTrigger, STOP).catch(() => {});
  }

  /** Lets every watch look again and again for so long. */
  async pass(ms: number): Promise<void> {
    for (const untilMs = this.clock.now() + ms; this.clock.now() < untilMs;) {
      await new Promise(setImmediate);
      await this.clock.pass(100);
    }
  }

  stop(): void {
    for (const environment of this.environments) environment.cancel();
  }
}

const STOP = anOrder('desk', { orderType: 'STOP_MARKET', side: 'SELL', stopPrice: '40000', price: undefined });
const quoteOf = (price: string): Quote => ({ bid: price, ask: price, mid: price, at: 0 });
const noPrice = (): Promise<never> => Promise.reject(new ServiceError('PRICE_UNAVAILABLE', 'none'));

let watcher: Watcher;
beforeEach(() => (watcher = new Watcher()));
afterEach(() => watcher.stop());

test('a stop that is held without a fresh price for a minute is told to people, one that has prices is not', async () => {
  watcher.watch();
  await watcher.pass(2 * UNPRICED_MAX_MS);
  expect(watcher.alerts.raised).toEqual([]);
  watcher.bid = undefined;
  await watcher.pass(UNPRICED_MAX_MS - 1_000);
  expect(watcher.alerts.raised).toEqual([]);
  await watcher.pass(2_000);
  const { tenantId, orderId } = STOP;
  expect(watcher.alerts.raised[0]).toEqual({
    ...{ code: 'STOP_UNWATCHED', tenantId, orderId, exchangeId: 'BINANCE', aspect: 'PRICES' },
    details: { assetId: STOP.assetId },
  });
});

test('the worker that takes the last stop it can watch says so, since the next would wait unseen', async () => {
  watcher.watch();
  watcher.watch();
  await watcher.pass(1_000);
  expect(watcher.alerts.raised).toEqual([]);
  watcher.watch();
  await watcher.pass(1_000);
  expect(watcher.alerts.raised).toEqual([expect.objectContaining({ code: 'STOP_UNWATCHED', aspect: 'CAPACITY' })]);
});
