import type { DecimalString } from '../domain/decimal';
import type { PositionState } from '../domain/position';

/** A market price of an instrument, in quote, and when it was that. */
export interface Mark {
  price: DecimalString;
  /** ISO 8601. */
  at: string;
}

/** Where a tenant trades an instrument: a sandbox has prices of its own. */
export type PricedPlace = Pick<PositionState, 'tenantId' | 'exchangeId' | 'assetId'>;

/** The last market price that anybody valued a position at, for the time when there is none. May be lost. */
export interface LastPrices {
  /** Never rejects; an older price does not take a newer one's place. */
  keep(place: PricedPlace, mark: Mark): Promise<void>;
  last(place: PricedPlace): Promise<Mark | undefined>;
}
