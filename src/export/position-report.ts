import type { DecimalString } from '../domain/decimal';
import { averageEntryPriceOf, type PositionState } from '../domain/position';
import type { Report } from './report';

/** A position as it is booked; its value is a matter of the market and not exported. */
export interface PositionRow extends Omit<PositionState, 'tenantId' | 'commissions'> {
  averageEntryPrice: DecimalString;
  /** JSON: per asset, by name. */
  commissions: string;
}

export const POSITION_REPORT: Report<PositionRow> = {
  name: 'positions',
  schemaVersion: 1,
  columns: {
    exchangeId: 'text',
    assetId: 'text',
    quantity: 'decimal',
    cost: 'decimal',
    averageEntryPrice: 'decimal',
    realizedPnL: 'decimal',
    quoteFlow: 'decimal',
    commissions: 'text',
    version: 'integer',
    openedAt: 'instant',
    updatedAt: 'instant',
  },
};

export async function* positionRows(positions: AsyncIterable<PositionState>): AsyncGenerator<PositionRow> {
  for await (const { tenantId: _tenantId, commissions, ...position } of positions) {
    const byAsset = Object.entries(commissions).sort(([one], [other]) => (one < other ? -1 : 1));
    const averageEntryPrice = averageEntryPriceOf(position);
    yield { ...position, averageEntryPrice, commissions: JSON.stringify(Object.fromEntries(byAsset)) };
  }
}
