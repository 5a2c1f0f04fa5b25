import type { Command } from 'commander';
import type { OrderStatus } from '../../domain/order';
import type { OrderFilters } from '../../storage/orders';
import { addVerb, type CommonFlags, pageText, present, print, tenantOf, wholeNumber } from '../command-line';
import { withDesk, withServices } from '../connect';
import { reportError } from '../failure';
import { EXIT_CODES, type Surroundings } from '../surroundings';
import { answerCancel } from './cancel-answer';
import { explain } from './explain-order';
import { type OrderFlags, ofOrder, orderRefOf } from './order-flags';
import { addSubmitOptions, readOrder, type SubmitFlags } from './order-input';
import { fillTable, orderTable, orderText, responseText } from './order-texts';
import { watch, type WatchFlags } from './watch-orders';

interface CancelFlags extends OrderFlags {
  reason?: string;
  by?: string;
}

interface ModifyFlags extends OrderFlags {
  price?: string;
  quantity?: string;
  stopPrice?: string;
  by?: string;
}

interface ListFlags extends CommonFlags {
  strategy?: string;
  exchange?: string;
  asset?: string;
  status?: string;
  side?: string;
  from?: string;
  to?: string;
  limit?: number;
  cursor?: string;
}

export function orderCommands(program: Command, surroundings: Surroundings): void {
  const area = program.command('orders').description('Orders and their fills');
  addSubmitOptions(addVerb(area, 'submit', "Submit an order and wait for the exchange's answer")).action(
    (flags: SubmitFlags) => submit(flags, surroundings),
  );
  ofOrder(area, 'cancel', "Cancel an order and wait for the exchange's word")
    .option('--reason <text>', 'seen again in the order')
    .option('--by <name>', 'who cancels (default: this user)')
    .action((orderId: string | undefined, flags: CancelFlags) => cancel(orderId, flags, surroundings));
  ofOrder(area, 'modify', "Change a live order and wait for the exchange's word")
    .option('--price <decimal>', 'the new price, in quote currency')
    .option('--quantity <decimal>', 'the new total, what is filled included, in base currency')
    .option('--stop-price <decimal>', 'the new stop price, in quote currency')
    .option('--by <name>', 'who changes it (default: this user)')
    .action((orderId: string | undefined, flags: ModifyFlags) => modify(orderId, flags, surroundings));
  ofOrder(area, 'get', 'One order with its events and last fills').action(
    (orderId: string | undefined, flags: OrderFlags) => get(orderId, flags, surroundings),
  );
  ofOrder(area, 'fills', 'All fills of an order, oldest first')
    .option('--cursor <text>', 'the page after an earlier one')
    .action((orderId: string | undefined, flags: OrderFlags & { cursor?: string }) =>
      fills(orderId, flags, surroundings),
    );
  addListOptions(addVerb(area, 'list', 'Orders, newest first')).action((flags: ListFlags) => list(flags, surroundings));
  addVerb(area, 'open', 'All orders that may still trade, newest first')
    .option('--strategy <id>', 'those of one strategy')
    .action((flags: ListFlags) => open(flags, surroundings));
  ofOrder(area, 'explain', "An order's story in plain words, and what it waits for").action(
    (orderId: string | undefined, flags: OrderFlags) => explain(orderId, flags, surroundings),
  );
  addVerb(area, 'watch', 'Open orders as they change, until Ctrl-C; of named orders, until all of them have ended')
    .argument('[orderIds...]', 'those to watch (default: all that are open, and all new ones)')
    .option('--strategy <id>', 'those of one strategy')
    .action((orderIds: string[], flags: WatchFlags) => watch(orderIds, flags, surroundings));
}

