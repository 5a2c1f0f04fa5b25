import type { Command } from 'commander';
import { addVerb, type CommonFlags, print } from '../command-line';
import { withServices } from '../connect';
import type { Surroundings } from '../surroundings';

export function tableCommands(program: Command, surroundings: Surroundings): void {
  const area = program.command('tables').description('The tables in DynamoDB, for all tenants');
  addVerb(area, 'create', 'Create the tables that are not there yet').action(async (flags: CommonFlags) => {
    await withServices(surroundings, (services) => services.createTables());
    print(flags, surroundings, { created: true }, () => 'The tables are there.');
  });
}
