import type { OrderModification, ResolutionAction } from '../../../src/domain/order';
import { seededRandom } from '../../../src/platform/random';
import type { FaultRule } from '../../../src/simulator/faults';
import { Dice } from './dice';
import { drawFaults } from './faults';
import { drawOrder, MARKETS, type PlannedOrder } from './orders';

/** When what befalls everybody is over. Trouble lasts until every step was taken, on a busy machine longer than this. */
export const TROUBLE_MS = 5_000;
const FOLLOWS_WITHIN_MS = 2_500;
/** Of an order's steps so many do not wait for its submission to be answered. */
const EAGER_SHARE = 0.25;
const SUBMITTED_WITHIN_MS = 2_500;
const STEPS_AN_ORDER_MAX = 5;
const PRICE_MOVES = 8;
const PRICE_BIPS = 120;
/** Below what trouble lasts, so that orders get stuck, and above the service's fastest recovery. */
const STUCK_AFTER_MS = [1_500, 4_000] as const;

/** What is done to one order, or to all of them. */
export type Deed =
  | { do: 'submit' | 'submit-again' | 'submit-other' | 'reset-activity' | 'terminate'; order: number }
  | { do: 'fill' | 'late-fill'; order: number; percent: number }
  | { do: 'modify'; order: number; changes: OrderModification }
  | { do: 'cancel'; order: number; by: 'update' | 'signal' | 'temporal' | 'force' }
  | { do: 'resolve'; order: number; action: ResolutionAction; by: 'update' | 'signal' }
  | { do: 'reset-workflow'; order: number; percent: number }
  | { do: 'price'; symbol: string; price: string }
  | { do: 'drop-streams' }
  | { do: 'end-worker'; worker: number; signal: 'SIGKILL' | 'SIGTERM' };
/** `atMs` counts from the run's start, or, of a step that follows, from the answer to its order's submission. */
export type Step = { atMs: number; follows?: true } & Deed;

/** Everything that a run does, drawn from its seed alone. */
export interface Schedule {
  seed: number;
  registration: { emulationAllowed: boolean; stuckAfterMs: number };
  orders: PlannedOrder[];
  steps: Step[];
  faults: FaultRule[];
  /** Whether an operator reconciles the account once the trouble is over; otherwise nobody helps. */
  reconciles: boolean;
}

export function drawSchedule(seed: number, orderCount: number): Schedule {
  const dice = new Dice(seededRandom(seed));
  const registration = { emulationAllowed: dice.chance(0.85), stuckAfterMs: dice.between(...STUCK_AFTER_MS) };
  const orders = Array.from({ length: orderCount }, () => drawOrder(dice));
  const steps = [...orders.flatMap((order, index) => stepsOf(dice, order, index)), ...commonSteps(dice)];
  return {
    seed,
    registration,
    orders,
    steps,
    faults: drawFaults(dice, orderCount),
    reconciles: dice.chance(0.5),
  };
}

/** One line for each order, fault and step. */
export function describeSchedule({ registration, orders, faults, steps, reconciles }: Schedule): string[] {
  return [
    `registration ${JSON.stringify(registration)}`,
    ...orders.map((order, index) => `order ${index}: ${JSON.stringify(order)}`),
    ...faults.map((rule) => `fault ${JSON.stringify(rule)}`),
    ...steps.map((step) => `step ${JSON.stringify(step)}`),
    ...(reconciles ? ['then the account is reconciled'] : []),
  ];
}

function stepsOf(dice: Dice, planned: PlannedOrder, order: number): Step[] {
  const submittedMs = dice.between(0, SUBMITTED_WITHIN_MS);
  const count = dice.between(0, STEPS_AN_ORDER_MAX);
  const later = Array.from({ length: count }, (): Step => {
    const delayMs = dice.between(0, FOLLOWS_WITHIN_MS);
    const isEager = dice.chance(EAGER_SHARE);
    const when = isEager ? { atMs: submittedMs + delayMs } : { atMs: delayMs, follows: true as const };
    return { ...when, ...drawDeed(dice, order, planned) };
  });
  const lateFills = later.flatMap((step) =>
    step.do === 'cancel' && dice.chance(0.4) ? [lateFillAfter(dice, step)] : [],
  );
  return [{ atMs: submittedMs, do: 'submit', order }, ...later, ...lateFills];
}

