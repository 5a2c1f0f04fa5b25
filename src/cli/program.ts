import { Command, CommanderError } from 'commander';
import { auditCommands } from './commands/audit';
import { connectionCommands } from './commands/connections';
import { contractCommands } from './commands/contract';
import { exchangeCommands } from './commands/exchanges';
import { executionCommands } from './commands/executions';
import { feedCommands } from './commands/feed';
import { killCommands } from './commands/kill';
import { limitCommands } from './commands/limits';
import { lotCommands } from './commands/lots';
import { orderCommands } from './commands/orders';
import { positionCommands } from './commands/positions';
import { reconcileCommands } from './commands/reconcile';
import { safeguardCommands } from './commands/safeguards';
import { statementCommands } from './commands/statement';
import { statusCommands } from './commands/status';
import { stuckCommands } from './commands/stuck';
import { tableCommands } from './commands/tables';
import { reportFailure } from './failure';
import { EXIT_CODES, type Surroundings } from './surroundings';

/** Runs one command line. Never rejects: how it ended is in the exit code, why on stderr. */
export async function runCommand(argv: readonly string[], surroundings: Surroundings): Promise<void> {
  try {
    await createProgram(surroundings).parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) {
      surroundings.exitWith(error.exitCode === 0 ? EXIT_CODES.done : EXIT_CODES.usage);
    } else {
      surroundings.exitWith(reportFailure(error, argv.includes('--json'), surroundings));
    }
  }
}

function createProgram(surroundings: Surroundings): Command {
  const program = new Command('exchange-integration')
    .description('Orders, positions and exchanges of a trading desk. Every command takes --tenant and --json.')
    .configureOutput({
      writeOut: (text) => surroundings.stdout(text.trimEnd()),
      writeErr: (text) => surroundings.stderr(text.trimEnd()),
    })
    .exitOverride()
    .enablePositionalOptions() // a verb's flags are its own, also where its area has flags of the same names (kill)
    .showHelpAfterError('(--help says more)')
    .addHelpText(
      'after',
      '\nExit codes: 0 done; 1 refused or failed, stderr says why; 2 wrong usage; 3 no answer yet, ask again with the same ids.',
    );
  const areas = [
    orderCommands,
    stuckCommands,
    positionCommands,
    executionCommands,
    lotCommands,
    statementCommands,
    exchangeCommands,
    feedCommands,
    killCommands,
    reconcileCommands,
    safeguardCommands,
    limitCommands,
    connectionCommands,
    statusCommands,
    auditCommands,
    tableCommands,
    contractCommands,
  ];
  for (const addArea of areas) addArea(program, surroundings);
  return program;
}
