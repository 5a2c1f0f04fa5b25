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

export interface TriggerDeps extends Pick<ActivityDeps, 'clock'> {
  /** Prices where the tenant trades. */
  marketData(tenantId: string): Pick<MarketData, 'quote'>;
}

/**
 * Watches the market for orders that the exchange can't watch itself. The heartbeat carries what a trailing stop has
 * seen, so that another worker goes on from there.
 */
export function createTriggerActivities({ clock, marketData }: TriggerDeps): TriggerActivities {
  return {
    awaitTrigger: async (request) => {
      const { heartbeat, info, cancellationSignal } = Context.current();
      let state = (info.heartbeatDetails as TriggerState | undefined) ?? newTriggerState();
      for (;;) {
        const price = await marketPrice(request);
        // Without a fresh price nothing is decided: a stop must not fire on a price of the past.
        const next = price === undefined ? { state } : follow(request, state, price);
        if (next.reached !== undefined) return { price: next.reached, at: isoTime(clock.now()) } satisfies Trigger;
        state = next.state;
        heartbeat(state);
        await clock.sleep(LOOK_INTERVAL_MS, cancellationSignal);
      }
    },
  };

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
