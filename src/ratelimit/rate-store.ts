import type { ExchangeId } from '../domain/exchange';
import type { Budget, Charge, ObservedUse } from './budget';
import type { LimitUse } from './models/decision';

/** What waits in one lane of one process. */
export interface WaitingCount {
  count: number;
  critical: number;
  /** How long the oldest has waited, ms. */
  oldestMs: number;
}

/** A call that wants to be made. */
export interface AcquireRequest {
  exchangeId: ExchangeId;
  charges: readonly Charge[];
  /** Bans that stop it. */
  gates: readonly string[];
  critical: boolean;
  /** How far it is ahead of a call of the lowest priority that comes now, ms. */
  aheadMs: number;
  /** How long it may still wait. */
  patienceMs: number;
  /** Where it waits: the same name in every call of one lane of one process. */
  lane: string;
  /** Whether it has waited there already. */
  queued: boolean;
  /** What waits in the lane, this call included. */
  waiting: WaitingCount;
}

/** How a granted call ended. */
export interface Answer {
  /** False only when it provably never left: then it never counted. */
  sent: boolean;
  observed?: readonly ObservedUse[];
}

/** A granted call: it counts until it is answered, and a window longer. */
export interface Permit {
  /** The second time it does nothing. */
  release(answer: Answer): Promise<void>;
}

export type Verdict = { granted: true; permit: Permit } | { granted: false; waitMs: number; banned: boolean };

export interface BudgetUsage {
  budget: Budget;
  uses: LimitUse[];
  /** How long a call of cost 1 that is not CRITICAL would wait, bans aside, ms; 0 is not at all. */
  waitMs: number;
  /** How long a ban on it lasts from now, ms. */
  bannedForMs: number;
}

export interface LaneStatus {
  budgetKey: string;
  count: number;
  critical: number;
  oldestMs: number;
  /** When it tries next, ms from now. */
  triesInMs: number;
}

/** What counts: one for all processes (Redis), or this process's own. Each decides by models/decision.ts. */
export interface RateStore {
  acquire(request: AcquireRequest): Promise<Verdict>;
  /** The lane has given up waiting. */
  leave(exchangeId: ExchangeId, lane: string): Promise<void>;
  /** A ban is only ever extended. */
  ban(exchangeId: ExchangeId, gates: readonly string[], ms: number): Promise<void>;
  /** Keeps an amount of each limit of a budget for CRITICAL calls, until it is changed; 0 leaves the percentage. */
  reserve(budget: Budget, amount: number): Promise<void>;
  usage(exchangeId: ExchangeId, budgets: readonly Budget[]): Promise<BudgetUsage[]>;
  waiting(exchangeId: ExchangeId): Promise<LaneStatus[]>;
  /** Lets others see that a budget is in use, and with which limits. @throws when they could not be told */
  publish(budget: Budget): Promise<void>;
  published(exchangeId: ExchangeId): Promise<Budget[]>;
}
