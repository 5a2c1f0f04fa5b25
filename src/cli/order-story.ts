import { Decimal, roundForDisplay, sum } from '../domain/decimal';
import { ERROR_CATALOGUE } from '../domain/errors';
import type { Fill, Order, OrderEvent, OrderEventType } from '../domain/order';

/** An order's life in plain words. */
export interface OrderStory {
  orderId: string;
  /** What was asked for. */
  what: string;
  steps: StoryStep[];
  /** How it stands, and what is waited for. */
  now: string;
  /** What a person can do, where something is to be done. */
  advice?: string;
}

export interface StoryStep {
  at: string;
  /** Since the order was created. */
  afterMs: number;
  by: string;
  text: string;
}

/** Tells an order from its record. Pure; `nowMs` is when it is told. */
export function storyOf(order: Order, nowMs: number): OrderStory {
  const steps = [...order.events.map((event) => eventStep(order, event)), ...fillSteps(order)];
  const advice = adviceFor(order);
  return {
    orderId: order.orderId,
    what: askedFor(order),
    steps: steps.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
    now: standing(order, nowMs),
    ...(advice !== undefined && { advice }),
  };
}

/** What each step means to a person; a new kind of step does not compile until it is told here. */
const TOLD: Record<OrderEventType, string> = {
  CREATED: 'The order was taken on and written down.',
  ARMED: 'The exchange does not offer this kind of order: the service holds it and watches the market itself.',
  TRIGGERED: 'Its trigger was reached, and it was sent to the exchange.',
  SUBMISSION_UNKNOWN: 'It was sent, but no clear answer came: it is looked up before anything else is done.',
  ACKNOWLEDGED: 'The exchange has accepted it.',
  DENIED: 'It was refused before anything was sent.',
  REJECTED: 'The exchange has refused it.',
  MODIFIED: 'Its terms were changed, and the exchange has confirmed it.',
  MODIFICATION_FAILED: 'A change of its terms did not happen; the order stands as it was.',
  CANCEL_REQUESTED: 'A cancel was asked for.',
  CANCEL_FAILED: 'The cancel could not be carried out, or not be confirmed.',
  STUCK: 'Nobody could say any more how it stands at the exchange: it was flagged for a person.',
  UNSTUCK: 'How it stands became clear again.',
  RESOLVED: 'A person decided what is to become of it.',
  FILLED: 'It is filled completely, and all of it is booked.',
  CANCELLED: 'It is cancelled.',
  EXPIRED: 'Its time was over.',
  LATE_FILL: 'A fill came after the order had ended; it was booked all the same.',
  FILL_RESTATED: 'A booked fill was cancelled or corrected by entries of their own.',
};

function eventStep(order: Order, { type, at, by, detail }: OrderEvent): StoryStep {
  const text = detail === undefined ? TOLD[type] : `${TOLD[type]} (${detail})`;
  return { at, afterMs: afterMs(order, at), by, text };
}

/** Fills between the same two events are one step. */
function fillSteps(order: Order): StoryStep[] {
  const groups = new Map<number, Fill[]>();
  for (const fill of order.fills) {
    const place = order.events.filter(({ at }) => at <= fill.timestamp).length;
    groups.set(place, [...(groups.get(place) ?? []), fill]);
  }
  const steps = [...groups.values()].map((fills) => fillStep(order, fills));
  const untold = order.fillCount - order.fills.length;
  if (untold === 0 || steps[0] === undefined) return steps;
  const earlier = { ...steps[0], text: `${untold} fills before these (\`orders fills\` lists all).` };
  return [earlier, ...steps];
}

function fillStep(order: Order, fills: readonly Fill[]): StoryStep {
  const prices = fills.map(({ price }) => price).sort((a, b) => new Decimal(a).cmp(b));
  const [low = '', high = ''] = [prices[0], prices.at(-1)];
  const count = fills.length === 1 ? '' : ` in ${fills.length} fills`;
  const quantity = sum(fills.map((fill) => fill.quantity));
  const at = fills[0]?.timestamp ?? order.updatedAt;
  const text = `${quantity} traded${count} at ${low === high ? low : `${low} to ${high}`}.`;
  return { at, afterMs: afterMs(order, at), by: order.exchangeId ?? 'service', text };
}

