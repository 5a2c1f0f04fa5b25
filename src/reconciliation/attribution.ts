import { sum } from '../domain/decimal';
import { currenciesOf } from '../domain/order-request';
import type { PositionState } from '../domain/position';
import type { BalanceLine, PositionDiscrepancy } from '../domain/reconciliation';
import { isDifferent } from './balance-equation';

/** A difference that one position answers for. */
export interface Attributed {
  position: PositionState;
  discrepancy: PositionDiscrepancy;
}

/**
 * Which position a difference belongs to: that of a person's choice, else the only one whose base currency it is.
 * What has no such position, a quote currency above all, is left unexplained.
 */
export function attributeDifferences(
  lines: readonly BalanceLine[],
  positions: readonly PositionState[],
  named: readonly string[],
): { attributed: Attributed[]; unexplained: BalanceLine[] } {
  const attributed: Attributed[] = [];
  const unexplained: BalanceLine[] = [];
  for (const line of lines.filter(isDifferent)) {
    const position = positionOf(line.currency, positions, named);
    if (position === undefined) unexplained.push(line);
    else attributed.push({ position, discrepancy: discrepancyOf(position, line) });
  }
  return { attributed, unexplained };
}

function positionOf(
  currency: string,
  positions: readonly PositionState[],
  named: readonly string[],
): PositionState | undefined {
  const candidates = positions.filter(({ assetId }) => currenciesOf(assetId).base === currency);
  const chosen = candidates.filter(({ assetId }) => named.includes(assetId));
  const [position, ...others] = chosen.length > 0 ? chosen : candidates;
  return others.length === 0 ? position : undefined;
}

function discrepancyOf({ assetId, quantity }: PositionState, { difference }: BalanceLine): PositionDiscrepancy {
  return { assetId, internalQuantity: quantity, exchangeQuantity: sum([quantity, difference]), difference };
}
