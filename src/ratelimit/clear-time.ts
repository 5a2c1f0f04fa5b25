import type { Budget } from './budget';
import { paceOf } from './lane';
import type { LaneStatus } from './rate-store';

/**
 * How long until all that waits has had its turn, ms, if nothing else comes: the lanes of one budget, whichever process
 * they are in, go through it one after the other, from when the first of them tries.
 */
export function clearTimeMs(lanes: readonly LaneStatus[], budgets: readonly Budget[]): number {
  const paces = new Map(budgets.map((budget) => [budget.key, paceOf({ budget, cost: 1 })]));
  const times = [...new Set(lanes.map(({ budgetKey }) => budgetKey))].map((key) => {
    const own = lanes.filter(({ budgetKey }) => budgetKey === key);
    const count = own.reduce((sum, lane) => sum + lane.count, 0);
    return Math.min(...own.map(({ triesInMs }) => triesInMs)) + count * (paces.get(key) ?? 0);
  });
  return Math.ceil(Math.max(0, ...times));
}
