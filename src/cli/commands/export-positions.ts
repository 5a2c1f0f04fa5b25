import type { Command } from 'commander';
import { eachPosition } from '../../accounting/each-position';
import { checkInput, instantSchema, placeSchema } from '../../client/input';
import { POSITION_REPORT, positionRows } from '../../export/position-report';
import { addVerb, present, tenantOf } from '../command-line';
import { withServices } from '../connect';
import { addExportFlags, type ExportFlags, exportReport } from '../export-output';
import type { Surroundings } from '../surroundings';

interface PositionExportFlags extends ExportFlags {
  asset?: string;
  exchange?: string;
  asOf?: string;
}

export function addPositionExport(area: Command, surroundings: Surroundings): void {
  addExportFlags(addVerb(area, 'export', 'Positions as they are booked, for programs and accountants'))
    .option('--asset <base/quote>', 'the instrument')
    .option('--exchange <id>', 'those at one exchange')
    .option('--as-of <instant>', 'as they stood then, ISO 8601 (default: now)')
    .action((flags: PositionExportFlags) => exportPositions(flags, surroundings));
}

async function exportPositions(flags: PositionExportFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const given = present({ assetId: flags.asset, exchangeId: flags.exchange });
  const place = checkInput(placeSchema, given, 'The filter of positions');
  const { asOf } = checkInput(instantSchema, present({ asOf: flags.asOf }), 'The export of positions');
  await withServices(surroundings, async ({ positions }) => {
    const rows = positionRows(eachPosition(positions, { tenantId, ...place }, asOf));
    await exportReport(flags, surroundings, POSITION_REPORT, rows);
  });
}
