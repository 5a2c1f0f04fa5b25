import type { ReconciliationReport } from '../../domain/reconciliation';
import { fieldsOf, tableOf } from '../tables';

/** One report for people: what differed, what was done, what is left. */
export function reportText(report: ReconciliationReport): string {
  const { state, problem, orders, positions } = report;
  const head = fieldsOf({
    state,
    problem,
    account: `${report.tenantId} at ${report.exchangeId}`,
    'asked by': report.requestedBy,
    reason: report.reason,
    orders: orders && `${orders.ordersChecked} checked, ${orders.foreignOrders.length} of others`,
    adopted: orders?.adopted.join(', ') || undefined,
    positions: positions && `${positions.positionsChecked} checked`,
    "can't see": positions?.unseen.join(', ') || undefined,
    completed: report.completedAt,
  });
  return [head, ...sectionsOf(report)].join('\n\n');
}

function sectionsOf({ orders, positions }: ReconciliationReport): string[] {
  const { discrepancies = [], foreignOrders = [] } = orders ?? {};
  const { adjustmentsMade = [], unexplained = [] } = positions ?? {};
  return [
    section(
      'Orders that differ',
      ['order', 'in', 'here', 'there', 'resolved'],
      discrepancies.map((one) => [one.orderId, one.field, one.internalValue, one.exchangeValue, String(one.resolved)]),
    ),
    section(
      'Open orders of others',
      ['exchange order', 'client id', 'asset', 'side', 'quantity', 'price'],
      foreignOrders.map((one) => [
        one.exchangeOrderId,
        one.clientOrderId,
        one.assetId,
        one.side,
        one.quantity,
        one.price ?? '',
      ]),
    ),
    section(
      'Positions adjusted',
      ['asset', 'from', 'to', 'because'],
      adjustmentsMade.map((one) => [one.assetId, one.previousQuantity, one.adjustedQuantity, one.reason]),
    ),
    section(
      'Balances that nothing explains',
      ['currency', 'balance', 'expected', 'difference'],
      unexplained.map((one) => [one.currency, one.balance, one.expected, one.difference]),
    ),
  ].flat();
}

function section(title: string, head: string[], rows: string[][]): string[] {
  return rows.length === 0 ? [] : [`${title}:\n${tableOf(head, rows)}`];
}

export function reportTable(reports: ReconciliationReport[]): string {
  return tableOf(
    ['started', 'state', 'asked by', 'orders differ', 'adjusted', 'unexplained', 'problem'],
    reports.map(({ startedAt, state, requestedBy, orders, positions, problem }) => [
      startedAt,
      state,
      requestedBy,
      orders?.discrepancies.length,
      positions?.adjustmentsMade.map(({ assetId }) => assetId).join(', '),
      positions?.unexplained.map(({ currency, difference }) => `${difference} ${currency}`).join(', '),
      problem,
    ]),
  );
}
