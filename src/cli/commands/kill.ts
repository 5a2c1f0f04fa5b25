import type { Command } from 'commander';
import type { KillProgress } from '../../../workflows/kill/contract';
import { createKillSwitch, type KillRequest, type KillSwitch } from '../../client/kill-switch';
import type { Halt, HaltRecord, HaltScope } from '../../domain/halt';
import { describeScope } from '../../domain/halt';
import { addVerb, type CommonFlags, pageText, present, print, tenantOf, wholeNumber } from '../command-line';
import { withDesk } from '../connect';
import { EXIT_CODES, type Surroundings } from '../surroundings';
import { tableOf } from '../tables';
import { orderTable } from './order-texts';

interface KillFlags extends CommonFlags {
  exchange?: string;
  strategy?: string;
  asset?: string;
  reason?: string;
  by?: string;
  haltId?: string;
  foreign?: true;
  dryRun?: true;
  timeout?: number;
}

interface ListFlags extends CommonFlags {
  all?: true;
  cursor?: string;
}

interface ReleaseFlags extends CommonFlags {
  reason: string;
  by?: string;
}

export function killCommands(program: Command, surroundings: Surroundings): void {
  const area = addVerb(program, 'kill', 'Stop trading: nothing in scope is sent any more, everything open is cancelled')
    .option('--exchange <id>', 'only at this exchange')
    .option('--strategy <id>', 'only this strategy')
    .option('--asset <base/quote>', 'only this instrument')
    .option('--reason <text>', 'required; seen in every order that it refuses or cancels')
    .option('--by <name>', 'who kills (default: this user)')
    .option('--foreign', "also cancel orders that this service did not place, by the exchange's cancel-all")
    .option('--dry-run', 'show what would be cancelled, and change nothing')
    .option('--halt-id <id>', 'go on with the cancelling of an earlier kill')
    .option('--timeout <ms>', 'how long to wait for the cancelling; it goes on without', wholeNumber)
    .action((flags: KillFlags) => kill(flags, surroundings));
  addVerb(area, 'list', 'The halts that stand')
    .option('--all', 'those that were released too, the latest first')
    .option('--cursor <text>', 'with --all: the page after an earlier one')
    .action((flags: ListFlags) => list(flags, surroundings));
  addVerb(area, 'release', 'End a halt: orders go through again')
    .argument('<haltId>', 'see kill list')
    .requiredOption('--reason <text>', 'why trading may go on')
    .option('--by <name>', 'who releases (default: this user)')
    .action((haltId: string, flags: ReleaseFlags) => release(haltId, flags, surroundings));
}

async function kill(flags: KillFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const { strategy: strategyId, asset: assetId } = flags;
  const scope = present({ exchangeId: flags.exchange, strategyId, assetId }) as HaltScope;
  if (flags.dryRun) return await preview(flags, surroundings, tenantId, scope);
  const { reason, haltId, foreign: includeForeign } = flags;
  // The client checks what comes in from outside.
  const request = {
    scope,
    haltedBy: flags.by ?? surroundings.user,
    ...present({ reason, haltId, includeForeign }),
  } as KillRequest;
  const options = {
    ...present({ timeoutMs: flags.timeout }),
    onProgress: (progress: { kill?: KillProgress }) => flags.json || surroundings.stdout(progressLine(progress.kill)),
  };
  const done = await withKillSwitch(surroundings, (killSwitch) => killSwitch.kill(tenantId, request, options));
  print(flags, surroundings, done, summaryText);
  if (done.open === 0 && !done.cancelAll.some(({ error }) => error !== undefined)) return;
  surroundings.stderr(`CANCEL_FAILED: ${notCancelled(done)}`);
  surroundings.exitWith(EXIT_CODES.refused);
}

