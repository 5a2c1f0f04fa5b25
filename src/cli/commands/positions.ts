import type { Command } from 'commander';
import { checkInput, placeSchema, timeRangeSchema } from '../../client/input';
import { roundForDisplay } from '../../domain/decimal';
import type { Position, PositionHistory } from '../../domain/position';
import { isoTime } from '../../platform/clock';
import type { AggregatedPosition } from '../../positions/position-manager';
import { addVerb, type CommonFlags, pageText, present, print, tenantOf } from '../command-line';
import { withServices } from '../connect';
import type { Surroundings } from '../surroundings';
import { fieldsOf, tableOf } from '../tables';
import { addPositionExport } from './export-positions';

interface PlaceFlags extends CommonFlags {
  asset?: string;
  exchange?: string;
  cursor?: string;
}

interface HistoryFlags extends PlaceFlags {
  asset: string;
  from: string;
  to?: string;
}

const FIRST_INSTANT = '1970-01-01T00:00:00Z';

export function positionCommands(program: Command, surroundings: Surroundings): void {
  const area = program.command('positions').description('Positions, valued at the market where a price is known');
  addVerb(area, 'list', 'All positions of the tenant')
    .option('--exchange <id>', 'those at one exchange')
    .option('--cursor <text>', 'the page after an earlier one')
    .action((flags: PlaceFlags) => list(flags, surroundings));
  addVerb(area, 'get', 'One position; without --exchange those on the instrument at all exchanges, added up')
    .requiredOption('--asset <base/quote>', 'the instrument')
    .option('--exchange <id>', 'at one exchange')
    .action((flags: PlaceFlags) => get(flags, surroundings));
  addVerb(area, 'history', 'Every change of the positions on an instrument, oldest first')
    .requiredOption('--asset <base/quote>', 'the instrument')
    .option('--from <instant>', 'ISO 8601, inclusive', FIRST_INSTANT)
    .option('--to <instant>', 'ISO 8601, inclusive (default: now)')
    .option('--cursor <text>', 'the page after an earlier one')
    .action((flags: HistoryFlags) => history(flags, surroundings));
  addPositionExport(area, surroundings);
}

async function list(flags: PlaceFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const { exchangeId } = checkInput(placeSchema, present({ exchangeId: flags.exchange }), 'The list of positions');
  const page = await withServices(surroundings, ({ positionManager }) =>
    positionManager.listPositions(tenantId, exchangeId, flags.cursor),
  );
  print(flags, surroundings, page, () => pageText(page, positionTable));
}

async function get(flags: PlaceFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const place = present({ assetId: flags.asset, exchangeId: flags.exchange });
  const { assetId = '', exchangeId } = checkInput(placeSchema, place, 'The position');
  await withServices(surroundings, async ({ positionManager }) => {
    if (exchangeId === undefined) {
      const aggregated = await positionManager.getAggregatedPosition(tenantId, assetId);
      return print(flags, surroundings, aggregated, aggregatedText);
    }
    const position = await positionManager.getPosition(tenantId, assetId, exchangeId);
    print(flags, surroundings, position, () => (position === null ? '(none)' : positionText(position)));
  });
}

async function history(flags: HistoryFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const { assetId = '' } = checkInput(placeSchema, { assetId: flags.asset }, 'The history of positions');
  const to = flags.to ?? isoTime(surroundings.clock.now());
  const { startTime, endTime } = checkInput(timeRangeSchema, { startTime: flags.from, endTime: to }, 'The time range');
  const page = await withServices(surroundings, ({ positionManager }) =>
    positionManager.getPositionHistory(tenantId, assetId, startTime, endTime, flags.cursor),
  );
  print(flags, surroundings, page, () => pageText(page, historyTable));
}

function positionTable(positions: Position[]): string {
  return tableOf(
    ['exchange', 'asset', 'quantity', 'average', 'price', 'unrealized', 'realized', 'updated'],
    positions.map((position) => [
      position.exchangeId,
      position.assetId,
      position.quantity,
      ...[position.averageEntryPrice, position.currentPrice, position.unrealizedPnL, position.realizedPnL].map(shown),
      position.updatedAt,
    ]),
  );
}

function positionText(position: Position): string {
  const { unrealizedPnLPercent: percent, totalCommissions } = position;
  return fieldsOf({
    position: position.positionId,
    quantity: position.quantity,
    'average entry': shown(position.averageEntryPrice),
    price: shown(position.currentPrice) ?? 'none within the age limit',
    'unrealized P&L': shown(position.unrealizedPnL) && `${shown(position.unrealizedPnL)} (${shown(percent)} %)`,
    'realized P&L': shown(position.realizedPnL),
    commissions: amountsText(totalCommissions),
    opened: position.openedAt,
    updated: position.updatedAt,
  });
}

function aggregatedText(position: AggregatedPosition): string {
  const { positionsByExchange, ...total } = position;
  const fields = fieldsOf({
    instrument: total.assetId,
    quantity: total.totalQuantity,
    'average entry': shown(total.weightedAveragePrice),
    'unrealized P&L': shown(total.unrealizedPnL),
    'realized P&L': shown(total.realizedPnL),
    updated: total.updatedAt,
  });
  const rows = positionsByExchange.map((one) => [
    one.exchangeId,
    one.quantity,
    shown(one.averageEntryPrice),
    shown(one.unrealizedPnL),
  ]);
  return `${fields}\n\n${tableOf(['exchange', 'quantity', 'average', 'unrealized'], rows)}`;
}

function historyTable(changes: PositionHistory[]): string {
  return tableOf(
    ['time', 'exchange', 'event', 'quantity', 'average', 'realized', 'fill'],
    changes.map((change) => [
      change.timestamp,
      change.exchangeId,
      change.eventType,
      `${change.previousQuantity} → ${change.newQuantity}`,
      `${shown(change.previousAvgPrice)} → ${shown(change.newAvgPrice)}`,
      shown(change.realizedPnL),
      change.fillId,
    ]),
  );
}

function amountsText(amounts: Record<string, string>): string {
  return Object.entries(amounts)
    .map(([asset, amount]) => `${amount} ${asset}`)
    .join(', ');
}

function shown(value: string | undefined): string | undefined {
  return value === undefined ? undefined : roundForDisplay(value);
}
