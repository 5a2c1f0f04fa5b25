import type { ExchangeId } from '../domain/exchange';
import type { Clock } from '../platform/clock';
import type { Logger } from '../platform/logger';
import type { Random } from '../platform/random';
import type { Budget } from './budget';
import { shareOf } from './budget';
import { MemoryRateStore } from './memory-rate-store';
import type { AcquireRequest, BudgetUsage, LaneStatus, Permit, RateStore, Verdict } from './rate-store';
import type { RedisRateStore } from './redis-rate-store';

/** So many processes may call exchanges at once, where nothing else is set; alone, each takes this share of every limit. */
export const WORKERS_MAX = 16;
/** How long calls wait for Redis to answer again before this process counts alone. */
export const REDIS_PATIENCE_MS = 2_000;
/** Before Redis is asked again. */
export const REDIS_RETRY_MS = 50;
/** While it counts alone, a process looks this often whether Redis is back. */
export const REDIS_PROBE_MS = 1_000;

export interface SharedRateStoreOptions {
  redis: RedisRateStore;
  clock: Clock;
  random: Random;
  logger: Logger;
  workersMax?: number;
  patienceMs?: number;
  probeMs?: number;
}

/**
 * Counts in Redis with all other processes. Without Redis calls wait at first; then this process counts alone, after a
 * whole window, with its share. When Redis is back there is one budget again, after a whole window (decision 12).
 */
export class SharedRateStore implements RateStore {
  private readonly own: MemoryRateStore;
  private readonly workersMax: number;
  private readonly patienceMs: number;
  private readonly probeMs: number;
  private failingSinceMs: number | undefined;
  private isAlone = false;
  private probeAtMs = 0;

  constructor(private readonly options: SharedRateStoreOptions) {
    const { workersMax = WORKERS_MAX, patienceMs = REDIS_PATIENCE_MS, probeMs = REDIS_PROBE_MS } = options;
    this.workersMax = workersMax;
    this.own = new MemoryRateStore(options.clock, (budget) => shareOf(budget, workersMax));
    this.patienceMs = patienceMs;
    this.probeMs = probeMs;
  }

  /** Whether this process counts alone. */
  get countsAlone(): boolean {
    return this.isAlone;
  }

  /** What this process knows of bans holds even where Redis has lost it. */
  async acquire(request: AcquireRequest): Promise<Verdict> {
    const verdict = await this.decide(request);
    const bannedForMs = this.own.bannedForMs(request.exchangeId, request.gates);
    if (bannedForMs === 0) return verdict;
    if (verdict.granted) await verdict.permit.release({ sent: false });
    return { granted: false, waitMs: Math.max(bannedForMs, verdict.granted ? 0 : verdict.waitMs), banned: true };
  }

  async leave(exchangeId: ExchangeId, lane: string): Promise<void> {
    await this.attempt(() => this.options.redis.leave(exchangeId, lane));
  }

  /** Kept by this process too, for when Redis is away or has lost it. */
  async ban(exchangeId: ExchangeId, gates: readonly string[], ms: number): Promise<void> {
    await this.own.ban(exchangeId, gates, ms);
    await this.attempt(() => this.options.redis.ban(exchangeId, gates, ms));
  }

  /** @throws what Redis throws: a reservation that the others don't see is none */
  async reserve(budget: Budget, amount: number): Promise<void> {
    await this.options.redis.reserve(budget, amount);
    await this.own.reserve(budget, Math.ceil(amount / this.workersMax));
  }

  usage(exchangeId: ExchangeId, budgets: readonly Budget[]): Promise<BudgetUsage[]> {
    return this.isAlone ? this.own.usage(exchangeId, budgets) : this.options.redis.usage(exchangeId, budgets);
  }

  waiting(exchangeId: ExchangeId): Promise<LaneStatus[]> {
    return this.isAlone ? this.own.waiting(exchangeId) : this.options.redis.waiting(exchangeId);
  }

  async publish(budget: Budget): Promise<void> {
    await this.own.publish(budget);
    await this.options.redis.publish(budget);
  }

  published(exchangeId: ExchangeId): Promise<Budget[]> {
    return this.isAlone ? this.own.published(exchangeId) : this.options.redis.published(exchangeId);
  }

  private async decide(request: AcquireRequest): Promise<Verdict> {
    if (!this.mayAskRedis()) return await this.own.acquire(request);
    try {
      const verdict = await this.options.redis.acquire(request);
      this.answeredAgain();
      return verdict.granted ? { granted: true, permit: this.patient(verdict.permit) } : verdict;
    } catch (error) {
      return this.failed(error)
        ? await this.own.acquire(request)
        : { granted: false, waitMs: REDIS_RETRY_MS, banned: false };
    }
  }

  private mayAskRedis(): boolean {
    if (!this.isAlone) return true;
    if (!this.options.redis.isReachable() || this.options.clock.now() < this.probeAtMs) return false;
    this.probeAtMs = this.options.clock.now() + this.probeMs;
    // Told with the very question, so that no call is granted before everybody knows.
    this.options.redis.reportLoss(`alone ${this.options.random.uuid()}`);
    return true;
  }

  private answeredAgain(): void {
    this.failingSinceMs = undefined;
    if (!this.isAlone) return;
    this.isAlone = false;
    this.options.logger.info({ part: 'redis' }, 'Rate limits are shared by all processes again, after a whole window.');
  }

  /** Whether this process has to count alone now. */
  private failed(error: unknown): boolean {
    const nowMs = this.options.clock.now();
    this.failingSinceMs ??= nowMs;
    if (this.isAlone) return true;
    if (nowMs - this.failingSinceMs < this.patienceMs) return false;
    this.isAlone = true;
    this.probeAtMs = nowMs + this.probeMs;
    this.own.forget();
    const reason = error instanceof Error ? error.message : String(error);
    this.options.logger.warn(
      { part: 'redis', error: reason },
      'Rate limits are counted alone: this process takes its share.',
    );
    return true;
  }

  /** A release that does not get through costs a slot until the lease ends, never the reply it came with. */
  private patient(permit: Permit): Permit {
    return { release: (answer) => this.attempt(() => permit.release(answer)) };
  }

  private async attempt(call: () => Promise<unknown>): Promise<void> {
    try {
      await call();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.options.logger.debug({ part: 'redis', error: reason }, 'Redis did not take a note of the rate limits.');
    }
  }
}
