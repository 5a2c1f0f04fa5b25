import type { DailyStatement } from '../accounting/daily-statement';
import type { StatementLine } from '../accounting/statement';
import type { Report } from './report';

export type StatementRow = Pick<DailyStatement, 'date' | 'until'> & StatementLine;

export const STATEMENT_REPORT: Report<StatementRow> = {
  name: 'statement',
  schemaVersion: 1,
  columns: {
    date: 'text',
    until: 'instant',
    account: 'text',
    exchangeId: 'text',
    name: 'text',
    opening: 'decimal',
    received: 'decimal',
    paid: 'decimal',
    fees: 'decimal',
    restated: 'decimal',
    adjusted: 'decimal',
    closing: 'decimal',
    difference: 'decimal',
  },
};