async function preview(
  flags: KillFlags,
  surroundings: Surroundings,
  tenantId: string,
  scope: HaltScope,
): Promise<void> {
  const items = await withKillSwitch(surroundings, (killSwitch) => killSwitch.preview(tenantId, scope));
  const head = `Would halt ${describeScope({ tenantId, scope })} and cancel ${items.length} open orders:`;
  print(flags, surroundings, { dryRun: true, scope, items }, () => `${head}\n${orderTable(items)}`);
}

async function list(flags: ListFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const page = await withKillSwitch(surroundings, async (killSwitch) =>
    flags.all
      ? await killSwitch.listHalts(tenantId, flags.cursor)
      : { items: await killSwitch.standingHalts(tenantId) },
  );
  print(flags, surroundings, page, () => pageText(page, haltTable));
}

async function release(haltId: string, flags: ReleaseFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const request = { releasedBy: flags.by ?? surroundings.user, reason: flags.reason };
  const record = await withKillSwitch(surroundings, (killSwitch) => killSwitch.release(tenantId, haltId, request));
  print(flags, surroundings, record, releaseText);
}

function withKillSwitch<T>(surroundings: Surroundings, work: (killSwitch: KillSwitch) => Promise<T>): Promise<T> {
  return withDesk(surroundings, ({ services, temporal, orderManager }) =>
    work(createKillSwitch({ ...services, orderManager, client: temporal.client })),
  );
}

function progressLine(progress: KillProgress | undefined): string {
  if (progress === undefined) return 'Halted: nothing in scope is sent any more. No worker has begun to cancel yet.';
  const { stage, rounds, open, found } = progress;
  const looks = `${stage}: nothing in scope is sent any more; look ${rounds}: ${open} of ${found} orders still open`;
  return [looks, ...cancelAllTexts(progress)].join('; ');
}

function cancelAllTexts({ cancelAll }: KillProgress): string[] {
  return cancelAll.map(({ exchangeId, cancelled = 0, error }) => {
    const text = `Cancel-all at ${exchangeId}: ${cancelled} orders`;
    return error === undefined ? text : `${text}, not done: ${error}`;
  });
}

function summaryText(progress: KillProgress): string {
  const { halt, found, open, released } = progress;
  const lines = [
    `Halt ${halt.haltId} stands for ${describeScope(halt)}.`,
    ...cancelAllTexts(progress),
    `${found - open} of ${found} open orders have ended.`,
  ];
  if (released) lines[0] = `Halt ${halt.haltId} was released while its orders were being cancelled, which ended that.`;
  return lines.join('\n');
}

function notCancelled({ open, remaining, cancelAll }: KillProgress): string {
  const orders = remaining.map(({ orderId, status, detail }) => `\n  - ${orderId} ${status}: ${detail}`);
  const more = open > remaining.length ? `\n  … and ${open - remaining.length} more` : '';
  const failed = cancelAll.flatMap(({ exchangeId, error }) =>
    error === undefined ? [] : [`\n  - ${exchangeId}: ${error}`],
  );
  return `${open} orders could not be cancelled. Look at them at the exchange, then kill again.${orders.join('')}${more}${failed.join('')}`;
}

function haltTable(halts: HaltRecord[]): string {
  return tableOf(
    ['halt', 'exchange', 'strategy', 'asset', 'by', 'since', 'reason', 'released'],
    halts.map(({ haltId, scope, haltedBy, haltedAt, reason, release: end }) => [
      haltId,
      scope.exchangeId ?? 'all',
      scope.strategyId ?? 'all',
      scope.assetId ?? 'all',
      haltedBy,
      haltedAt,
      reason,
      end && `${end.releasedAt} by ${end.releasedBy}: ${end.reason}`,
    ]),
  );
}

function releaseText({ release: end, ...halt }: Halt & Pick<HaltRecord, 'release'>): string {
  return `Halt ${halt.haltId} of ${describeScope(halt)} is released by ${end?.releasedBy}: ${end?.reason}. Orders go through again.`;
}
