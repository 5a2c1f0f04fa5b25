import type { Budget, ObservedUse } from '../budget';
import { reservedOf, windowsOf } from '../budget';
import { type DecayState, levelAt, waitUntilFallen } from './decay';
import { costOf, liveBuckets, spend, waitUntilFree, type WindowState } from './window';

/**
 * After counts were lost a whole window counts as used; longer windows than this don't, since no desk can be without
 * its streams for minutes, or stand still for a day. The exchange's own count, which comes with its replies, corrects
 * those that it tells.
 */
export const RECOVERY_WINDOW_MS_MAX = 60_000;
/** While one call asks for the exchange's count, others look again after this. */
export const PROBE_WAIT_MS = 50;
/** By how much a spaced-out call may come early, so that a late one costs no capacity. */
export const PACE_SLACK_MS = 20;

/** What is known of one budget's use. */
export interface BudgetState {
  /** Calls that are not answered yet: they count in full, since the exchange may count them as late as now. */
  inFlight: number;
  /** One for each window, in the order of the model. */
  windows: readonly WindowState[];
  /** When the exchange's own count of each window was heard last, ms. */
  heardAtMs: readonly number[];
  decay: DecayState;
  /** When the next spaced-out call is due, ms. */
  paceAtMs: number;
}

/** A call as one budget sees it. */
export interface Demand {
  cost: number;
  critical: boolean;
  /** Reserved for CRITICAL calls beyond the budget's percentage. */
  reservedAmount: number;
  /** When counts were lost last; 0 is never. */
  lostAtMs: number;
  nowMs: number;
}

export function unusedBudget(budget: Budget): BudgetState {
  return {
    inFlight: 0,
    windows: windowsOf(budget).map(() => []),
    heardAtMs: windowsOf(budget).map(() => 0),
    decay: { level: 0, atMs: 0 },
    paceAtMs: 0,
  };
}

/** Ms until the call may be made as far as this budget goes; 0 is now. More may be needed then: others use it too. */
export function waitOf(budget: Budget, state: BudgetState, demand: Demand): number {
  const waits = usesOf(budget, state, demand).map((use) => waitForRoom(use, state, demand));
  const longest = Math.max(0, ...waits);
  if (longest > 0 || demand.critical || intervalOf(budget, state, demand) === 0) return longest;
  return Math.max(0, state.paceAtMs - demand.nowMs);
}

/** The call was granted and is about to be made. */
export function charged(budget: Budget, state: BudgetState, demand: Demand): BudgetState {
  const interval = demand.critical ? 0 : intervalOf(budget, state, demand);
  const paceAtMs = interval === 0 ? state.paceAtMs : Math.max(state.paceAtMs, demand.nowMs - PACE_SLACK_MS) + interval;
  return { ...state, inFlight: state.inFlight + demand.cost, paceAtMs };
}

/** The call is answered: it counts for a window from now on. Not sent, it never counted. */
export function answered(
  budget: Budget,
  state: BudgetState,
  { cost, sent, nowMs }: { cost: number; sent: boolean; nowMs: number },
): BudgetState {
  const inFlight = Math.max(0, state.inFlight - cost);
  return { ...(sent ? spent(budget, state, cost, nowMs) : state), inFlight };
}

/** Raises the count to what the exchange says; it is never lowered, since a reply may be older than our last calls. */
export function corrected(
  budget: Budget,
  state: BudgetState,
  { windowMs, used }: ObservedUse,
  nowMs: number,
): BudgetState {
  const windows = windowsOf(budget).map((window, index) => {
    const live = liveBuckets(state.windows[index] ?? [], window.windowMs, nowMs);
    const missing = window.windowMs === windowMs ? used - state.inFlight - costOf(live) : 0;
    return missing > 0 ? spend(live, windowMs, nowMs, missing) : live;
  });
  const heardAtMs = windowsOf(budget).map((window, index) =>
    window.windowMs === windowMs ? nowMs : (state.heardAtMs[index] ?? 0),
  );
  return { ...state, windows, heardAtMs };
}

/** How far one limit of a budget is used. */
export interface LimitUse {
  limit: number;
  /** Absent for a decaying count. */
  windowMs?: number;
  used: number;
  reserved: number;
  /** Ms from now until nothing that is used now counts any more. */
  resetsInMs: number;
}

