import type { ExecutionUpdate, OrderState, OrderUpdate } from '../src/domain/order';
import type { LifecycleChange } from '../src/domain/order-state';
import { changeOfUpdate, isShortOfFills } from '../src/domain/order-state';
import type { ExchangeAdapter } from '../src/exchanges/adapter';
import type { OrderRecord } from '../src/storage/orders';
import type { ActivityDeps } from './deps';
import type { OrderFacts } from './order-activities';
import { refOf } from './order-refs';

type SettlementDeps = Pick<ActivityDeps, 'orders' | 'ledger'>;

/** Records what the exchange says of an order and books the executions that it says it with. */
export async function recordWord(
  { orders, ledger }: SettlementDeps,
  {
    update,
    executions,
    extra = {},
    known,
  }: { update: OrderUpdate; executions: ExecutionUpdate[]; extra?: LifecycleChange; known?: OrderRecord },
): Promise<OrderState> {
  const word = changeOfUpdate(update);
  const change = { ...word, ...extra, events: [...(extra.events ?? []), ...(word.events ?? [])] };
  const state = await orders.recordLifecycle(update.tenantId, update.orderId, change, known);
  if (executions.length === 0) return state;
  const booked = await ledger.bookFills(executions, 'WORKFLOW');
  return newest(
    state,
    booked.map(({ order }) => order),
  );
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

function newest(first: OrderState, others: (OrderState | undefined)[]): OrderState {
  return others.reduce<OrderState>(
    (best, state) => (state !== undefined && state.ledger.version >= best.ledger.version ? state : best),
    first,
  );
}
