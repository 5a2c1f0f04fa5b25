import type { DecimalString } from '../domain/decimal';
import { Decimal, formatDecimal, sum } from '../domain/decimal';
import { currenciesOf } from '../domain/order-request';
import type { Position } from '../domain/position';
import { sumOfAll, sumPerAsset } from './aggregation';

/** Profit and loss of some positions, added up per quote currency, with the positions it comes from. */
export interface ProfitAndLoss {
  tenantId: string;
  /** The past instant that it is of; absent: now. */
  asOf?: string;
  totals: QuoteProfitAndLoss[];
  /** Per asset: what P&L gross of commissions does not have. */
  totalCommissions: Record<string, DecimalString>;
  positions: Position[];
}

export interface QuoteProfitAndLoss {
  quote: string;
  /** Gross of commissions. */
  realizedPnL: DecimalString;
  /** Absent while one of the positions has no price. */
  unrealizedPnL?: DecimalString;
  /** Realized less the commissions that were taken in this currency; those in others are not converted. */
  realizedPnLNet: DecimalString;
}

/** Adds P&L up, currencies apart. */
export function profitAndLossOf(
  { tenantId, asOf }: Pick<ProfitAndLoss, 'tenantId' | 'asOf'>,
  positions: Position[],
): ProfitAndLoss {
  const quotes = new Set(positions.map(quoteOf));
  return {
    tenantId,
    ...(asOf !== undefined && { asOf }),
    totals: [...quotes].sort().map((quote) => totalsIn(quote, positions)),
    totalCommissions: sumPerAsset(positions.map(({ totalCommissions }) => totalCommissions)),
    positions,
  };
}

function quoteOf({ assetId }: Position): string {
  return currenciesOf(assetId).quote;
}

function totalsIn(quote: string, all: readonly Position[]): QuoteProfitAndLoss {
  const positions = all.filter((position) => quoteOf(position) === quote);
  const realizedPnL = sum(positions.map((position) => position.realizedPnL));
  const unrealizedPnL = sumOfAll(positions.map((position) => position.unrealizedPnL));
  const commissions = sum(positions.map(({ totalCommissions }) => totalCommissions[quote] ?? '0'));
  return {
    quote,
    realizedPnL,
    ...(unrealizedPnL !== undefined && { unrealizedPnL }),
    realizedPnLNet: formatDecimal(new Decimal(realizedPnL).minus(commissions)),
  };
}
