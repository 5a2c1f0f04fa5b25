import { roundForDisplay } from '../../domain/decimal';
import type { Position, PositionHistory } from '../../domain/position';
import type { AggregatedPosition } from '../../positions/aggregation';
import type { BasePosition } from '../../positions/base-position';
import type { Conversion } from '../../positions/conversions';
import type { ProfitAndLoss } from '../../positions/profit-and-loss';
import { fieldsOf, tableOf } from '../tables';

/** Positions for people; JSON is for programs. */

export function positionTable(positions: Position[]): string {
  return tableOf(
    ['exchange', 'asset', 'quantity', 'average', 'price', 'unrealized', 'realized', 'updated', 'no price since'],
    positions.map((position) => [
      position.exchangeId,
      position.assetId,
      position.quantity,
      ...[position.averageEntryPrice, position.currentPrice, position.unrealizedPnL, position.realizedPnL].map(shown),
      position.updatedAt,
      position.unpricedSince,
    ]),
  );
}

export function positionText(position: Position): string {
  const { unrealizedPnLPercent: percent, totalCommissions } = position;
  return fieldsOf({
    position: position.positionId,
    quantity: position.quantity,
    'average entry': shown(position.averageEntryPrice),
    price: shown(position.currentPrice) ?? 'none',
    'no fresh price since': position.unpricedSince,
    'unrealized P&L': shown(position.unrealizedPnL) && `${shown(position.unrealizedPnL)} (${shown(percent)} %)`,
    'realized P&L': shown(position.realizedPnL),
    commissions: amountsText(totalCommissions),
    opened: position.openedAt,
    updated: position.updatedAt,
  });
}

export function aggregatedText(position: AggregatedPosition): string {
  const { positionsByExchange, totalCommissions, ...total } = position;
  const fields = fieldsOf({
    instrument: total.assetId,
    quantity: total.totalQuantity,
    'average entry': shown(total.weightedAveragePrice),
    'unrealized P&L': shown(total.unrealizedPnL),
    'no fresh price since': total.unpricedSince,
    'realized P&L': shown(total.realizedPnL),
    commissions: amountsText(totalCommissions),
    updated: total.updatedAt,
  });
  const rows = positionsByExchange.map((one) => [
    one.exchangeId,
    one.quantity,
    shown(one.averageEntryPrice),
    shown(one.unrealizedPnL),
  ]);
  return `${fields}\n\n${tableOf(['exchange', 'quantity', 'average', 'unrealized'], rows)}`;
}

export function historyTable(changes: PositionHistory[]): string {
  return tableOf(
    ['time', 'exchange', 'event', 'quantity', 'average', 'realized', 'by'],
    changes.map((change) => [
      change.timestamp,
      change.exchangeId,
      change.eventType,
      `${change.previousQuantity} → ${change.newQuantity}`,
      `${shown(change.previousAvgPrice)} → ${shown(change.newAvgPrice)}`,
      shown(change.realizedPnL),
      causeOf(change),
    ]),
  );
}

/** The fill, or the adjustment and why it was made. */
function causeOf({ fillId, adjustmentId, reason }: PositionHistory): string | undefined {
  return adjustmentId === undefined ? fillId : `${adjustmentId}: ${reason ?? ''}`;
}

export function aggregatedTable(positions: AggregatedPosition[]): string {
  return tableOf(
    ['asset', 'quantity', 'average', 'unrealized', 'realized', 'exchanges', 'updated', 'no price since'],
    positions.map((position) => [
      position.assetId,
      position.totalQuantity,
      ...[position.weightedAveragePrice, position.unrealizedPnL, position.realizedPnL].map(shown),
      position.positionsByExchange.map(({ exchangeId }) => exchangeId).join(' '),
      position.updatedAt,
      position.unpricedSince,
    ]),
  );
}

export function baseText({ positions, totalCommissions, ...total }: BasePosition): string {
  const fields = fieldsOf({
    currency: total.base,
    in: total.currency,
    quantity: total.totalQuantity,
    'average entry': shown(total.weightedAveragePrice),
    'unrealized P&L': shown(total.unrealizedPnL),
    'realized P&L': shown(total.realizedPnL),
    commissions: amountsText(totalCommissions),
  });
  const rows = positions.map((one) => [
    one.assetId,
    one.exchangeId,
    one.quantity,
    ...[one.averageEntryPrice, one.unrealizedPnL, one.realizedPnL].map(shown),
    conversionText(one.conversion),
  ]);
  return `${fields}\n\n${tableOf(['asset', 'exchange', 'quantity', 'average', 'unrealized', 'realized', 'rate'], rows)}`;
}

function conversionText(conversion: Conversion | undefined): string {
  if (conversion === undefined) return 'none';
  const { rate, source, assetId, at, unpricedSince } = conversion;
  if (source === 'SAME_CURRENCY') return '1';
  const how = source === 'PRICE' ? assetId : `1 ÷ ${assetId}`;
  return `${roundForDisplay(rate)} (${how} at ${at}${unpricedSince === undefined ? '' : ', no price since'})`;
}

export function profitAndLossText({ totals, totalCommissions, positions, asOf }: ProfitAndLoss): string {
  const rows = totals.map((total) => [
    total.quote,
    ...[total.realizedPnL, total.realizedPnLNet, total.unrealizedPnL].map(shown),
  ]);
  const lines = [
    tableOf(['quote', 'realized (gross)', 'less fees in it', 'unrealized'], rows),
    `Commissions: ${amountsText(totalCommissions) || 'none'}`,
    positionTable(positions),
  ];
  return [...(asOf === undefined ? [] : [`As of ${asOf}`]), ...lines].join('\n\n');
}

function amountsText(amounts: Record<string, string>): string {
  return Object.entries(amounts)
    .map(([asset, amount]) => `${amount} ${asset}`)
    .join(', ');
}

function shown(value: string | undefined): string | undefined {
  return value === undefined ? undefined : roundForDisplay(value);
}