function addListOptions(command: Command): Command {
  return command
    .option('--strategy <id>')
    .option('--exchange <id>')
    .option('--asset <base/quote>')
    .option('--status <list>', 'separated by commas: OPEN,PARTIALLY_FILLED')
    .option('--side <side>', 'BUY or SELL')
    .option('--from <instant>', 'created at or after, ISO 8601')
    .option('--to <instant>', 'created at or before, ISO 8601')
    .option('--limit <n>', 'at most, up to 100', wholeNumber)
    .option('--cursor <text>', 'the page after an earlier one');
}

async function submit(flags: SubmitFlags, surroundings: Surroundings): Promise<void> {
  const order = await readOrder(flags, surroundings);
  const response = await withDesk(surroundings, ({ orderManager }) =>
    orderManager.submitOrder(order, present({ timeoutMs: flags.timeout })),
  );
  print(flags, surroundings, response, responseText);
  if (response.status !== 'REJECTED') return;
  if (response.error !== undefined) reportError(response.error, flags.json === true, surroundings);
  surroundings.exitWith(EXIT_CODES.refused);
}

async function modify(given: string | undefined, flags: ModifyFlags, surroundings: Surroundings): Promise<void> {
  const { tenantId, orderId } = orderRefOf(given, flags, surroundings);
  const { price: newPrice, quantity: newQuantity, stopPrice: newStopPrice, timeout: timeoutMs } = flags;
  const modifications = present({ newPrice, newQuantity, newStopPrice });
  const by = { requestedBy: flags.by ?? surroundings.user };
  const response = await withDesk(surroundings, ({ orderManager }) =>
    orderManager.modifyOrder(tenantId, orderId, modifications, by, present({ timeoutMs })),
  );
  print(flags, surroundings, response, responseText);
  if (response.error === undefined) return;
  reportError(response.error, flags.json === true, surroundings);
  surroundings.exitWith(EXIT_CODES.refused);
}

async function cancel(given: string | undefined, flags: CancelFlags, surroundings: Surroundings): Promise<void> {
  const { tenantId, orderId } = orderRefOf(given, flags, surroundings);
  const request = { requestedBy: flags.by ?? surroundings.user, ...present({ reason: flags.reason }) };
  const response = await withDesk(surroundings, ({ orderManager }) =>
    orderManager.cancelOrder(tenantId, orderId, request, present({ timeoutMs: flags.timeout })),
  );
  answerCancel(flags, surroundings, response);
}

async function get(given: string | undefined, flags: OrderFlags, surroundings: Surroundings): Promise<void> {
  const { tenantId, orderId } = orderRefOf(given, flags, surroundings);
  const order = await withDesk(surroundings, ({ orderManager }) =>
    orderManager.getOrder(tenantId, orderId, present({ timeoutMs: flags.timeout })),
  );
  print(flags, surroundings, order, orderText);
}

async function fills(
  given: string | undefined,
  flags: OrderFlags & { cursor?: string },
  surroundings: Surroundings,
): Promise<void> {
  const { tenantId, orderId } = orderRefOf(given, flags, surroundings);
  const page = await withServices(surroundings, ({ orders }) => orders.listFills(tenantId, orderId, flags.cursor));
  print(flags, surroundings, page, () => pageText(page, fillTable));
}

async function list(flags: ListFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const page = await withDesk(surroundings, ({ orderManager }) =>
    orderManager.listOrdersPage(tenantId, filtersOf(flags), flags.cursor),
  );
  print(flags, surroundings, page, () => pageText(page, orderTable));
}

async function open(flags: ListFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const items = await withDesk(surroundings, ({ orderManager }) =>
    orderManager.getOpenOrders(tenantId, flags.strategy),
  );
  print(flags, surroundings, { items }, () => orderTable(items));
}

/** As given: the client checks them. */
function filtersOf(flags: ListFlags): OrderFilters {
  const filters = present({
    strategyId: flags.strategy,
    exchangeId: flags.exchange,
    assetId: flags.asset,
    status: flags.status?.split(',') as OrderStatus[] | undefined,
    side: flags.side,
    startTime: flags.from,
    endTime: flags.to,
    limit: flags.limit,
  });
  return filters as OrderFilters;
}
