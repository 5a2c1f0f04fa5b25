import type { DecimalString } from './decimal';
import { Decimal } from './decimal';
import type { OrderError } from './errors';
import { orderOfClientOrderId } from './ids';
import type {
  Amendment,
  Emulation,
  LedgerSums,
  Lifecycle,
  OrderEvent,
  OrderPhase,
  OrderState,
  OrderStatus,
  OrderUpdate,
  StuckState,
} from './order';
import { CLOCK_DIFFERENCE_MAX_MS } from './clock-difference';
import { TERMINAL_PHASES, isSettled, statusOf } from './order-state';

export const EVENTS_KEPT_MAX = 200;

/** A step in an order's life, from whoever knows of it. */
export interface LifecycleChange {
  phase?: OrderPhase;
  /** Which placement of the order the exchange speaks of; absent: the present one. */
  generation?: number;
  /** The exchange's time of its word, ISO 8601. */
  wordAt?: string;
  exchangeOrderId?: string;
  exchangeFilledQuantity?: DecimalString;
  error?: OrderError;
  submittedAt?: string;
  emulated?: Emulation[];
  armedAt?: string;
  /** Declares a change that is about to be sent; null: whatever is declared is given up. */
  amendment?: Amendment | null;
  /** It is known that nothing became of the change with this amendmentId; one declared since stands. */
  failedAmendment?: string;
  /** The exchange has confirmed this change. */
  confirmed?: Pick<Amendment, 'terms' | 'generation'>;
  /** null: somebody can say again how the order stands. */
  stuck?: StuckState | null;
  events?: OrderEvent[];
}

/**
 * The order after a step. An end is final: a later word that the order is open, or has ended differently, only adds
 * what it says of fills. Returns the same object when nothing changes.
 */
export function advance(state: OrderState, step: LifecycleChange, at: string): OrderState {
  const confirmed = withConfirmation(state, step);
  const change = heard(confirmed, step);
  const { lifecycle } = confirmed;
  const exchangeFilledQuantity = larger(lifecycle.exchangeFilledQuantity, change.exchangeFilledQuantity);
  const { amendment: _amendment, stuck: _stuck, version, updatedAt: _updatedAt, events: known, ...others } = lifecycle;
  const hasFailed = change.failedAmendment !== undefined && change.failedAmendment === lifecycle.amendment?.amendmentId;
  const amendment = hasFailed ? undefined : replaced(lifecycle, change, 'amendment');
  const stuck = replaced(lifecycle, change, 'stuck');
  const fresh: Omit<Lifecycle, 'version' | 'updatedAt' | 'events'> = {
    ...others,
    ...first(lifecycle, change),
    phase: nextPhase(lifecycle.phase, change.phase),
    ...(exchangeFilledQuantity !== undefined && { exchangeFilledQuantity }),
    ...(amendment !== undefined && { amendment }),
    ...(stuck !== undefined && { stuck }),
  };
  const events = newEvents(known, change.events ?? []);
  if (events.length === 0 && isSame(fresh, state.lifecycle)) return state;
  const kept = [...known, ...events].slice(-EVENTS_KEPT_MAX);
  const next = { ...fresh, version: version + 1, events: kept, updatedAt: at };
  return completed({ ...state, lifecycle: next }, at);
}

/** The order with newer sums from the ledger; older ones change nothing. */
export function withLedger(state: OrderState, ledger: LedgerSums, at: string): OrderState {
  if (ledger.version <= state.ledger.version) return state;
  return completed({ ...state, ledger, lifecycle: { ...state.lifecycle, updatedAt: at } }, at);
}

/** The end of an order that was cancelled before anything of it was sent. */
export function cancelledUnsent(
  { requestedBy = 'unknown', reason = 'no reason given' }: { requestedBy?: string; reason?: string },
  at: string,
): LifecycleChange {
  const detail = `${reason}; nothing had been sent`;
  return { phase: 'CANCELLED', events: [{ type: 'CANCELLED', at, by: requestedBy, detail }] };
}

/** The step that an exchange's word on an order amounts to. */
export function changeOfUpdate(update: OrderUpdate): LifecycleChange {
  const phase = phaseOfStatus(update.status);
  const { exchangeOrderId, exchangeId: by, timestamp, reason, clientOrderId } = update;
  const generation = clientOrderId === undefined ? undefined : orderOfClientOrderId(clientOrderId)?.generation;
  const type = END_EVENTS[phase];
  return {
    phase,
    exchangeOrderId,
    wordAt: timestamp,
    ...(generation !== undefined && { generation }),
    ...(TERMINAL_PHASES.has(phase) && { exchangeFilledQuantity: update.filledQuantity }),
    ...(type !== undefined && {
      events: [{ type, at: timestamp, by, ...(reason !== undefined && { detail: reason }) }],
    }),
  };
}

const END_EVENTS: Partial<Record<OrderPhase, OrderEvent['type']>> = {
  CANCELLED: 'CANCELLED',
  EXPIRED: 'EXPIRED',
  REJECTED: 'REJECTED',
};

export function phaseOfStatus(status: OrderStatus): OrderPhase {
  return status === 'PARTIALLY_FILLED' ? 'OPEN' : status;
}

