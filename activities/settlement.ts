import type { ExecutionUpdate, OrderState, OrderUpdate } from '../src/domain/order';
import type { LifecycleChange } from '../src/domain/order-lifecycle';
import { changeOfUpdate } from '../src/domain/order-lifecycle';
import { isShortOfFills } from '../src/domain/order-state';
import type { ExchangeAdapter } from '../src/exchanges/adapter';
import type { OrderRecord } from '../src/storage/orders';
import type { ActivityDeps } from './deps';
import type { OrderFacts } from './order-activities';
import { refOf } from './order-refs';

type SettlementDeps = Pick<ActivityDeps, 'orders' | 'ledger'>;

/**
 * Books the executions that the exchange's word came with, then records the word. In this order, so that an order that
 * trades at once is mostly booked here before its stream tells of it, and needs no signal.
 */
export async function recordWord(
  { orders, ledger }: SettlementDeps,
  {
    update,
    executions,
    extra = {},
    known,
  }: { update: OrderUpdate; executions: ExecutionUpdate[]; extra?: LifecycleChange; known?: OrderRecord },
): Promise<OrderState> {
  const booked = executions.length === 0 ? [] : await ledger.bookFills(executions, 'WORKFLOW');
  const state = booked.findLast(({ order }) => order !== undefined)?.order;
  const word = changeOfUpdate(update);
  const change = { ...word, ...extra, events: [...(extra.events ?? []), ...(word.events ?? [])] };
  const base = known !== undefined && state !== undefined ? { ...known, state } : known;
  return await orders.recordLifecycle(update.tenantId, update.orderId, change, base);
}

/** Fetches and books what the exchange counts as filled beyond what is booked. */
export async function bookMissingFills(
  deps: SettlementDeps,
  adapter: ExchangeAdapter,
  state: OrderState,
): Promise<OrderState> {
  if (!isShortOfFills(state)) return state;
  const { request, lifecycle } = state;
  const found = await adapter.findOrder(refOf(request, lifecycle.generation, lifecycle.exchangeOrderId));
  return found.found ? await recordWord(deps, found) : state;
}

export function factsOf({ lifecycle, ledger }: OrderState): OrderFacts {
  return { lifecycle, ledger };
}
