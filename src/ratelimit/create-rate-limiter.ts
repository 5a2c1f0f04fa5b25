import type { ExchangeId } from '../domain/exchange';
import type { Clock } from '../platform/clock';
import { isoTime } from '../platform/clock';
import type { Logger } from '../platform/logger';
import type { Random } from '../platform/random';
import { ServiceError } from '../domain/errors';
import type { AccountLimits } from './account-limits';
import type { Budget, RateLimitCategory } from './budget';
import { clearTimeMs } from './clear-time';
import { Lane } from './lane';
import { CALL_WAIT_MS_MAX } from './priority';
import { RateLimitedError } from './rate-limited-error';
import type {
  BanTarget,
  NoTurn,
  QueuedRequest,
  QueueStatus,
  RateCall,
  RateLimitCheckResult,
  RateLimiter,
  RateLimiterCounts,
  RateLimitState,
  Turn,
} from './rate-limiter';
import type { BudgetUsage, LaneStatus, RateStore } from './rate-store';
import type { RatePlace } from './scopes';
import { gateOf } from './scopes';

/** What was handed over to the queue waits this long at most. */
export const QUEUE_WAIT_MS_MAX = 600_000;
/** Others are told again that a budget is in use, and sooner when they could not be told. */
const PUBLISH_EVERY_MS = 3_600_000;
const PUBLISH_RETRY_MS = 10_000;

export interface RateLimiterParts {
  store: RateStore;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** The limits of an account that no adapter of this process has brought along. @throws ServiceError */
  limitsOf: (place: RatePlace) => Promise<AccountLimits>;
  /** Whether the store counts for this process alone. */
  countsAlone?: () => boolean;
}

export function createRateLimiter(parts: RateLimiterParts): RateLimiter {
  return new QueueingRateLimiter(parts);
}

class QueueingRateLimiter implements RateLimiter {
  private readonly lanes = new Map<string, Lane>();
  private readonly published = new Map<string, { budget: Budget; dueAtMs: number }>();
  private readonly tallies = new Map<ExchangeId, Tally>();
  private readonly processName: string;

  constructor(private readonly parts: RateLimiterParts) {
    this.processName = parts.random.uuid();
  }

  async acquire(call: RateCall): Promise<Turn | NoTurn> {
    const { clock } = this.parts;
    this.publish(call);
    const startedAtMs = clock.now();
    const turn = await this.laneOf(call).acquire(call, call.waitMsMax ?? CALL_WAIT_MS_MAX);
    this.tallyOf(call.exchangeId).count(turn, clock.now() - startedAtMs);
    return turn;
  }

  async ban(exchangeId: ExchangeId, gates: readonly string[], retryAfterMs: number): Promise<void> {
    const untilMs = this.parts.clock.now() + retryAfterMs;
    this.tallyOf(exchangeId).bans += 1;
    this.parts.logger.warn(
      { exchangeId, gates, until: isoTime(untilMs) },
      'The exchange refuses calls; none are made until the ban ends.',
    );
    await this.parts.store.ban(exchangeId, gates, retryAfterMs);
  }

  counts(exchangeId: ExchangeId): RateLimiterCounts {
    const { granted, denied, waited, waitedMs, bans } = this.tallyOf(exchangeId);
    const lanes = [...this.lanes].filter(([name]) => name.includes(`{${exchangeId}}`));
    const waiting = lanes.reduce((sum, [, lane]) => sum + lane.length, 0);
    return { granted, denied, waited, waitedMs, bans, waiting, alone: this.parts.countsAlone?.() ?? false };
  }

  async checkLimit(place: RatePlace, category: RateLimitCategory): Promise<RateLimitCheckResult> {
    const usages = await this.usagesOf(place, category);
    const waitMs = Math.max(...usages.map((usage) => Math.max(usage.waitMs, usage.bannedForMs)));
    const free = usages.flatMap(({ uses }) => uses.map(({ limit, used, reserved }) => limit - reserved - used));
    const remaining = Math.max(0, Math.floor(Math.min(...free)));
    return { allowed: waitMs === 0, remaining, category, ...(waitMs > 0 && { waitMs }) };
  }

