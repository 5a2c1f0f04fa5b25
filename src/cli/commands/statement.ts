import type { Command } from 'commander';
import { dailyStatement, type DailyStatement } from '../../accounting/daily-statement';
import type { StatementLine } from '../../accounting/statement';
import { checkInput, daySchema, placeSchema } from '../../client/input';
import { STATEMENT_REPORT, type StatementRow } from '../../export/statement-report';
import { addVerb, type CommonFlags, present, print, tenantOf } from '../command-line';
import { withServices } from '../connect';
import { exportFormat, type ExportFlags, exportReport } from '../export-output';
import { EXIT_CODES, type Surroundings } from '../surroundings';
import { tableOf } from '../tables';

interface StatementFlags extends CommonFlags, Partial<ExportFlags> {
  date: string;
  asset?: string;
  exchange?: string;
}

export function statementCommands(program: Command, surroundings: Surroundings): void {
  addVerb(program, 'statement', "A day's opening, movements and closing: each position, currency and realized P&L")
    .requiredOption('--date <yyyy-mm-dd>', 'UTC, by booking')
    .option('--asset <base/quote>', 'of one instrument')
    .option('--exchange <id>', 'at one exchange')
    .addOption(exportFormat())
    .option('--output <file>', 'complete or not there, with --format')
    .action((flags: StatementFlags) => statement(flags, surroundings));
}

async function statement(flags: StatementFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const { day } = checkInput(daySchema, { day: flags.date }, 'The date');
  const given = present({ assetId: flags.asset, exchangeId: flags.exchange });
  const scope = { tenantId, ...checkInput(placeSchema, given, 'The filter of the statement') };
  const made = await withServices(surroundings, (services) => dailyStatement(services, scope, day));
  const { format, output } = flags;
  if (format === undefined && output === undefined) print(flags, surroundings, made, statementText);
  else await exportReport({ ...flags, format: format ?? 'csv' }, surroundings, STATEMENT_REPORT, rowsOf(made));
  if (made.imbalances.length === 0) return;
  for (const imbalance of made.imbalances) surroundings.stderr(imbalance);
  surroundings.exitWith(EXIT_CODES.refused);
}

async function* rowsOf({ date, until, lines }: DailyStatement): AsyncGenerator<StatementRow> {
  yield* lines.map((line) => ({ date, until, ...line }));
}

function statementText({ tenantId, date, until, isComplete, lines, imbalances }: DailyStatement): string {
  const title = `${tenantId}, ${date}${isComplete ? '' : `, until ${until}: the day goes on`}`;
  const end = imbalances.length === 0 ? 'It balances.' : `It does not balance: ${imbalances.length} faults.`;
  return `${title}\n\n${lineTable(lines)}\n\n${end}`;
}

function lineTable(lines: readonly StatementLine[]): string {
  return tableOf(
    ['account', 'exchange', 'name', 'opening', 'received', 'paid', 'fees', 'restated', 'adjusted', 'closing'],
    lines.map((line) => [
      line.account,
      line.exchangeId,
      line.name,
      line.opening,
      line.received,
      line.paid,
      line.fees,
      line.restated,
      line.adjusted,
      line.closing,
    ]),
  );
}
