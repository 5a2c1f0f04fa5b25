import type { Command } from 'commander';
import { type ExecutionLine, executionLineOf, executionLines } from '../../accounting/execution-lines';
import { checkInput, executionFiltersSchema } from '../../client/input';
import { restateFill, type RestatedFill } from '../../client/restate-fill';
import { EXECUTION_REPORT } from '../../export/execution-report';
import type { FillRestatement } from '../../ledger/restatement';
import { isoTime } from '../../platform/clock';
import type { ExecutionFilters } from '../../storage/executions';
import { addVerb, type CommonFlags, pageText, present, print, tenantOf, wholeNumber } from '../command-line';
import { withServices } from '../connect';
import { addExportFlags, type ExportFlags, exportReport } from '../export-output';
import type { Surroundings } from '../surroundings';
import { tableOf } from '../tables';
import { ofOrder, type OrderFlags, orderRefOf } from './order-flags';

interface FilterFlags extends CommonFlags {
  from?: string;
  to?: string;
  exchange?: string;
  asset?: string;
  strategy?: string;
}

interface ListFlags extends FilterFlags {
  limit?: number;
  cursor?: string;
}

interface RestateFlags extends OrderFlags {
  execution: string;
  reason: string;
  by?: string;
}
type CorrectFlags = RestateFlags & NonNullable<FillRestatement['correction']>;

export function executionCommands(program: Command, surroundings: Surroundings): void {
  const area = program.command('executions').description('What was executed, as it is booked');
  filtered(addVerb(area, 'list', 'Executions in the order of their time, and what cancels or corrects one'))
    .option('--limit <n>', 'at most, up to 100', wholeNumber)
    .option('--cursor <text>', 'the page after an earlier one')
    .action((flags: ListFlags) => list(flags, surroundings));
  addExportFlags(filtered(addVerb(area, 'export', 'All of them, for programs and accountants'))).action(
    (flags: FilterFlags & ExportFlags) => exportAll(flags, surroundings),
  );
  restating(ofOrder(area, 'bust', 'Take back a trade that the exchange has cancelled')).action(
    (orderId: string | undefined, flags: RestateFlags) => restate(orderId, flags, undefined, surroundings),
  );
  restating(ofOrder(area, 'correct', 'Book what the exchange has corrected a trade to, in its place'))
    .requiredOption('--quantity <base>', 'as it was')
    .requiredOption('--price <quote>', 'as it was')
    .requiredOption('--commission <amount>', 'as it was; negative: a rebate')
    .requiredOption('--commission-asset <currency>')
    .action((orderId: string | undefined, flags: CorrectFlags) => {
      const { quantity, price, commission, commissionAsset } = flags;
      return restate(orderId, flags, { quantity, price, commission, commissionAsset }, surroundings);
    });
}

function filtered(command: Command): Command {
  return command
    .option('--from <instant>', 'executed at or after, ISO 8601 (default: a day before the end)')
    .option('--to <instant>', 'executed at or before, ISO 8601 (default: now)')
    .option('--exchange <id>')
    .option('--asset <base/quote>', 'the instrument')
    .option('--strategy <id>');
}

async function list(flags: ListFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const filters = filtersOf(flags, surroundings);
  const { items, ...rest } = await withServices(surroundings, ({ executions }) =>
    executions.list(tenantId, filters, flags.cursor),
  );
  const page = { items: items.map(executionLineOf), ...rest };
  print(flags, surroundings, page, () => pageText(page, executionTable));
}

async function exportAll(flags: FilterFlags & ExportFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const filters = filtersOf(flags, surroundings);
  await withServices(surroundings, async ({ executions }) => {
    const lines = executionLines(executions.all(tenantId, filters));
    await exportReport(flags, surroundings, EXECUTION_REPORT, lines);
  });
}

const DAY_MS = 86_400_000;

function filtersOf(flags: FilterFlags & Pick<ListFlags, 'limit'>, { clock }: Surroundings): ExecutionFilters {
  const { from, to = isoTime(clock.now()), exchange, asset, strategy, limit } = flags;
  const given = present({ exchangeId: exchange, assetId: asset, strategyId: strategy, limit });
  const range = { startTime: from ?? dayBefore(to), endTime: to };
  return checkInput(executionFiltersSchema, { ...given, ...range }, 'The filter of executions');
}

/** Of no instant, the same: the check of the input says so. */
function dayBefore(instant: string): string {
  const ms = Date.parse(instant);
  return Number.isNaN(ms) ? instant : isoTime(ms - DAY_MS);
}

function executionTable(lines: readonly ExecutionLine[]): string {
  return tableOf(
    ['time', 'kind', 'exchange', 'asset', 'side', 'quantity', 'price', 'commission', 'execution', 'order', 'strategy'],
    lines.map((line) => [
      line.executedAt,
      line.kind,
      line.exchangeId,
      line.assetId,
      line.side,
      line.quantity,
      line.price,
      `${line.commission} ${line.commissionAsset}`,
      line.executionId,
      line.orderId,
      line.strategyId,
    ]),
  );
}

function restating(command: Command): Command {
  return command
    .requiredOption('--execution <executionId>', "the exchange's trade id")
    .requiredOption('--reason <text>', "seen again in the order's events and in exports")
    .option('--by <name>', 'who decides (default: this user)');
}

async function restate(
  given: string | undefined,
  flags: RestateFlags,
  correction: FillRestatement['correction'],
  surroundings: Surroundings,
): Promise<void> {
  const order = orderRefOf(given, flags, surroundings);
  const { execution: executionId, reason, by = surroundings.user } = flags;
  const request = { ...order, executionId, reason, by, ...(correction !== undefined && { correction }) };
  const restated = await withServices(surroundings, (services) => restateFill(services, request));
  print(flags, surroundings, restated, restatedTable);
}

function restatedTable(restated: readonly RestatedFill[]): string {
  const rows = restated.map(({ result, execution }) => [
    execution.executionId,
    execution.quantity,
    execution.price,
    `${execution.commission} ${execution.commissionAsset}`,
    result,
  ]);
  return tableOf(['entry', 'quantity', 'price', 'commission', 'result'], rows);
}