  async consumeLimit(place: RatePlace, category: RateLimitCategory, weight = 1): Promise<void> {
    const limits = await this.parts.limitsOf(place);
    const turn = await this.acquire(limits.call({ [category]: weight }, 'NORMAL', instrumentOf(place)));
    if (!turn.granted) throw refusal(`${weight} of ${category} at ${place.exchangeId}`, turn);
    await turn.release({ sent: true });
  }

  async queueRequest(place: RatePlace, { requestId, category, priority, request }: QueuedRequest): Promise<string> {
    const limits = await this.parts.limitsOf(place);
    const more = { ...instrumentOf(place), waitMsMax: QUEUE_WAIT_MS_MAX };
    const turn = await this.acquire(limits.call({ [category]: 1 }, priority, more));
    if (!turn.granted) throw refusal(`Request ${requestId} to ${place.exchangeId}`, turn);
    try {
      await request();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.parts.logger.debug({ requestId, error: reason }, 'A queued request failed.');
    } finally {
      await turn.release({ sent: true });
    }
    return requestId;
  }

  async getQueueStatus(exchangeId: ExchangeId): Promise<QueueStatus> {
    const { store } = this.parts;
    const [lanes, budgets] = await Promise.all([store.waiting(exchangeId), store.published(exchangeId)]);
    const sum = (of: (lane: LaneStatus) => number): number => lanes.reduce((total, lane) => total + of(lane), 0);
    const most = (of: (lane: LaneStatus) => number): number => Math.max(0, ...lanes.map(of));
    return {
      exchangeId,
      queuedRequests: sum(({ count }) => count),
      criticalRequests: sum(({ critical }) => critical),
      estimatedClearTimeMs: clearTimeMs(lanes, budgets),
      oldestRequestAge: most(({ oldestMs }) => oldestMs),
    };
  }

  async getRateLimitStatus(place: RatePlace): Promise<RateLimitState[]> {
    return await this.statusOf(await this.parts.limitsOf(place));
  }

  async statusOf(limits: AccountLimits): Promise<RateLimitState[]> {
    const { store } = this.parts;
    const { exchangeId } = limits;
    const owners = new Set(limits.owners());
    const inUse = (await store.published(exchangeId)).filter(({ owner }) => owners.has(owner));
    const budgets = new Map([...limits.general(), ...inUse].map((budget) => [budget.key, budget]));
    const [usages, lanes] = await Promise.all([
      store.usage(exchangeId, [...budgets.values()]),
      store.waiting(exchangeId),
    ]);
    return usages.flatMap((usage) => this.statesOf(limits, usage, lanes));
  }

  async handleRateLimitResponse(
    place: RatePlace,
    retryAfterMs: number,
    target: BanTarget = { scope: 'IP' },
  ): Promise<void> {
    const limits = await this.parts.limitsOf(place);
    await this.ban(place.exchangeId, [gateOf(limits.ownerOf(target.scope), target.category)], retryAfterMs);
  }

  async reserveCapacity(place: RatePlace, category: RateLimitCategory, amount: number): Promise<boolean> {
    if (!Number.isInteger(amount) || amount < 0) {
      const message = `must be a whole number from 0 on, got ${amount}`;
      throw new ServiceError('INVALID_INPUT', `The amount ${message}.`, [{ field: 'amount', message }]);
    }
    const usages = await this.usagesOf(place, category);
    const limits = usages.flatMap(({ uses }) => uses);
    if (amount > 0 && limits.some(({ limit, used }) => amount > limit - 1 || amount > limit - used)) return false;
    await Promise.all(usages.map(({ budget }) => this.parts.store.reserve(budget, amount)));
    return true;
  }

