import { Context } from '@temporalio/activity';
import { ServiceError } from '../src/domain/errors';
import type { OrderRequest } from '../src/domain/order-request';
import type { TriggerState } from '../src/domain/trigger';
import { follow, newTriggerState } from '../src/domain/trigger';
import { isoTime } from '../src/platform/clock';
import type { MarketData } from '../src/marketdata/market-data';
import type { ActivityDeps } from './deps';
import type { Trigger, TriggerActivities } from './order-activities';
import { exchangeIdOf } from './order-refs';

/** Between looks at the market; each is a look at prices that a stream keeps current. */
const LOOK_INTERVAL_MS = 100;

export interface TriggerLimits {
  /** Held orders that one worker watches at once, per exchange; more wait until one ends or another worker starts. */
  watchesMax: number;
  /** A held order without a fresh price for so long is told to people. */
  unpricedMaxMs: number;
}

/** Each watch is a look at a price in memory now and then. */
export const TRIGGER_LIMITS: TriggerLimits = { watchesMax: 1_000, unpricedMaxMs: 60_000 };

export interface TriggerDeps extends Pick<ActivityDeps, 'clock' | 'alerts'> {
  /** Prices where the tenant trades. */
  marketData(tenantId: string): Pick<MarketData, 'quote'>;
}

/**
 * Watches the market for orders that the exchange can't watch itself. The heartbeat carries what a trailing stop has
 * seen, so that another worker goes on from there.
 */
export function createTriggerActivities(
  { clock, alerts, marketData }: TriggerDeps,
  { watchesMax, unpricedMaxMs }: TriggerLimits = TRIGGER_LIMITS,
): TriggerActivities {
  let watches = 0;
  return {
    awaitTrigger: async (request) => {
      watches += 1;
      if (watches >= watchesMax) alert(request, 'CAPACITY', { watches });
      try {
        return await watch(request);
      } finally {
        watches -= 1;
      }
    },
  };

  async function watch(request: OrderRequest): Promise<Trigger> {
    const { heartbeat, info, cancellationSignal } = Context.current();
    let state = (info.heartbeatDetails as TriggerState | undefined) ?? newTriggerState();
    for (let pricedAtMs = clock.now(); ;) {
      const price = await marketPrice(request);
      // Without a fresh price nothing is decided: a stop must not fire on a price of the past.
      const next = price === undefined ? { state } : follow(request, state, price);
      if (next.reached !== undefined) return { price: next.reached, at: isoTime(clock.now()) };
      state = next.state;
      heartbeat(state);
      if (price !== undefined) pricedAtMs = clock.now();
      else if (clock.now() - pricedAtMs >= unpricedMaxMs) alert(request, 'PRICES', { assetId: request.assetId });
      await clock.sleep(LOOK_INTERVAL_MS, cancellationSignal);
    }
  }

  function alert(request: OrderRequest, aspect: 'CAPACITY' | 'PRICES', details: object): void {
    const { tenantId, orderId } = request;
    alerts.raise({ code: 'STOP_UNWATCHED', tenantId, exchangeId: exchangeIdOf(request), orderId, aspect, details });
  }

  /** What the order would trade at: bought at the ask, sold at the bid. */
  async function marketPrice(request: OrderRequest): Promise<string | undefined> {
    try {
      const { bid, ask } = await marketData(request.tenantId).quote(exchangeIdOf(request), request.assetId);
      return request.side === 'BUY' ? ask : bid;
    } catch (error) {
      if (error instanceof ServiceError) return undefined;
      throw error;
    }
  }
}
