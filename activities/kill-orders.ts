import { mapBounded } from '../src/connections/bounded-concurrency';
import { ServiceError } from '../src/domain/errors';
import type { ExchangeConfig } from '../src/domain/exchange';
import type { Halt, HaltRecord } from '../src/domain/halt';
import { covers } from '../src/domain/halt';
import type { OrderState } from '../src/domain/order';
import { LIVE_STATUSES } from '../src/domain/order';
import { isEnded, statusOf } from '../src/domain/order-state';
import type { OrderFilters } from '../src/storage/orders';
import { pagesOf } from '../src/storage/pages';
import type { CancelRequest } from '../workflows/order/contract';
import { cancelSignal, orderWorkflowId } from '../workflows/order/contract';
import type { SignalOrder } from './connection/connection-deps';
import type { ActivityDeps } from './deps';
import { withHeartbeats } from './heartbeats';
import type { KillActivities, KillRound, OpenInScope, PlacedHalt } from './kill-activities';
import type { CancelOrderInput } from './order-activities';

/** Pages of 100 orders read in one round. */
const PAGES_MAX = 1_000;
const SIGNALS_AT_ONCE = 20;
const OPEN_SHOWN_MAX = 50;
const ORPHANS_MAX = 100;
/** What a cancel's reason may have. */
const REASON_CHARACTERS_MAX = 256;

export interface KillDeps extends Pick<ActivityDeps, 'orders' | 'alerts' | 'clock'> {
  halts: { halt(halt: Halt): Promise<HaltRecord> };
  exchanges: { listExchanges(tenantId: string): Promise<Pick<ExchangeConfig, 'exchangeId'>[]> };
  signalOrder: SignalOrder;
}

/** What became of the wish to cancel one order. */
type Asked =
  { asked: 'told' | 'ended' } | { asked: 'orphan'; cancel: CancelOrderInput } | { asked: 'failed'; reason: string };

export function createKillActivities(deps: KillDeps): KillActivities {
  const { alerts, clock } = deps;
  return {
    placeHalt: (halt) => place(deps, halt),
    cancelOpenOrders: (halt) => withHeartbeats(clock, () => cancelRound(deps, halt)),
    isReleased: (halt) => isReleased(deps, halt),
    reportIncomplete: (halt, open, foreign) => {
      const { tenantId, haltId } = halt;
      const aspect = foreign === undefined ? haltId : `${haltId} ${foreign.exchangeId}`;
      alerts.raise({ code: 'KILL_INCOMPLETE', tenantId, aspect, details: { halt, open, ...(foreign && { foreign }) } });
      return Promise.resolve();
    },
  };
}

async function place({ halts, exchanges, alerts }: KillDeps, halt: Halt): Promise<PlacedHalt> {
  const { tenantId, scope, haltId: aspect } = halt;
  const record = await halts.halt(halt);
  if (record.release === undefined) alerts.raise({ code: 'TRADING_HALTED', tenantId, aspect, details: halt });
  const registered = (await exchanges.listExchanges(tenantId)).map(({ exchangeId }) => exchangeId);
  return { record, exchanges: registered.filter((one) => (scope.exchangeId ?? one) === one) };
}

/** Placing it again tells whether it stands: after a release, new orders are nobody's to cancel. */
async function isReleased({ halts }: KillDeps, halt: Halt): Promise<boolean> {
  return (await halts.halt(halt)).release !== undefined;
}

async function cancelRound(deps: KillDeps, halt: Halt): Promise<KillRound> {
  const round: KillRound = { released: false, open: 0, shown: [], orphans: [] };
  if (await isReleased(deps, halt)) return { ...round, released: true };
  for await (const orders of openInScope(deps.orders, halt)) {
    const asked = await mapBounded(orders, SIGNALS_AT_ONCE, (order) => askToCancel(deps, halt, order));
    for (const [index, order] of orders.entries()) {
      const answer = asked[index];
      if (answer === undefined || answer.asked === 'ended') continue;
      round.open += 1;
      if (round.shown.length < OPEN_SHOWN_MAX) round.shown.push(viewOpen(order, answer));
      if (answer.asked === 'orphan' && round.orphans.length < ORPHANS_MAX) round.orphans.push(answer.cancel);
    }
  }
  return round;
}

async function* openInScope(orders: KillDeps['orders'], { tenantId, scope }: Halt): AsyncGenerator<OrderState[]> {
  // Not by strategy: its partition has all orders that it ever had, the status index only those that are open.
  const { strategyId: _, ...indexed } = scope;
  const filters: OrderFilters = { ...indexed, status: [...LIVE_STATUSES] };
  const pages = pagesOf(
    (cursor) => orders.list(tenantId, filters, cursor),
    PAGES_MAX,
    () => {
      const what = `${tenantId} has more open orders than one round of a kill reads (${PAGES_MAX} pages).`;
      throw new ServiceError('DEPENDENCY_UNAVAILABLE', what);
    },
  );
  for await (const page of pages) yield page.filter(({ request }) => covers(scope, request));
}

async function askToCancel({ orders, signalOrder }: KillDeps, halt: Halt, { request }: OrderState): Promise<Asked> {
  const { tenantId, orderId } = request;
  try {
    const workflowId = orderWorkflowId(tenantId, orderId);
    const answer = await signalOrder(workflowId, cancelSignal.name, cancelRequestOf(halt));
    if (answer === 'delivered') return { asked: 'told' };
    const record = await orders.get(tenantId, orderId);
    if (record === undefined || isEnded(record.state)) return { asked: 'ended' };
    return { asked: 'orphan', cancel: cancelInput(record.state, halt) };
  } catch (error) {
    return { asked: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

function cancelRequestOf({ haltId, haltedBy, reason }: Halt): Required<CancelRequest> {
  return { requestedBy: haltedBy, reason: `kill ${haltId}: ${reason}`.slice(0, REASON_CHARACTERS_MAX) };
}

function cancelInput({ request, lifecycle }: OrderState, halt: Halt): CancelOrderInput {
  const { generation, exchangeOrderId } = lifecycle;
  return { request, generation, ...(exchangeOrderId !== undefined && { exchangeOrderId }), ...cancelRequestOf(halt) };
}

function viewOpen(state: OrderState, asked: Asked): OpenInScope {
  const { orderId, exchangeId, assetId } = state.request;
  const status = statusOf(state);
  return { orderId, ...(exchangeId !== undefined && { exchangeId }), assetId, status, detail: detailOf(state, asked) };
}

function detailOf({ lifecycle }: OrderState, asked: Asked): string {
  switch (asked.asked) {
    case 'failed':
      return `could not be asked to cancel: ${asked.reason}`;
    case 'orphan':
      return 'has no running workflow; cancelled directly at the exchange';
    case 'told':
    case 'ended': {
      const last = lifecycle.events.at(-1);
      return last === undefined ? 'asked to cancel' : `asked to cancel; last: ${last.type} at ${last.at}`;
    }
  }
}
