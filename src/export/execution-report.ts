import type { ExecutionLine } from '../accounting/execution-lines';
import type { Report } from './report';

export const EXECUTION_REPORT: Report<ExecutionLine> = {
  name: 'executions',
  schemaVersion: 1,
  columns: {
    kind: 'text',
    executionId: 'text',
    restates: 'text',
    orderId: 'text',
    strategyId: 'text',
    exchangeId: 'text',
    exchangeOrderId: 'text',
    assetId: 'text',
    side: 'text',
    quantity: 'decimal',
    price: 'decimal',
    amount: 'decimal',
    commission: 'decimal',
    commissionAsset: 'text',
    liquidity: 'text',
    realizedPnL: 'decimal',
    executedAt: 'instant',
    bookedAt: 'instant',
    reason: 'text',
    by: 'text',
  },
};
