import type { DecimalString } from '../domain/decimal';
import { sum } from '../domain/decimal';
import { ServiceError } from '../domain/errors';
import type { ExchangeId } from '../domain/exchange';
import { currenciesOf } from '../domain/order-request';
import type { Position } from '../domain/position';
import { averageEntryPriceOf } from '../domain/position';
import { sumOfAll, sumPerAsset, type ValuedPosition } from './aggregation';
import { type Conversion, convert } from './conversions';

/**
 * What a tenant holds of one base currency, added up over quotes and exchanges. Amounts of money in `currency`, each
 * position's at the rate that its conversion shows: today's, for what was paid in the past, too.
 */
export interface BasePosition {
  tenantId: string;
  base: string;
  currency: string;
  totalQuantity: DecimalString;
  /** Σ converted cost ÷ Σ quantity. This and the P&L are absent while a conversion or a price is not known. */
  weightedAveragePrice?: DecimalString;
  unrealizedPnL?: DecimalString;
  /** Gross of commissions. */
  realizedPnL?: DecimalString;
  /** Per asset, not converted. */
  totalCommissions: Record<string, DecimalString>;
  positions: ConvertedPosition[];
}

/** One of the positions: in its own quote, and how that was converted. */
export interface ConvertedPosition {
  assetId: string;
  exchangeId: ExchangeId;
  quantity: DecimalString;
  averageEntryPrice: DecimalString;
  unrealizedPnL?: DecimalString;
  realizedPnL: DecimalString;
  unpricedSince?: string;
  /** Absent where the exchange has no instrument of both currencies. */
  conversion?: Conversion;
}

/** Adds positions on one base currency up, those without a conversion keeping the sums of money from being known. */
export function aggregateBase(
  { tenantId, base, currency }: Pick<BasePosition, 'tenantId' | 'base' | 'currency'>,
  positions: readonly (ValuedPosition & { conversion: Conversion | undefined })[],
): BasePosition {
  const inCurrency = (amountOf: (position: ValuedPosition) => DecimalString | undefined): DecimalString | undefined =>
    sumOfAll(
      positions.map((position) => {
        const amount = amountOf(position);
        return amount === undefined || position.conversion === undefined
          ? undefined
          : convert(amount, position.conversion);
      }),
    );
  const totalQuantity = sum(positions.map(({ state }) => state.quantity));
  const cost = inCurrency(({ state }) => state.cost);
  const unrealizedPnL = inCurrency(({ shown }) => shown.unrealizedPnL);
  const realizedPnL = inCurrency(({ state }) => state.realizedPnL);
  return {
    tenantId,
    base,
    currency,
    totalQuantity,
    ...(cost !== undefined && { weightedAveragePrice: averageEntryPriceOf({ quantity: totalQuantity, cost }) }),
    ...(unrealizedPnL !== undefined && { unrealizedPnL }),
    ...(realizedPnL !== undefined && { realizedPnL }),
    totalCommissions: sumPerAsset(positions.map(({ state }) => state.commissions)),
    positions: positions.map(({ shown, conversion }) => convertedPosition(shown, conversion)),
  };
}

/**
 * The currency to add up in: the one asked for, or the only quote that there is.
 * @throws ServiceError INVALID_INPUT where there are several and none is asked for
 */
export function currencyFor(asked: string | undefined, positions: readonly Pick<Position, 'assetId'>[]): string {
  if (asked !== undefined) return asked;
  const [only, ...others] = new Set(positions.map(({ assetId }) => currenciesOf(assetId).quote));
  if (only !== undefined && others.length === 0) return only;
  const choice = only === undefined ? 'there are no positions' : `their quotes are ${[only, ...others].join(', ')}`;
  const message = `is required to add the positions up: ${choice}`;
  throw new ServiceError('INVALID_INPUT', `A currency ${message}.`, [{ field: 'currency', message }]);
}

function convertedPosition(position: Position, conversion: Conversion | undefined): ConvertedPosition {
  const { assetId, exchangeId, quantity, averageEntryPrice, unrealizedPnL, realizedPnL, unpricedSince } = position;
  return {
    assetId,
    exchangeId,
    quantity,
    averageEntryPrice,
    ...(unrealizedPnL !== undefined && { unrealizedPnL }),
    realizedPnL,
    ...(unpricedSince !== undefined && { unpricedSince }),
    ...(conversion !== undefined && { conversion }),
  };
}
