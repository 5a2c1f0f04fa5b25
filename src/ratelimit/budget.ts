import type { ExchangeId } from '../domain/exchange';

/** What is limited (specification: RateLimitCategory). */
export const RATE_LIMIT_CATEGORIES = ['ORDERS', 'QUERIES', 'WEBSOCKET', 'WEIGHT'] as const;
export type RateLimitCategory = (typeof RATE_LIMIT_CATEGORIES)[number];

/** What a budget belongs to: this machine's address, one account, or one account on one instrument. */
export type BudgetScope = 'IP' | 'ACCOUNT' | 'INSTRUMENT';

/** At most `limit` in any stretch of `windowMs`. */
export interface WindowLimit {
  limit: number;
  windowMs: number;
}

/** A count that grows with each call up to `limit` and falls by `perSecond`; a token bucket seen from below. */
export interface DecayLimit {
  limit: number;
  perSecond: number;
}

export type LimitModel = { windows: readonly WindowLimit[] } | { decay: DecayLimit };

/** One budget, with all that decides on a call: what is enforced by every process that shares it. */
export interface Budget {
  /** In Redis, and everywhere: two budgets are the same when their keys are. */
  key: string;
  exchangeId: ExchangeId;
  /** Whose it is, as keys and gates name it. */
  owner: string;
  scope: BudgetScope;
  category: RateLimitCategory;
  /** For INSTRUMENT. */
  assetId?: string;
  model: LimitModel;
  /** The share of the limit that only CRITICAL calls may use, in percent. */
  criticalReservationPercent: number;
  /** From this use on, in percent of the limit, calls are spaced out. */
  warningThresholdPercent: number;
  /** False: calls are spaced out from the first on. */
  burstAllowed: boolean;
  /** The dearest call; what a process may use alone is never less. */
  costMax: number;
}

/** What one call takes of one budget. */
export interface Charge {
  budget: Budget;
  cost: number;
}

/** The exchange's own count of what was used, from its reply. */
export interface ObservedUse {
  budgetKey: string;
  windowMs: number;
  used: number;
}

export function windowsOf({ model }: Budget): readonly WindowLimit[] {
  return 'windows' in model ? model.windows : [];
}

/** What is kept for CRITICAL calls of a limit: the percentage or an amount reserved beyond it, never all. */
export function reservedOf(limit: number, { criticalReservationPercent }: Budget, reservedAmount: number): number {
  const byPercent = Math.ceil((limit * criticalReservationPercent) / 100);
  return Math.max(0, Math.min(Math.max(byPercent, reservedAmount), limit - 1));
}

/**
 * What one of `workers` processes may use while they can't count together. Where that were less than the dearest call,
 * the time is stretched instead.
 */
export function shareOf(budget: Budget, workers: number): Budget {
  const { model, costMax } = budget;
  if ('decay' in model) {
    const { limit, perSecond } = model.decay;
    return {
      ...budget,
      model: { decay: { limit: Math.max(limit / workers, costMax), perSecond: perSecond / workers } },
    };
  }
  const windows = model.windows.map(({ limit, windowMs }) => {
    const share = Math.max(Math.floor(limit / workers), costMax);
    return { limit: share, windowMs: Math.ceil(windowMs * Math.max(1, (share * workers) / limit)) };
  });
  return { ...budget, model: { windows } };
}