export function usageOf(budget: Budget, state: BudgetState, demand: Demand): LimitUse[] {
  return usesOf(budget, state, demand).map(({ limit, windowMs, used, reserved, lastsMs, recoversInMs }) => ({
    limit,
    ...(windowMs !== undefined && { windowMs }),
    used: recoversInMs > 0 ? limit : used,
    reserved,
    resetsInMs: Math.max(lastsMs(used), recoversInMs),
  }));
}

interface Use extends Omit<LimitUse, 'resetsInMs'> {
  recoversInMs: number;
  lastsMs(amount: number): number;
}

function usesOf(budget: Budget, state: BudgetState, { reservedAmount, lostAtMs, nowMs }: Demand): Use[] {
  if ('decay' in budget.model) {
    const { decay } = budget.model;
    const lost = lostAtMs > 0 ? levelAt({ level: decay.limit, atMs: lostAtMs }, decay, nowMs) : 0;
    const used = Math.max(levelAt(state.decay, decay, nowMs), lost) + state.inFlight;
    const reserved = reservedOf(decay.limit, budget, reservedAmount);
    const lastsMs = (amount: number): number => (amount > 0 ? waitUntilFallen(decay, amount) : 0);
    return [{ limit: decay.limit, used, reserved, recoversInMs: 0, lastsMs }];
  }
  return budget.model.windows.map(({ limit, windowMs }, index) => {
    const live = liveBuckets(state.windows[index] ?? [], windowMs, nowMs);
    const heardSince = (state.heardAtMs[index] ?? 0) >= lostAtMs;
    const recovers = lostAtMs > 0 && !heardSince && windowMs <= RECOVERY_WINDOW_MS_MAX;
    return {
      limit,
      windowMs,
      used: state.inFlight + costOf(live),
      reserved: reservedOf(limit, budget, reservedAmount),
      recoversInMs: recovers ? Math.max(0, lostAtMs + windowMs - nowMs) : 0,
      lastsMs: (amount) => (amount > 0 ? waitUntilFree(live, windowMs, nowMs, amount) : 0),
    };
  });
}

/**
 * While a whole window counts as used, only what is reserved is left: for CRITICAL calls, and half of it for one other
 * call at a time. The first reply with the exchange's own count ends that.
 */
function waitForRoom(use: Use, { inFlight }: BudgetState, { cost, critical }: Demand): number {
  if (use.recoversInMs > 0 && !critical) {
    if (use.used + cost > use.reserved / 2) return use.recoversInMs;
    return inFlight > 0 ? PROBE_WAIT_MS : 0;
  }
  const usable = use.recoversInMs > 0 ? use.reserved : critical ? use.limit : use.limit - use.reserved;
  const excess = use.used + cost - usable;
  return excess > 0 ? use.lastsMs(excess) : 0;
}

/** The pause after this call, ms; 0 while there is room enough for bursts. */
function intervalOf(budget: Budget, state: BudgetState, demand: Demand): number {
  const { cost } = demand;
  const intervals = usesOf(budget, state, demand).map((use) => {
    const { limit, windowMs } = use;
    const keptUp = windowMs === undefined ? decayInterval(budget, cost) : (windowMs * cost) / limit;
    return keptUp * slownessOf(budget, use, cost);
  });
  return Math.max(0, ...intervals);
}

/**
 * 0 up to the warning threshold, 1 where nothing is left; in between it grows with the use, so that what was used in a
 * burst is used again as it comes free.
 */
function slownessOf({ burstAllowed, warningThresholdPercent }: Budget, use: Use, cost: number): number {
  const threshold = burstAllowed ? (use.limit * warningThresholdPercent) / 100 : 0;
  const beyond = use.used + cost - threshold;
  const room = use.limit - use.reserved - threshold;
  if (beyond <= 0) return 0;
  return threshold === 0 || beyond >= room ? 1 : beyond / room;
}

function decayInterval({ model }: Budget, cost: number): number {
  return 'decay' in model ? (cost / model.decay.perSecond) * 1_000 : 0;
}

function spent(budget: Budget, state: BudgetState, cost: number, nowMs: number): BudgetState {
  const windows = windowsOf(budget).map(({ windowMs }, index) =>
    spend(liveBuckets(state.windows[index] ?? [], windowMs, nowMs), windowMs, nowMs, cost),
  );
  if (!('decay' in budget.model)) return { ...state, windows };
  return { ...state, windows, decay: { level: levelAt(state.decay, budget.model.decay, nowMs) + cost, atMs: nowMs } };
}