function lateFillAfter(dice: Dice, cancel: Extract<Step, { do: 'cancel' }>): Step {
  const { by: _, ...step } = cancel;
  return { ...step, atMs: step.atMs + dice.between(300, 2_000), do: 'late-fill', percent: dice.one([20, 50, 100]) };
}

function drawDeed(dice: Dice, order: number, planned: PlannedOrder): Deed {
  const draw = dice.weighted<() => Deed>([
    [5, () => ({ do: 'fill', order, percent: dice.one([10, 30, 50, 100]) })],
    [5, () => ({ do: 'modify', order, changes: drawChanges(dice, planned) })],
    [4, () => ({ do: 'cancel', order, by: dice.one(['update', 'update', 'signal', 'temporal', 'force']) })],
    [2, () => ({ do: 'resolve', order, action: drawAction(dice), by: dice.one(['update', 'signal']) })],
    [1, () => ({ do: 'submit-again', order })],
    [1, () => ({ do: 'submit-other', order })],
    [2, () => ({ do: 'reset-activity', order })],
    [1, () => ({ do: 'terminate', order })],
    [1, () => ({ do: 'reset-workflow', order, percent: dice.between(0, 99) })],
  ]);
  return draw();
}

function drawAction(dice: Dice): ResolutionAction {
  return dice.one(['RECONCILE', 'RECONCILE', 'CANCEL', 'MARK_REJECTED', 'MARK_FILLED']);
}

/** Up and down in quantity, away from the market in price; now and then a change that the order's type can't have. */
function drawChanges(dice: Dice, { market, side, price, stopPrice }: PlannedOrder): OrderModification {
  const limit = (): string => dice.near(market.price, side === 'BUY' ? [-300, 0] : [0, 300], market.priceStep);
  const stop = (): string => dice.near(market.price, side === 'BUY' ? [0, 300] : [-300, 0], market.priceStep);
  const isOdd = dice.chance(0.1);
  const prices = {
    ...((price !== undefined || isOdd) && dice.chance(0.6) && { newPrice: limit() }),
    ...((stopPrice !== undefined || isOdd) && dice.chance(0.6) && { newStopPrice: stop() }),
  };
  if (Object.keys(prices).length > 0 && dice.chance(0.7)) return prices;
  return { ...prices, newQuantity: dice.near(market.quantity, [-9_000, 15_000], market.quantityStep) };
}

/** What befalls all orders together. */
function commonSteps(dice: Dice): Step[] {
  const moves = Array.from({ length: PRICE_MOVES }, (): Step => {
    const { symbol, price, priceStep } = dice.one(MARKETS);
    const moved = dice.near(price, [-PRICE_BIPS, PRICE_BIPS], priceStep);
    return { atMs: dice.between(0, TROUBLE_MS), do: 'price', symbol, price: moved };
  });
  const ends = Array.from(
    {
      length: dice.weighted([
        [5, 0],
        [4, 1],
        [2, 2],
      ]),
    },
    (): Step => {
      const signal = dice.one(['SIGKILL', 'SIGKILL', 'SIGTERM']);
      return { atMs: dice.between(300, TROUBLE_MS), do: 'end-worker', worker: dice.between(0, 1), signal };
    },
  );
  const drops = Array.from({ length: dice.between(0, 2) }, (): Step => ({
    atMs: dice.between(0, TROUBLE_MS),
    do: 'drop-streams',
  }));
  return [...moves, ...ends, ...drops];
}
