import type { FaultEffect, FaultRule } from '../../../src/simulator/faults';
import type { Dice } from './dice';

const PLACE = 'POST /api/v3/order';
const REPLACE = 'POST /api/v3/order/cancelReplace';
const AMEND = 'PUT /api/v3/order/amend/keepPriority';
const CANCEL = 'DELETE /api/v3/order';
const LOOK_UP = 'GET /api/v3/order';
const TRADES = 'GET /api/v3/myTrades';
const OPEN_ORDERS = 'GET /api/v3/openOrders';
const SUBSCRIBE = 'WS userDataStream.subscribe.signature';
const REPORT = 'executionReport';

/** Rules for a run of so many orders. Which request or event each one meets is drawn too, as a count of matches. */
export function drawFaults(dice: Dice, orderCount: number): FaultRule[] {
  const of = (endpoint: string, count: number, skipMax: number): FaultRule[] =>
    Array.from({ length: count }, () => ({
      match: { endpoint, skip: dice.between(0, skipMax), times: dice.between(1, 2) },
      effect: drawRequestEffect(dice),
    }));
  const events = Array.from({ length: dice.between(3, 8) }, (): FaultRule => ({
    match: { event: REPORT, skip: dice.between(0, orderCount), times: dice.between(1, 3) },
    effect: drawEventEffect(dice),
  }));
  return [
    ...of(PLACE, dice.between(3, 7), Math.ceil(orderCount / 2)),
    ...of(REPLACE, dice.between(0, 3), 1),
    ...of(AMEND, dice.between(0, 2), 1),
    ...of(CANCEL, dice.between(1, 3), 3),
    ...of(LOOK_UP, dice.between(1, 4), 5),
    ...of(TRADES, dice.between(0, 2), 2),
    ...of(OPEN_ORDERS, dice.between(0, 1), 2),
    ...of(SUBSCRIBE, dice.between(0, 1), 1),
    ...events,
  ];
}

function drawRequestEffect(dice: Dice): FaultEffect {
  return dice.weighted<() => FaultEffect>([
    [4, () => ({ kind: 'lose-reply' })],
    [1, () => ({ kind: 'hang-after-accept' })],
    [1, () => ({ kind: 'hang-before' })],
    [2, () => ({ kind: 'delay', ms: dice.between(100, 2_000), stage: 'before' })],
    [2, () => ({ kind: 'delay', ms: dice.between(100, 2_000), stage: 'after' })],
    [2, () => ({ kind: 'status-before', status: dice.one([500, 502, 503, 504]) })],
    [2, () => ({ kind: 'status-after', status: dice.one([500, 502, 503, 504]) })],
    [1, () => ({ kind: 'rate-limit', status: 429, retryAfterSeconds: 1 })],
  ])();
}

function drawEventEffect(dice: Dice): FaultEffect {
  return dice.weighted<() => FaultEffect>([
    [3, () => ({ kind: 'drop-event' })],
    [3, () => ({ kind: 'repeat-event', times: dice.between(1, 2) })],
    [3, () => ({ kind: 'reorder-events' })],
    [2, () => ({ kind: 'delay-event', ms: dice.between(50, 1_500) })],
    [1, () => ({ kind: 'drop-stream' })],
  ])();
}
