import type { Alerts } from '../alerts/alerts';
import { Decimal } from '../domain/decimal';
import type { Position, PositionState } from '../domain/position';
import { viewPosition } from '../domain/position';
import type { Clock } from '../platform/clock';
import type { LastPrices, Mark, PricedPlace } from '../storage/last-prices';

/** A price that cannot be had is asked for once more, after this. */
const ATTEMPTS_MAX = 2;
const PAUSE_MS = 200;

/** The market price of an instrument where the tenant trades it; undefined while none is fresh enough. */
export type PriceSource = (place: PricedPlace) => Promise<Mark | undefined>;

export interface ValuationParts {
  price: PriceSource;
  lastPrices: LastPrices;
  alerts: Alerts;
  clock: Clock;
}

/** A price to value by; `isStale`: it is the last that was known, and none is to be had now. */
export interface ValuationPrice extends Mark {
  isStale: boolean;
}

/** Values positions at the market, and at the last known price while the market has none. */
export class Valuation {
  constructor(private readonly parts: ValuationParts) {}

  /** With its unrealized P&L: at the market, else as it was last known and flagged, else without. */
  async valued(state: PositionState): Promise<Position> {
    if (new Decimal(state.quantity).isZero()) return viewPosition(state);
    const price = await this.priceAt(state);
    if (price === undefined || price.isStale) this.alertOfMissing(state, price);
    if (price === undefined) return viewPosition(state);
    return {
      ...viewPosition(state, price.price),
      pricedAt: price.at,
      ...(price.isStale && { unpricedSince: price.at }),
    };
  }

  async priceAt({ tenantId, exchangeId, assetId }: PricedPlace): Promise<ValuationPrice | undefined> {
    const place = { tenantId, exchangeId, assetId };
    const fresh = await this.freshPrice(place);
    if (fresh === undefined) {
      const last = await this.parts.lastPrices.last(place);
      return last && { ...last, isStale: true };
    }
    void this.parts.lastPrices.keep(place, fresh);
    return { ...fresh, isStale: false };
  }

  private async freshPrice(place: PricedPlace): Promise<Mark | undefined> {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const mark = await this.parts.price(place);
      if (mark !== undefined || attempt === ATTEMPTS_MAX) return mark;
      await this.parts.clock.sleep(PAUSE_MS);
    }
    return undefined;
  }

  private alertOfMissing({ tenantId, exchangeId, assetId }: PricedPlace, last: Mark | undefined): void {
    const details = { assetId, ...(last && { lastPrice: last.price, unpricedSince: last.at }) };
    this.parts.alerts.raise({ code: 'POSITION_UNPRICED', tenantId, exchangeId, aspect: assetId, details });
  }
}
