import type { Command } from 'commander';
import type { TableDifference } from '../../storage/dynamodb/table-check';
import { addVerb, type CommonFlags, print, wholeNumber } from '../command-line';
import { withServices } from '../connect';
import { EXIT_CODES, type Surroundings } from '../surroundings';
import { tableOf } from '../tables';

interface TablesResult {
  created?: true;
  differences: TableDifference[];
}

export function tableCommands(program: Command, surroundings: Surroundings): void {
  const area = program.command('tables').description('The tables in DynamoDB, for all tenants');
  addVerb(area, 'create', 'Create the tables that are not there yet, and what those there lack').action(
    async (flags: CommonFlags) => {
      const differences = await withServices(surroundings, async (services) => {
        await services.tables.create();
        return await services.tables.check();
      });
      report(flags, surroundings, { created: true, differences });
    },
  );
  addVerb(area, 'migrate', 'Rewrite items of earlier releases in the form of this one; goes on where it was stopped')
    .option('--capacity <units>', 'DynamoDB capacity units to use a second', wholeNumber, 100)
    .action((flags: MigrateFlags) => migrate(flags, surroundings));
  addVerb(area, 'check', 'Where the tables are not as they are to be').action(async (flags: CommonFlags) => {
    report(flags, surroundings, {
      differences: await withServices(surroundings, (services) => services.tables.check()),
    });
  });
}

interface MigrateFlags extends CommonFlags {
  capacity: number;
}

async function migrate(flags: MigrateFlags, surroundings: Surroundings): Promise<void> {
  const migrations = await withServices(surroundings, ({ tables }) => tables.migrate(Math.max(flags.capacity, 1)));
  print(flags, surroundings, migrations, (all) =>
    tableOf(
      ['table', 'rewritten', 'busy'],
      all.map(({ table, rewritten, busy }) => [table, rewritten, busy]),
    ),
  );
  if (migrations.some(({ busy }) => busy > 0)) surroundings.exitWith(EXIT_CODES.pending);
}

function report(flags: CommonFlags, surroundings: Surroundings, result: TablesResult): void {
  print(flags, surroundings, result, differencesText);
  if (result.differences.length > 0) surroundings.exitWith(EXIT_CODES.refused);
}

function differencesText({ differences }: TablesResult): string {
  if (differences.length === 0) return 'The tables are there, as they are to be.';
  const rows = differences.map(({ table, what, expected, found }) => [table, what, expected, found]);
  return tableOf(['table', 'what', 'expected', 'found'], rows);
}