  private laneOf({ exchangeId, charges }: RateCall): Lane {
    const budgets = charges.map(({ budget }) => budget.key).join(' ');
    const name = `${this.processName} {${exchangeId}} ${budgets}`;
    const known = this.lanes.get(name);
    if (known !== undefined) return known;
    const lane = new Lane(name, this.parts.store, this.parts.clock, () => this.lanes.delete(name));
    this.lanes.set(name, lane);
    return lane;
  }

  /** Lets other processes see what is in use here, and with which limits. */
  private publish({ charges }: RateCall): void {
    const nowMs = this.parts.clock.now();
    for (const { budget } of charges) {
      const known = this.published.get(budget.key);
      if (known?.budget === budget && nowMs < known.dueAtMs) continue;
      const telling = { budget, dueAtMs: nowMs + PUBLISH_EVERY_MS };
      this.published.set(budget.key, telling);
      this.parts.store.publish(budget).catch((error: unknown) => {
        telling.dueAtMs = nowMs + PUBLISH_RETRY_MS;
        const reason = error instanceof Error ? error.message : String(error);
        this.parts.logger.debug({ budget: budget.key, error: reason }, 'Others were not told of a budget.');
      });
    }
  }

  /** With the limits that are enforced: other processes may have learned them from the exchange. */
  private async usagesOf(place: RatePlace, category: RateLimitCategory): Promise<BudgetUsage[]> {
    const { limitsOf, store } = this.parts;
    const declared = (await limitsOf(place)).of(category, place.assetId);
    if (declared.length === 0) {
      const message = `is not limited by ${place.exchangeId}, got ${category}`;
      throw new ServiceError('INVALID_INPUT', `The category ${message}.`, [{ field: 'category', message }]);
    }
    const inUse = new Map((await store.published(place.exchangeId)).map((budget) => [budget.key, budget]));
    return await store.usage(
      place.exchangeId,
      declared.map((budget) => inUse.get(budget.key) ?? budget),
    );
  }

  private statesOf(
    { exchangeId, tenantId }: AccountLimits,
    { budget, uses, bannedForMs }: BudgetUsage,
    lanes: readonly LaneStatus[],
  ): RateLimitState[] {
    const nowMs = this.parts.clock.now();
    const waiting = lanes.filter(({ budgetKey }) => budgetKey === budget.key);
    const { scope, category, assetId } = budget;
    return uses.map(({ limit, windowMs, used, reserved, resetsInMs }) => ({
      exchangeId,
      tenantId,
      scope,
      category,
      ...(assetId !== undefined && { assetId }),
      ...(windowMs !== undefined && { windowMs }),
      limit,
      used,
      remaining: Math.max(0, limit - used),
      resetsAt: isoTime(nowMs + resetsInMs),
      reservedForCritical: reserved,
      queued: waiting.reduce((sum, { count }) => sum + count, 0),
      ...(bannedForMs > 0 && { bannedUntil: isoTime(nowMs + bannedForMs) }),
    }));
  }

  private tallyOf(exchangeId: ExchangeId): Tally {
    const tally = this.tallies.get(exchangeId) ?? new Tally();
    this.tallies.set(exchangeId, tally);
    return tally;
  }
}

/** What metrics read. */
class Tally {
  granted = 0;
  denied = 0;
  waited = 0;
  waitedMs = 0;
  bans = 0;

  count({ granted }: Turn | NoTurn, waitedMs: number): void {
    if (!granted) {
      this.denied += 1;
      return;
    }
    this.granted += 1;
    if (waitedMs <= ROUND_TRIP_MS_MAX) return;
    this.waited += 1;
    this.waitedMs += waitedMs;
  }
}

/** A turn that came within this was not waited for: Redis was asked. */
const ROUND_TRIP_MS_MAX = 10;

function instrumentOf({ assetId }: RatePlace): { assetId?: string } {
  return assetId === undefined ? {} : { assetId };
}

function refusal(what: string, { retryAt }: NoTurn): RateLimitedError {
  return new RateLimitedError(`${what} can't go out before ${isoTime(retryAt)}.`, retryAt);
}
