import type { ReconciliationReport } from '../../src/domain/reconciliation';

const SHOWN_MAX = 20;

/** The reconciliation as the Temporal UI shows it under "current details". */
export function describeReport({ state, orders, positions, problem }: ReconciliationReport): string {
  const lines = [
    `**${state}**${problem === undefined ? '' : `: ${problem}`}`,
    '',
    ...(orders?.discrepancies ?? []).map(
      ({ orderId, field, internalValue, exchangeValue, resolved }) =>
        `- order ${orderId}: ${field} ${internalValue} here, ${exchangeValue} there${resolved ? ', resolved' : ''}`,
    ),
    ...(positions?.adjustmentsMade ?? []).map(
      ({ assetId, previousQuantity, adjustedQuantity, reason }) =>
        `- position ${assetId}: ${previousQuantity} → ${adjustedQuantity}, ${reason}`,
    ),
    ...(positions?.unexplained ?? []).map(
      ({ currency, expected, balance, difference }) =>
        `- ${currency}: ${balance} there, ${expected} expected, ${difference} unexplained`,
    ),
    ...(positions?.unseen ?? []).map((what) => `- can't be seen: ${what}`),
  ];
  return lines.slice(0, SHOWN_MAX).join('\n');
}
