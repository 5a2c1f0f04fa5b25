import type { RateLimitConfig } from '../account-limits';
import type { DecayLimit } from '../budget';

/** Verification tiers: the trading engine's count by pair, and the REST count by account. */
export const KRAKEN_TIERS = {
  STARTER: { trading: { limit: 60, perSecond: 1 }, rest: { limit: 15, perSecond: 0.33 } },
  INTERMEDIATE: { trading: { limit: 125, perSecond: 2.34 }, rest: { limit: 20, perSecond: 0.5 } },
  PRO: { trading: { limit: 180, perSecond: 3.75 }, rest: { limit: 20, perSecond: 1 } },
} as const satisfies Record<string, { trading: DecayLimit; rest: DecayLimit }>;
export type KrakenTier = keyof typeof KRAKEN_TIERS;

/** How long Kraken refuses an account after "EGeneral:Temporary lockout". */
export const KRAKEN_LOCKOUT_MS = 15 * 60_000;

/** What a young order costs when it is changed: up to which age (ms), and how much. */
type AgeCosts = readonly (readonly [number, number])[];
const CANCEL_COSTS: AgeCosts = [
  [5_000, 8],
  [10_000, 6],
  [15_000, 5],
  [45_000, 4],
  [90_000, 2],
  [300_000, 1],
];
const AMEND_COSTS: AgeCosts = [
  [5_000, 3],
  [10_000, 2],
  [15_000, 1],
];
const FIXED_COST = 1;

/** What an order adds to its pair's count. */
export const KRAKEN_ADD_COST = FIXED_COST;

/** What a cancel adds, by how long the order has rested (ms) since it was made or amended. */
export function krakenCancelCost(restedMs: number): number {
  return ageCost(CANCEL_COSTS, restedMs);
}

/** What an amendment adds; unlike a cancel it has a fixed part. */
export function krakenAmendCost(restedMs: number): number {
  return FIXED_COST + ageCost(AMEND_COSTS, restedMs);
}

/**
 * Kraken spot (docs.kraken.com/exchange/guides/general/ratelimits and …/rest/ratelimits): the trading engine counts by
 * account and pair, whatever the protocol; other REST calls have a count of their own, in which history costs 2.
 */
export function krakenRateLimits(tier: KrakenTier): RateLimitConfig {
  const { trading, rest } = KRAKEN_TIERS[tier];
  return {
    limits: [
      { category: 'ORDERS', scope: 'INSTRUMENT', servesCancels: true, costMax: 8, model: { decay: trading } },
      { category: 'QUERIES', scope: 'ACCOUNT', servesCancels: false, costMax: 2, model: { decay: rest } },
      { category: 'WEBSOCKET', scope: 'ACCOUNT', servesCancels: false },
    ],
    criticalReservationPercent: 20,
    warningThresholdPercent: 80,
    burstAllowed: true,
    documented: {
      ordersPerSecond: trading.limit,
      ordersPerMinute: trading.limit + trading.perSecond * 60,
      queriesPerSecond: rest.limit,
      queriesPerMinute: rest.limit + rest.perSecond * 60,
      wsMessagesPerSecond: 10,
    },
  };
}

function ageCost(costs: AgeCosts, restedMs: number): number {
  return costs.find(([untilMs]) => restedMs < untilMs)?.[1] ?? 0;
}
