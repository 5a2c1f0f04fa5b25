import type { Command } from 'commander';
import { accountSchema, checkInput } from '../../client/input';
import { createReconciliationService } from '../../client/reconciliation';
import {
  RECONCILED_EVERY_MINUTES,
  scheduleReconciliation,
  unscheduleReconciliation,
} from '../../client/reconciliation-schedule';
import type { AccountName, ReconciliationInput, ReconciliationReport } from '../../domain/reconciliation';
import { addVerb, type CommonFlags, pageText, present, print, tenantOf, wholeNumber } from '../command-line';
import { withDesk } from '../connect';
import { EXIT_CODES, type Surroundings } from '../surroundings';
import { reportTable, reportText } from './reconciliation-texts';

interface AccountFlags extends CommonFlags {
  exchange: string;
}

interface RunFlags extends AccountFlags {
  position?: string[];
  accept?: true;
  reason?: string;
  by?: string;
  timeout?: number;
}

interface ListFlags extends AccountFlags {
  cursor?: string;
}

interface ScheduleFlags extends AccountFlags {
  everyMinutes: number;
}

export function reconcileCommands(program: Command, surroundings: Surroundings): void {
  const area = program
    .command('reconcile')
    .description('Compare orders, balances and positions with the exchange, whose word is the truth');
  const ofAccount = (name: string, description: string): Command =>
    addVerb(area, name, description).requiredOption('--exchange <id>', 'BINANCE, COINBASE, …');
  ofAccount('run', 'Reconcile now, and say what was found and adjusted')
    .option('--position <base/quote...>', 'positions that take what is unexplained of their base currency')
    .option('--accept', 'from now on, what no position answers for counts as explained')
    .option('--reason <text>', 'kept with the report')
    .option('--by <name>', 'who asks (default: this user)')
    .option('--timeout <ms>', 'how long to wait; it goes on without', wholeNumber)
    .action((flags: RunFlags) => run(flags, surroundings));
  ofAccount('list', 'What reconciliations found, the latest first')
    .option('--cursor <text>', 'the page after an earlier one')
    .action((flags: ListFlags) => list(flags, surroundings));
  ofAccount('schedule', 'Reconcile every so often; registering an exchange does this')
    .option('--every-minutes <n>', 'from 1 to 1440', wholeNumber, RECONCILED_EVERY_MINUTES)
    .action((flags: ScheduleFlags) => schedule(flags, surroundings));
  ofAccount('unschedule', 'Reconcile on demand only').action((flags: AccountFlags) => unschedule(flags, surroundings));
}

async function run(flags: RunFlags, surroundings: Surroundings): Promise<void> {
  const { position: positions, accept, reason, by = surroundings.user, timeout: timeoutMs } = flags;
  const account = { tenantId: tenantOf(flags, surroundings), exchangeId: flags.exchange, requestedBy: by };
  // The client checks it.
  const input = { ...account, ...present({ positions, accept, reason }) } as ReconciliationInput;
  const report = await withDesk(surroundings, ({ services, temporal: { client } }) =>
    createReconciliationService({ ...services, client }).reconcile(input, present({ timeoutMs })),
  );
  print(flags, surroundings, report, reportText);
  if (!isGood(report)) surroundings.exitWith(EXIT_CODES.refused);
}

async function list(flags: ListFlags, surroundings: Surroundings): Promise<void> {
  const account = accountOf(flags, surroundings);
  const page = await withDesk(surroundings, ({ services, temporal: { client } }) =>
    createReconciliationService({ ...services, client }).listReports(account, flags.cursor),
  );
  print(flags, surroundings, page, () => pageText(page, reportTable));
}

async function schedule(flags: ScheduleFlags, surroundings: Surroundings): Promise<void> {
  const account = accountOf(flags, surroundings);
  const { everyMinutes } = flags;
  await withDesk(surroundings, ({ temporal }) => scheduleReconciliation(temporal.client, account, everyMinutes));
  print(flags, surroundings, { ...account, everyMinutes }, () => {
    return `${account.exchangeId} is reconciled for ${account.tenantId} every ${everyMinutes} minutes.`;
  });
}

async function unschedule(flags: AccountFlags, surroundings: Surroundings): Promise<void> {
  const account = accountOf(flags, surroundings);
  const removed = await withDesk(surroundings, ({ temporal }) => unscheduleReconciliation(temporal.client, account));
  print(flags, surroundings, { ...account, removed }, () => {
    const was = removed ? 'is no longer' : 'was not';
    return `${account.exchangeId} ${was} reconciled by schedule for ${account.tenantId}.`;
  });
}

function accountOf(flags: AccountFlags, surroundings: Surroundings): AccountName {
  const given = { tenantId: tenantOf(flags, surroundings), exchangeId: flags.exchange };
  return checkInput(accountSchema, given, 'The account');
}

function isGood({ state }: ReconciliationReport): boolean {
  return state === 'RECONCILED' || state === 'OPENED';
}
