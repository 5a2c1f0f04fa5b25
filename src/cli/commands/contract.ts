import type { Command } from 'commander';
import { contractSchema } from '../../contract/contract-schema';
import { addVerb } from '../command-line';
import type { Surroundings } from '../surroundings';

export function contractCommands(program: Command, { stdout }: Surroundings): void {
  const area = program.command('contract').description('What other languages need to start and follow orders');
  addVerb(area, 'schema', 'The JSON Schema of all messages').action(() =>
    stdout(JSON.stringify(contractSchema(), null, 2)),
  );
}
