import type { DecimalString } from '../domain/decimal';
import { sum } from '../domain/decimal';
import type { ExchangeId } from '../domain/exchange';
import type { Position, PositionState } from '../domain/position';
import { averageEntryPriceOf } from '../domain/position';

/** A tenant's positions on one instrument, added up over exchanges (specification). Quantities in base, the rest in quote. */
export interface AggregatedPosition {
  tenantId: string;
  assetId: string;
  totalQuantity: DecimalString;
  /** Σ cost ÷ Σ quantity; "0" where long and short positions add up to nothing. */
  weightedAveragePrice: DecimalString;
  /** Absent while one of the positions has never had a price. */
  unrealizedPnL?: DecimalString;
  /** Gross of commissions. */
  realizedPnL: DecimalString;
  /** Per asset. */
  totalCommissions: Record<string, DecimalString>;
  positionsByExchange: ExchangePosition[];
  /** Present while a position is valued at an old price: since when, the oldest of them. */
  unpricedSince?: string;
  /** Of the position that changed last; absent when there is none. */
  updatedAt?: string;
}

export interface ExchangePosition {
  exchangeId: ExchangeId;
  quantity: DecimalString;
  averageEntryPrice: DecimalString;
  unrealizedPnL?: DecimalString;
  unpricedSince?: string;
}

/** A position as it is kept, and as it is shown. */
export interface ValuedPosition {
  state: PositionState;
  shown: Position;
}

/** Adds positions on one instrument up. */
export function aggregate(
  { tenantId, assetId }: Pick<AggregatedPosition, 'tenantId' | 'assetId'>,
  positions: readonly ValuedPosition[],
): AggregatedPosition {
  const states = positions.map(({ state }) => state);
  const shown = positions.map((position) => position.shown);
  const totals = { quantity: sum(states.map(({ quantity }) => quantity)), cost: sum(states.map(({ cost }) => cost)) };
  const unrealizedPnL = sumOfAll(shown.map((position) => position.unrealizedPnL));
  const unpricedSince = shown.flatMap((position) => position.unpricedSince ?? []).sort()[0];
  const updatedAt = states
    .map((state) => state.updatedAt)
    .sort()
    .at(-1);
  return {
    tenantId,
    assetId,
    totalQuantity: totals.quantity,
    weightedAveragePrice: averageEntryPriceOf(totals),
    ...(unrealizedPnL !== undefined && { unrealizedPnL }),
    realizedPnL: sum(states.map(({ realizedPnL }) => realizedPnL)),
    totalCommissions: sumPerAsset(states.map(({ commissions }) => commissions)),
    positionsByExchange: shown.map(byExchange),
    ...(unpricedSince !== undefined && { unpricedSince }),
    ...(updatedAt !== undefined && { updatedAt }),
  };
}

/** The sum; undefined where one of the amounts is not known. */
export function sumOfAll(amounts: readonly (DecimalString | undefined)[]): DecimalString | undefined {
  const known = amounts.filter((amount) => amount !== undefined);
  return known.length === amounts.length ? sum(known) : undefined;
}

export function sumPerAsset(amounts: readonly Record<string, DecimalString>[]): Record<string, DecimalString> {
  const assets = new Set(amounts.flatMap((one) => Object.keys(one)));
  return Object.fromEntries([...assets].sort().map((asset) => [asset, sum(amounts.map((one) => one[asset] ?? '0'))]));
}

function byExchange({
  exchangeId,
  quantity,
  averageEntryPrice,
  unrealizedPnL,
  unpricedSince,
}: Position): ExchangePosition {
  return {
    exchangeId,
    quantity,
    averageEntryPrice,
    ...(unrealizedPnL !== undefined && { unrealizedPnL }),
    ...(unpricedSince !== undefined && { unpricedSince }),
  };
}
