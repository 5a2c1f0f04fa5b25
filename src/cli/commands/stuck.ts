import type { Command } from 'commander';
import type { ResolveRequest } from '../../../workflows/order/contract';
import { addVerb, type CommonFlags, pageText, present, print, tenantOf } from '../command-line';
import { withDesk } from '../connect';
import { readJson } from '../input-files';
import type { Surroundings } from '../surroundings';
import { answerCancel } from './cancel-answer';
import { ofOrder, type OrderFlags, orderRefOf } from './order-flags';
import { orderText, stuckTable } from './order-texts';

interface ForceFlags extends OrderFlags {
  reason?: string;
  by?: string;
}

interface ResolveFlags extends ForceFlags {
  action?: string;
  fillsFile?: string;
}

export function stuckCommands(program: Command, surroundings: Surroundings): void {
  const area = program
    .command('stuck')
    .description('Orders that nobody can say how they stand, and what to do about them');
  addVerb(area, 'list', 'All stuck orders, a page at a time')
    .option('--cursor <text>', 'the page after an earlier one')
    .action((flags: CommonFlags & { cursor?: string }) => list(flags, surroundings));
  byPerson(ofOrder(area, 'resolve', 'Decide about a stuck order'))
    .option('--action <action>', 'RECONCILE, CANCEL, MARK_REJECTED or MARK_FILLED')
    .option(
      '--fills-file <path>',
      'for MARK_FILLED: [{quantity, price, commission, commissionAsset, timestamp}] as JSON, - is stdin',
    )
    .action((orderId: string | undefined, flags: ResolveFlags) => resolve(orderId, flags, surroundings));
  byPerson(ofOrder(area, 'force-cancel', 'Cancel at the exchange whatever is believed of the order')).action(
    (orderId: string | undefined, flags: ForceFlags) => forceCancel(orderId, flags, surroundings),
  );
  byPerson(ofOrder(area, 'reconcile', 'Take over what the exchange says of the order now')).action(
    (orderId: string | undefined, flags: ForceFlags) => reconcile(orderId, flags, surroundings),
  );
}

function byPerson(command: Command): Command {
  return command
    .option('--reason <text>', "seen again in the order's events")
    .option('--by <name>', 'who decides (default: this user)');
}

async function list(flags: CommonFlags & { cursor?: string }, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const page = await withDesk(surroundings, ({ interventions }) =>
    interventions.getStuckOrdersPage(tenantId, flags.cursor),
  );
  print(flags, surroundings, page, () => pageText(page, stuckTable));
}

async function resolve(given: string | undefined, flags: ResolveFlags, surroundings: Surroundings): Promise<void> {
  const { tenantId, orderId } = orderRefOf(given, flags, surroundings);
  const { action, reason, fillsFile, timeout: timeoutMs } = flags;
  const fills = fillsFile === undefined ? undefined : await readJson(fillsFile, '--fills-file', surroundings.stdin);
  // As given: the client checks it.
  const resolution = present({ action, reason, resolvedBy: byOf(flags, surroundings), fills }) as ResolveRequest;
  const order = await withDesk(surroundings, ({ interventions }) =>
    interventions.resolveStuckOrder(tenantId, orderId, resolution, present({ timeoutMs })),
  );
  print(flags, surroundings, order, orderText);
}

async function forceCancel(given: string | undefined, flags: ForceFlags, surroundings: Surroundings): Promise<void> {
  const { tenantId, orderId } = orderRefOf(given, flags, surroundings);
  const { reason, timeout: timeoutMs } = flags;
  const request = { requestedBy: byOf(flags, surroundings), ...present({ reason }) };
  const response = await withDesk(surroundings, ({ interventions }) =>
    interventions.forceCancel(tenantId, orderId, request, present({ timeoutMs })),
  );
  answerCancel(flags, surroundings, response);
}

async function reconcile(given: string | undefined, flags: ForceFlags, surroundings: Surroundings): Promise<void> {
  const { tenantId, orderId } = orderRefOf(given, flags, surroundings);
  const { reason, timeout: timeoutMs } = flags;
  const request = { requestedBy: byOf(flags, surroundings), ...present({ reason }) };
  const order = await withDesk(surroundings, ({ interventions }) =>
    interventions.forceReconcile(tenantId, orderId, request, present({ timeoutMs })),
  );
  print(flags, surroundings, order, orderText);
}

function byOf({ by }: ForceFlags, { user }: Surroundings): string {
  return by ?? user;
}
