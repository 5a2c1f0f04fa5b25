import type { ExchangeId } from '../domain/exchange';
import type { AccountLimits } from './account-limits';
import type { BudgetScope, Charge, RateLimitCategory } from './budget';
import type { RequestPriority } from './priority';
import type { Answer } from './rate-store';
import type { RatePlace } from './scopes';

/** A call to an exchange with all that it takes: `AccountLimits.call` makes one. */
export interface RateCall {
  exchangeId: ExchangeId;
  charges: readonly Charge[];
  /** The bans that stop it. */
  gates: readonly string[];
  priority: RequestPriority;
  /** How long it may wait for its turn; CALL_WAIT_MS_MAX when left out. */
  waitMsMax?: number;
}

/** The leave to make one call. Whoever has it says how the call ended, whatever happens. */
export interface Turn {
  granted: true;
  release(answer: Answer): Promise<void>;
}

/** Nothing may be sent; `retryAt` (ms since the epoch) is when it is worth to ask again. */
export interface NoTurn {
  granted: false;
  retryAt: number;
  /** The exchange has asked to be left alone until then. */
  banned: boolean;
}

/** One limit of one budget and how far it is used (specification: RateLimitState). */
export interface RateLimitState {
  exchangeId: ExchangeId;
  tenantId: string;
  scope: BudgetScope;
  category: RateLimitCategory;
  assetId?: string;
  /** Absent for a count that falls with time. */
  windowMs?: number;
  limit: number;
  used: number;
  remaining: number;
  /** When nothing of what is used now counts any more. */
  resetsAt: string;
  reservedForCritical: number;
  /** Calls that wait for it, over all processes. */
  queued: number;
  bannedUntil?: string;
}

export interface RateLimitCheckResult {
  allowed: boolean;
  remaining: number;
  waitMs?: number;
  category: RateLimitCategory;
}

/** A request that waits for its turn, however long (specification: QueuedRequest). */
export interface QueuedRequest {
  requestId: string;
  category: RateLimitCategory;
  priority: RequestPriority;
  request: () => Promise<unknown>;
  queuedAt: string;
  estimatedExecutionAt?: string;
}

/** What waits for an exchange in all processes together (specification: QueueStatus). */
export interface QueueStatus {
  exchangeId: ExchangeId;
  queuedRequests: number;
  criticalRequests: number;
  estimatedClearTimeMs: number;
  /** Ms. */
  oldestRequestAge: number;
}

/** What a ban stops: everything from this address, one account, or one category of either. */
export interface BanTarget {
  scope: Exclude<BudgetScope, 'INSTRUMENT'>;
  category?: RateLimitCategory;
}

/** Counts since the process began, for metrics. */
export interface RateLimiterCounts {
  granted: number;
  denied: number;
  /** Of those granted, how many had to wait, and how long together. */
  waited: number;
  waitedMs: number;
  bans: number;
  /** Calls that wait in this process now. */
  waiting: number;
  /** Whether this process counts alone, without Redis. */
  alone: boolean;
}

/** Keeps calls within what exchanges allow (specification: RateLimiter; every call names the tenant, decision 22). */
export interface RateLimiter {
  /** Waits for the call's turn, up to its limit. Never throws. */
  acquire(call: RateCall): Promise<Turn | NoTurn>;
  /** The exchange has asked to be left alone for so long. */
  ban(exchangeId: ExchangeId, gates: readonly string[], retryAfterMs: number): Promise<void>;
  counts(exchangeId: ExchangeId): RateLimiterCounts;
  /** A row for each limit of each of the account's budgets. */
  statusOf(limits: AccountLimits): Promise<RateLimitState[]>;

  checkLimit(place: RatePlace, category: RateLimitCategory): Promise<RateLimitCheckResult>;
  /** Takes `weight` (1) of a category, waiting for it. @throws RateLimitedError when that takes too long */
  consumeLimit(place: RatePlace, category: RateLimitCategory, weight?: number): Promise<void>;
  /**
   * Calls `request` when its turn has come, and resolves with its requestId when that has settled; how it ended is
   * for the request itself to tell. @throws RateLimitedError when its turn did not come within QUEUE_WAIT_MS_MAX
   */
  queueRequest(place: RatePlace, request: QueuedRequest): Promise<string>;
  getQueueStatus(exchangeId: ExchangeId): Promise<QueueStatus>;
  /** `statusOf` for a place that this process need not have called yet. */
  getRateLimitStatus(place: RatePlace): Promise<RateLimitState[]>;
  /** Stops calls until the exchange takes them again; everything from this address when `target` is left out. */
  handleRateLimitResponse(place: RatePlace, retryAfterMs: number, target?: BanTarget): Promise<void>;
  /**
   * Keeps an amount of a category for CRITICAL calls, for all processes and until it is changed; 0 leaves the
   * percentage. False when that much is not free now, or would be all of it.
   */
  reserveCapacity(place: RatePlace, category: RateLimitCategory, amount: number): Promise<boolean>;
}
