import { ALERTS } from '../alerts/alert-table';
import { withTable } from './generated-table';

/** The text with its table of alerts as the service raises them now. */
export function withAlertTable(text: string): string {
  const rows = Object.entries(ALERTS).map(([code, { severity, subject, meaning, runbook, windowMs }]) => [
    `\`${code}\``,
    severity,
    subject.toLowerCase(),
    meaning,
    runbook,
    `${windowMs / 60_000} min`,
  ]);
  const header = ['code', 'severity', 'about', 'what has happened', 'what to do', 'window'];
  return withTable(text, { name: 'alerts', header, rows });
}