/** A change is confirmed by whoever sent it, or by the exchange's word on the placement that it declared, save a refusal. */
function withConfirmation(state: OrderState, step: LifecycleChange): OrderState {
  const { confirmed, generation, exchangeOrderId, phase } = step;
  const { amendment: declared, ...lifecycle } = state.lifecycle;
  const isSeen = declared?.generation === generation && generation !== lifecycle.generation && phase !== 'REJECTED';
  const change = confirmed ?? (isSeen ? declared : undefined);
  if (change === undefined) return state;
  const isPlacedAnew = change.generation !== lifecycle.generation;
  return {
    ...state,
    lifecycle: {
      ...lifecycle,
      generation: change.generation,
      terms: change.terms,
      ...(isPlacedAnew && exchangeOrderId !== undefined && { exchangeOrderId }),
    },
  };
}

/**
 * What of a step counts. The exchange's word on another placement than the present one says nothing of the order; the
 * end of the one that is just being changed may be part of the change, and whoever sends that finds out. An order that
 * the service ends when its time is up has expired, though the exchange calls it cancelled.
 */
function heard(state: OrderState, step: LifecycleChange): LifecycleChange {
  const { lifecycle } = state;
  const { phase, generation = lifecycle.generation } = step;
  const isOfAnother = generation !== lifecycle.generation;
  const isEndOfChanged =
    lifecycle.amendment !== undefined &&
    step.amendment === undefined &&
    phase !== undefined &&
    phase !== 'FILLED' &&
    TERMINAL_PHASES.has(phase);
  if (isOfAnother || isEndOfChanged) {
    const { phase: _phase, exchangeFilledQuantity: _filled, exchangeOrderId: _id, events = [], ...rest } = step;
    return { ...rest, events: events.filter(({ type }) => END_EVENTS[type as OrderPhase] !== type) };
  }
  return isExpiry(state, step) ? asExpiry(step) : step;
}

function isExpiry({ request, lifecycle }: OrderState, { phase, wordAt }: LifecycleChange): boolean {
  if (phase !== 'CANCELLED' || request.expiresAt === undefined || !lifecycle.emulated?.includes('GTD')) return false;
  return wordAt === undefined || Date.parse(wordAt) >= Date.parse(request.expiresAt) - CLOCK_DIFFERENCE_MAX_MS;
}

function asExpiry(step: LifecycleChange): LifecycleChange {
  const events = step.events?.map((event) =>
    event.type === 'CANCELLED' ? { ...event, type: 'EXPIRED' as const } : event,
  );
  return { ...step, phase: 'EXPIRED', ...(events !== undefined && { events }) };
}

/** What is said once and stays. */
function first(lifecycle: Lifecycle, change: LifecycleChange): Partial<Lifecycle> {
  return Object.fromEntries(
    SAID_ONCE.flatMap((field) =>
      lifecycle[field] === undefined && change[field] !== undefined ? [[field, change[field]]] : [],
    ),
  );
}

const SAID_ONCE = [
  'exchangeOrderId',
  'error',
  'submittedAt',
  'emulated',
  'armedAt',
] as const satisfies readonly (keyof Lifecycle & keyof LifecycleChange)[];

function replaced<F extends 'amendment' | 'stuck'>(
  lifecycle: Lifecycle,
  change: LifecycleChange,
  field: F,
): Lifecycle[F] | undefined {
  const word = change[field];
  return word === undefined ? lifecycle[field] : ((word ?? undefined) as Lifecycle[F] | undefined);
}

function isSame(fresh: Omit<Lifecycle, 'version' | 'updatedAt' | 'events'>, before: Lifecycle): boolean {
  const { version: _version, updatedAt: _updatedAt, events: _events, ...known } = before;
  const fields = new Set([...Object.keys(fresh), ...Object.keys(known)]) as Set<keyof typeof fresh>;
  return [...fields].every((field) => JSON.stringify(fresh[field]) === JSON.stringify(known[field]));
}

function nextPhase(current: OrderPhase, word: OrderPhase | undefined): OrderPhase {
  if (word === undefined || TERMINAL_PHASES.has(current)) return current;
  return current === 'OPEN' && word === 'PENDING' ? current : word;
}

function larger(a: DecimalString | undefined, b: DecimalString | undefined): DecimalString | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return new Decimal(a).gte(b) ? a : b;
}

function newEvents(known: readonly OrderEvent[], said: readonly OrderEvent[]): OrderEvent[] {
  return said.filter(
    (event) => !known.some((old) => old.type === event.type && (ONCE.has(event.type) || old.at === event.at)),
  );
}

/** Steps that an order takes at most once, however often they are reported. */
const ONCE: ReadonlySet<OrderEvent['type']> = new Set([
  'CREATED',
  'ARMED',
  'TRIGGERED',
  'ACKNOWLEDGED',
  'FILLED',
  'CANCELLED',
  'EXPIRED',
  'REJECTED',
  'DENIED',
]);

function completed(state: OrderState, at: string): OrderState {
  if (!isSettled(state) || state.lifecycle.completedAt !== undefined) return state;
  const { lifecycle, request } = state;
  const filled: OrderEvent[] =
    statusOf(state) === 'FILLED'
      ? newEvents(lifecycle.events, [{ type: 'FILLED', at, by: request.exchangeId ?? 'service' }])
      : [];
  return { ...state, lifecycle: { ...lifecycle, completedAt: at, events: [...lifecycle.events, ...filled] } };
}
