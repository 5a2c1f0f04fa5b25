import type { LotLine } from '../accounting/lot-lines';
import type { Report } from './report';

export const LOT_REPORT: Report<LotLine> = {
  name: 'lots',
  schemaVersion: 1,
  columns: {
    kind: 'text',
    exchangeId: 'text',
    assetId: 'text',
    side: 'text',
    quantity: 'decimal',
    openedBy: 'text',
    openStrategyId: 'text',
    openedAt: 'instant',
    openPrice: 'decimal',
    openValue: 'decimal',
    openFee: 'decimal',
    openFeeAsset: 'text',
    closedBy: 'text',
    closeStrategyId: 'text',
    closedAt: 'instant',
    closePrice: 'decimal',
    closeValue: 'decimal',
    closeFee: 'decimal',
    closeFeeAsset: 'text',
    gain: 'decimal',
    holdingDays: 'integer',
  },
};
