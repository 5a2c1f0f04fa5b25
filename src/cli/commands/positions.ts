import { type Command, Option } from 'commander';
import {
  checkInput,
  placeSchema,
  positionGetSchema,
  positionListSchema,
  profitAndLossScopeSchema,
  timeRangeSchema,
} from '../../client/input';
import { isoTime } from '../../platform/clock';
import { addVerb, type CommonFlags, pageText, present, print, tenantOf } from '../command-line';
import { withServices } from '../connect';
import type { Surroundings } from '../surroundings';
import { addPositionExport } from './export-positions';
import {
  aggregatedTable,
  aggregatedText,
  baseText,
  historyTable,
  positionTable,
  positionText,
  profitAndLossText,
} from './position-texts';

interface PlaceFlags extends CommonFlags {
  asset?: string;
  exchange?: string;
  asOf?: string;
  cursor?: string;
}

interface ListFlags extends PlaceFlags {
  level: 'exchange' | 'asset';
}

interface GetFlags extends PlaceFlags {
  base?: string;
  currency?: string;
}

interface HistoryFlags extends PlaceFlags {
  asset: string;
  from: string;
  to?: string;
}

interface PnlFlags extends PlaceFlags {
  price?: string;
}

const FIRST_INSTANT = '1970-01-01T00:00:00Z';
const AS_OF = ['--as-of <instant>', 'as it stood at a past time, ISO 8601'] as const;
const CURSOR = ['--cursor <text>', 'the page after an earlier one'] as const;

export function positionCommands(program: Command, surroundings: Surroundings): void {
  const area = program.command('positions').description('Positions, valued at the market where a price is known');
  addVerb(area, 'list', 'All positions of the tenant')
    .addOption(
      new Option('--level <level>', 'one an exchange, or one an instrument with all exchanges added up')
        .choices(['exchange', 'asset'])
        .default('exchange'),
    )
    .option('--exchange <id>', 'those at one exchange')
    .option(...AS_OF)
    .option(...CURSOR)
    .action((flags: ListFlags) => list(flags, surroundings));
  addVerb(area, 'get', 'One position; without --exchange those on the instrument at all exchanges, added up')
    .option('--asset <base/quote>', 'the instrument')
    .option('--exchange <id>', 'at one exchange')
    .option('--base <currency>', 'instead of an instrument: all that is held of a currency, across quotes')
    .option('--currency <currency>', "with --base: what to add up in (default: the positions' quote if it is one)")
    .option(...AS_OF)
    .action((flags: GetFlags) => get(flags, surroundings));
  addVerb(area, 'history', 'Every change of the positions on an instrument, oldest first')
    .requiredOption('--asset <base/quote>', 'the instrument')
    .option('--exchange <id>', 'of the position at one exchange')
    .option('--from <instant>', 'ISO 8601, inclusive', FIRST_INSTANT)
    .option('--to <instant>', 'ISO 8601, inclusive (default: now)')
    .option(...CURSOR)
    .action((flags: HistoryFlags) => history(flags, surroundings));
  addVerb(area, 'pnl', 'Profit and loss per quote currency: realized (gross, and net of fees in it) and unrealized')
    .option('--asset <base/quote>', 'of one instrument')
    .option('--exchange <id>', 'at one exchange')
    .option('--price <decimal>', "with --asset: value it at this, instead of the market's price")
    .option(...AS_OF)
    .action((flags: PnlFlags) => pnl(flags, surroundings));
  addPositionExport(area, surroundings);
}

async function list(flags: ListFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const { level, cursor } = flags;
  const scope = present({ level, exchangeId: flags.exchange, asOf: flags.asOf });
  const { exchangeId, asOf } = checkInput(positionListSchema, scope, 'The list of positions');
  await withServices(surroundings, async ({ positionManager }) => {
    if (level === 'asset') {
      const page = await positionManager.listAggregatedPositions(tenantId, cursor, asOf);
      return print(flags, surroundings, page, () => pageText(page, aggregatedTable));
    }
    const page = await positionManager.listPositions(tenantId, exchangeId, cursor, asOf);
    print(flags, surroundings, page, () => pageText(page, positionTable));
  });
}

async function get(flags: GetFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const { asset, exchange, base: baseFlag, currency: currencyFlag, asOf: asOfFlag } = flags;
  const scope = { assetId: asset, exchangeId: exchange, base: baseFlag, currency: currencyFlag, asOf: asOfFlag };
  const checked = checkInput(positionGetSchema, present(scope), 'The position');
  const { assetId = '', exchangeId, base, currency, asOf } = checked;
  await withServices(surroundings, async ({ positionManager }) => {
    if (base !== undefined) {
      const held = await positionManager.getBasePosition(tenantId, base, present({ currency, asOf }));
      return print(flags, surroundings, held, baseText);
    }
    if (exchangeId === undefined) {
      const aggregated = await positionManager.getAggregatedPosition(tenantId, assetId, asOf);
      return print(flags, surroundings, aggregated, aggregatedText);
    }
    const position = await positionManager.getPosition(tenantId, assetId, exchangeId, asOf);
    print(flags, surroundings, position, () => (position === null ? '(none)' : positionText(position)));
  });
}

async function history(flags: HistoryFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const place = present({ assetId: flags.asset, exchangeId: flags.exchange });
  const { assetId = '', exchangeId } = checkInput(placeSchema, place, 'The history of positions');
  const to = flags.to ?? isoTime(surroundings.clock.now());
  const { startTime, endTime } = checkInput(timeRangeSchema, { startTime: flags.from, endTime: to }, 'The time range');
  const page = await withServices(surroundings, ({ positionManager }) =>
    positionManager.getPositionHistory(tenantId, assetId, startTime, endTime, flags.cursor, exchangeId),
  );
  print(flags, surroundings, page, () => pageText(page, historyTable));
}

async function pnl(flags: PnlFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const given = { assetId: flags.asset, exchangeId: flags.exchange, asOf: flags.asOf, currentPrice: flags.price };
  const scope = checkInput(profitAndLossScopeSchema, present(given), 'The P&L');
  const result = await withServices(surroundings, ({ positionManager }) =>
    positionManager.getProfitAndLoss(tenantId, scope),
  );
  print(flags, surroundings, result, profitAndLossText);
}