function askedFor(order: Order): string {
  const { side, quantity, assetId, orderType, price, stopPrice, trailingDelta, timeInForce, expiresAt } = order;
  const terms = [
    price !== undefined && `at ${price}`,
    stopPrice !== undefined && `stop ${stopPrice}`,
    trailingDelta !== undefined && `trailing by ${trailingDelta}`,
    timeInForce,
    expiresAt !== undefined && `until ${expiresAt}`,
    order.postOnly === true && 'post-only',
  ];
  const words = terms.filter((term) => term !== false).join(', ');
  const where = order.exchangeId === undefined ? '' : ` on ${order.exchangeId}`;
  return `${side} ${quantity} ${assetId}, ${orderType} ${words}${where}, for strategy ${order.strategyId}`;
}

function standing(order: Order, nowMs: number): string {
  const { status, completedAt, createdAt, stuckSince } = order;
  if (completedAt !== undefined) {
    const took = durationText(Date.parse(completedAt) - Date.parse(createdAt));
    return `${status}, after ${took}: ${filledText(order)}. Nothing is waited for.`;
  }
  const age = durationText(nowMs - Date.parse(createdAt));
  if (stuckSince !== undefined)
    return `${status}, and stuck since ${stuckSince}: ${filledText(order)}. It waits for a person.`;
  return `${status} for ${age}: ${filledText(order)}. It waits for ${awaited(order)}.`;
}

function awaited(order: Order): string {
  const { status, remainingQuantity, exchangeId = 'the exchange', expiresAt, events } = order;
  const last = (...types: OrderEventType[]): OrderEventType | undefined =>
    events.findLast(({ type }) => types.includes(type))?.type;
  if (last('CANCEL_REQUESTED', 'CANCEL_FAILED') === 'CANCEL_REQUESTED') return `${exchangeId} to confirm the cancel`;
  if (last('ARMED', 'TRIGGERED', 'ACKNOWLEDGED') === 'ARMED') return 'the market to reach its trigger';
  switch (status) {
    case 'PENDING':
      return last('SUBMISSION_UNKNOWN', 'ACKNOWLEDGED') === 'SUBMISSION_UNKNOWN'
        ? `a lookup at ${exchangeId} to tell whether it arrived`
        : `the answer of ${exchangeId}`;
    case 'OPEN':
    case 'PARTIALLY_FILLED':
      return `somebody to trade the remaining ${remainingQuantity}${expiresAt === undefined ? '' : `, or for ${expiresAt}`}`;
    case 'FILLED':
    case 'CANCELLED':
    case 'REJECTED':
    case 'EXPIRED':
      return `fills that ${exchangeId} counts and that are not booked yet`;
  }
}

function filledText({ filledQuantity, quantity, averageFilledPrice, commissions }: Order): string {
  if (averageFilledPrice === undefined) return 'nothing was traded';
  const paid = Object.entries(commissions).map(([asset, amount]) => `${amount} ${asset}`);
  const commission = paid.length === 0 ? '' : `, commission ${paid.join(' and ')}`;
  return `${filledQuantity} of ${quantity} traded at ${roundForDisplay(averageFilledPrice)} on average${commission}`;
}

function adviceFor({ error, stuckSince }: Order): string | undefined {
  if (stuckSince !== undefined) {
    return 'See at the exchange how the order stands, then resolve it: the current details of its workflow say how.';
  }
  return error === undefined ? undefined : `${error.code}: ${error.message} ${ERROR_CATALOGUE[error.code].advice}`;
}

function afterMs({ createdAt }: Order, at: string): number {
  return Date.parse(at) - Date.parse(createdAt);
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** "23 ms", "4.2 s", "3 min 5 s", "5 h 3 min", "12 days 1 h". */
export function durationText(ms: number): string {
  if (ms < 0) return `-${durationText(-ms)}`;
  if (ms < SECOND_MS) return `${ms} ms`;
  if (ms < MINUTE_MS) return `${Math.floor(ms / 100) / 10} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min ${Math.floor((ms % MINUTE_MS) / SECOND_MS)} s`;
  if (ms < 2 * DAY_MS) return `${Math.floor(ms / HOUR_MS)} h ${Math.floor((ms % HOUR_MS) / MINUTE_MS)} min`;
  return `${Math.floor(ms / DAY_MS)} days ${Math.floor((ms % DAY_MS) / HOUR_MS)} h`;
}
