import { type Command, InvalidArgumentError } from 'commander';
import { type LotLine, type LotReconciliation, LotReport } from '../../accounting/lot-lines';
import { LOT_KINDS, type LotKind } from '../../accounting/lots';
import { checkInput, lotScopeSchema } from '../../client/input';
import type { Services } from '../../composition/services';
import { roundForDisplay } from '../../domain/decimal';
import { LOT_REPORT } from '../../export/lot-report';
import { isoTime } from '../../platform/clock';
import { addVerb, type CommonFlags, present, print, tenantOf } from '../command-line';
import { withServices } from '../connect';
import { addExportFlags, type ExportFlags, exportReport } from '../export-output';
import type { Surroundings } from '../surroundings';
import { tableOf } from '../tables';

interface LotFlags extends CommonFlags {
  exchange?: string;
  asset?: string;
  strategy?: string;
  kind?: string[];
  from: string;
  to?: string;
}

interface ListFlags extends LotFlags {
  limit: number;
}

/** What `lots list` shows; the lines beyond its limit are counted. */
interface ListedLots {
  items: LotLine[];
  count: number;
  reconciliations: LotReconciliation[];
}

const FIRST_INSTANT = '1970-01-01T00:00:00Z';
const LINES_LISTED = 100;
const LINES_LISTED_MAX = 1_000;

export function lotCommands(program: Command, surroundings: Surroundings): void {
  const area = program.command('lots').description('Positions as lots, first in, first out, and what each has gained');
  filtered(addVerb(area, 'list', 'Lots, and how they agree with the ledger, which keeps average cost'))
    .option('--limit <n>', `lines, up to ${LINES_LISTED_MAX}`, lineLimit, LINES_LISTED)
    .action((flags: ListFlags) => list(flags, surroundings));
  addExportFlags(filtered(addVerb(area, 'export', 'All of them, for accountants'))).action(
    (flags: LotFlags & ExportFlags) => exportLots(flags, surroundings),
  );
}

function filtered(command: Command): Command {
  return command
    .option('--exchange <id>')
    .option('--asset <base/quote>', 'the instrument')
    .option('--strategy <id>', 'its trades alone, matched among themselves')
    .option('--kind <kinds...>', `of ${LOT_KINDS.join(', ')} (default: all)`)
    .option('--from <instant>', 'closed at or after, by booking', FIRST_INSTANT)
    .option('--to <instant>', 'closed at or before, or open then (default: now)');
}

function lineLimit(text: string): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= LINES_LISTED_MAX) return limit;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${LINES_LISTED_MAX}.`);
}

async function list(flags: ListFlags, surroundings: Surroundings): Promise<void> {
  const listed = await withServices(surroundings, async (services) => {
    const { report, lines } = reportOf(flags, surroundings, services);
    const items: LotLine[] = [];
    let count = 0;
    for await (const line of lines) if (++count <= flags.limit) items.push(line);
    return { items, count, reconciliations: report.reconciliations };
  });
  print(flags, surroundings, listed, listedText);
}

async function exportLots(flags: LotFlags & ExportFlags, surroundings: Surroundings): Promise<void> {
  await withServices(surroundings, async (services) => {
    await exportReport(flags, surroundings, LOT_REPORT, reportOf(flags, surroundings, services).lines);
  });
}

function reportOf(
  flags: LotFlags,
  surroundings: Surroundings,
  services: Services,
): { report: LotReport; lines: AsyncIterable<LotLine> } {
  const tenantId = tenantOf(flags, surroundings);
  const { exchange, asset, strategy, kind, from, to = isoTime(surroundings.clock.now()) } = flags;
  const filters = present({ exchangeId: exchange, assetId: asset, strategyId: strategy, kinds: kind });
  const given = { ...filters, startTime: from, endTime: to };
  const { kinds = LOT_KINDS, startTime, endTime, ...scope } = checkInput(lotScopeSchema, given, 'The filter of lots');
  const range = { startTime: isoTime(Date.parse(startTime)), endTime: isoTime(Date.parse(endTime)) };
  const report = new LotReport(services, { tenantId, ...scope }, range);
  return { report, lines: ofKinds(report.lines(), kinds) };
}

async function* ofKinds(lines: AsyncIterable<LotLine>, kinds: readonly LotKind[]): AsyncGenerator<LotLine> {
  for await (const line of lines) if (kinds.includes(line.kind)) yield line;
}

function listedText({ items, count, reconciliations }: ListedLots): string {
  const more = count > items.length ? `\n${count - items.length} more: lots export has all.` : '';
  const methods = reconciliations.length > 0 ? `\n\n${reconciliationTable(reconciliations)}` : '';
  return `${lotTable(items)}${more}${methods}`;
}

function lotTable(lines: readonly LotLine[]): string {
  return tableOf(
    ['kind', 'exchange', 'asset', 'side', 'quantity', 'opened', 'at', 'closed', 'at', 'days', 'gain'],
    lines.map((line) => [
      line.kind,
      line.exchangeId,
      line.assetId,
      line.side,
      line.quantity,
      line.openedAt,
      roundForDisplay(line.openPrice),
      line.closedAt,
      line.closePrice && roundForDisplay(line.closePrice),
      line.holdingDays,
      line.gain && roundForDisplay(line.gain),
    ]),
  );
}

function reconciliationTable(reconciliations: readonly LotReconciliation[]): string {
  return tableOf(
    [
      'exchange',
      'asset',
      'quantity',
      'gain by lots',
      'at average cost',
      'open by lots',
      'at average cost',
      'unexplained',
    ],
    reconciliations.map((one) => [
      one.exchangeId,
      one.assetId,
      one.quantity,
      ...[one.realizedByLots, one.realizedAtAverage, one.openValueByLots, one.openValueAtAverage].map((amount) =>
        roundForDisplay(amount),
      ),
      `${one.quantityDifference}, ${one.flowDifference}`,
    ]),
  );
}
