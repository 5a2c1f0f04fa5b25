import { createHash } from 'node:crypto';
import type { RedisConnection } from '../storage/redis/client';
import type { ExchangeId } from '../domain/exchange';
import type { Random } from '../platform/random';
import type { Budget, Charge } from './budget';
import { windowsOf } from './budget';
import type { AcquireRequest, Answer, BudgetUsage, LaneStatus, Permit, RateStore, Verdict } from './rate-store';
import { LIMITER_SCRIPT } from './redis-script';
import { type ControlKey, controlKey, gatesOf } from './scopes';

/** A call that nobody reports the end of (its process died) counts as answered after this; the longest call takes less. */
export const LEASE_MS = 30_000;
/** Budgets that nobody has used for so long are forgotten. */
const PUBLISHED_MS_MAX = 86_400_000;

const SCRIPT_SHA = createHash('sha1').update(LIMITER_SCRIPT).digest('hex');
const CONTROLS: readonly ControlKey[] = ['LEASES', 'BANS', 'RESERVED', 'WAITING', 'LOSS'];
/** A script, since a command without a key goes to any node of a cluster. */
const SERVER_INFO = "return redis.call('INFO', 'server')";
/** When keys may be at another server than before: the connection's end, and the news of a cluster. */
const SERVER_MAY_DIFFER = ['close', '+node', '-node', 'refresh'] as const;
const RUN_ID = /^run_id:(?<id>\w+)/m;

export interface RedisRateStoreOptions {
  redis: RedisConnection;
  random: Random;
  /** Instead of Redis's own time, so that tests get through days. */
  now?: () => number;
}

/**
 * What all processes count together. Every method throws what ioredis throws while Redis is away; decisions are made in
 * the script alone.
 */
export class RedisRateStore implements RateStore {
  private readonly redis: RedisConnection;
  /** Exchanges whose counts this process has seen: if they are gone, they were lost. */
  private readonly seen = new Set<ExchangeId>();
  private readonly told = new Map<ExchangeId, string>();
  private readonly servers = new Map<ExchangeId, string>();
  private readonly identified = new Map<ExchangeId, Promise<void>>();
  /** What was met last, by all exchanges and by one; each is told once. */
  private incident = '';
  private readonly incidents = new Map<ExchangeId, string>();

  constructor(private readonly options: RedisRateStoreOptions) {
    this.redis = options.redis;
    for (const event of SERVER_MAY_DIFFER) this.redis.on(event, () => this.identified.clear());
  }

  isReachable(): boolean {
    return this.redis.status === 'ready';
  }

  /** This process has counted alone: the next decision tells all that a whole window is to count as used. */
  reportLoss(incident: string): void {
    this.incident = incident;
    this.incidents.clear();
  }

  async acquire(request: AcquireRequest): Promise<Verdict> {
    const { exchangeId, charges, gates, critical, aheadMs, patienceMs, lane, queued, waiting } = request;
    const lease = JSON.stringify({
      id: this.options.random.uuid(),
      leaseMs: LEASE_MS,
      charges: charges.map((charge) => wireCharge(charge)),
    });
    const call = { lease, gates, critical, aheadMs, patienceMs, lane, queued, waiting };
    const budgets = charges.map(({ budget }) => budget);
    const [granted, waitMs, why] = (await this.decide('acquire', exchangeId, budgets, call)) as [
      number,
      number,
      string,
    ];
    if (granted !== 1) return { granted: false, waitMs, banned: why === 'BAN' };
    return { granted: true, permit: this.permit(exchangeId, budgets, lease) };
  }

  async leave(exchangeId: ExchangeId, lane: string): Promise<void> {
    await this.run('leave', exchangeId, [], { lane });
  }

  async ban(exchangeId: ExchangeId, gates: readonly string[], ms: number): Promise<void> {
    await this.run('ban', exchangeId, [], { gates, ms: Math.ceil(ms) });
  }

  async reserve(budget: Budget, amount: number): Promise<void> {
    const key = controlKey(budget.exchangeId, 'RESERVED');
    await (amount === 0 ? this.redis.hdel(key, budget.key) : this.redis.hset(key, budget.key, amount));
  }

  async usage(exchangeId: ExchangeId, budgets: readonly Budget[]): Promise<BudgetUsage[]> {
    if (budgets.length === 0) return [];
    const charges = budgets.map((budget) => ({ ...wireCharge({ budget, cost: 1 }), gates: gatesOf(budget) }));
    const reply = await this.decide('status', exchangeId, budgets, { charges });
    const rows = JSON.parse(reply as string) as StatusRow[];
    return budgets.map((budget, index) => {
      const { uses = [], ban = 0, wait = 0 } = rows[index] ?? {};
      return { budget, uses: usesOf(budget, uses), waitMs: wait, bannedForMs: ban };
    });
  }

  async waiting(exchangeId: ExchangeId): Promise<LaneStatus[]> {
    const reply = (await this.run('waiting', exchangeId, [], {})) as string;
    const lanes = JSON.parse(reply) as {
      budget: string;
      count: number;
      critical: number;
      oldest: number;
      tries: number;
    }[];
    return lanes.map(({ budget, count, critical, oldest, tries }) => ({
      budgetKey: budget,
      count,
      critical,
      oldestMs: oldest,
      triesInMs: tries,
    }));
  }

  async publish(budget: Budget): Promise<void> {
    const entry = JSON.stringify({ budget, atMs: await this.now() });
    await this.redis.hset(controlKey(budget.exchangeId, 'BUDGETS'), budget.key, entry);
    await this.published(budget.exchangeId); // which forgets others
  }

  async published(exchangeId: ExchangeId): Promise<Budget[]> {
    const key = controlKey(exchangeId, 'BUDGETS');
    const entries = await this.redis.hgetall(key);
    const nowMs = await this.now();
    const parsed = Object.values(entries).map((entry) => JSON.parse(entry) as { budget: Budget; atMs: number });
    const isUsed = ({ atMs }: { atMs: number }): boolean => nowMs - atMs < PUBLISHED_MS_MAX;
    const unused = parsed.filter((entry) => !isUsed(entry)).map(({ budget }) => budget.key);
    if (unused.length > 0) await this.redis.hdel(key, ...unused);
    return parsed.filter(isUsed).map(({ budget }) => budget);
  }

  private permit(exchangeId: ExchangeId, budgets: readonly Budget[], lease: string): Permit {
    return {
      release: async ({ sent, observed = [] }: Answer) => {
        const seen = observed.flatMap(({ budgetKey, windowMs, used }) => {
          const budget = budgets.find(({ key }) => key === budgetKey);
          return budget === undefined ? [] : [{ charge: wireCharge({ budget, cost: 0 }), ms: windowMs, used }];
        });
        await this.run('release', exchangeId, budgets, { lease, sent, observed: seen });
      },
    };
  }

  /** Runs a verb that needs to know whether counts were lost. */
  private async decide(
    verb: string,
    exchangeId: ExchangeId,
    budgets: readonly Budget[],
    request: object,
  ): Promise<unknown> {
    await this.identify(exchangeId);
    const incident = this.incidents.get(exchangeId) ?? this.incident;
    const told = this.told.get(exchangeId) ?? '';
    const loss = { seen: this.seen.has(exchangeId), ...(incident !== told && { incident }) };
    const reply = await this.run(verb, exchangeId, budgets, { ...request, ...loss });
    this.seen.add(exchangeId);
    this.told.set(exchangeId, incident);
    return reply;
  }

  private identify(exchangeId: ExchangeId): Promise<void> {
    const known = this.identified.get(exchangeId) ?? this.readServer(exchangeId);
    this.identified.set(exchangeId, known);
    return known;
  }

  /** Another server than before may have lost what was counted last. Of a cluster, the one that has the exchange's keys. */
  private async readServer(exchangeId: ExchangeId): Promise<void> {
    try {
      const info = await this.redis.eval(SERVER_INFO, 1, controlKey(exchangeId, 'LOSS'));
      const id = RUN_ID.exec(String(info))?.groups?.['id'] ?? '';
      if ((this.servers.get(exchangeId) ?? id) !== id) this.incidents.set(exchangeId, `server ${id}`);
      this.servers.set(exchangeId, id);
    } catch (error) {
      this.identified.delete(exchangeId);
      throw error;
    }
  }

  private async run(
    verb: string,
    exchangeId: ExchangeId,
    budgets: readonly Budget[],
    request: object,
  ): Promise<unknown> {
    const keys = [...CONTROLS.map((name) => controlKey(exchangeId, name)), ...budgets.map(({ key }) => key)];
    const own = this.options.now === undefined ? '' : String(this.options.now());
    const parameters = [keys.length, ...keys, verb, JSON.stringify(request), own] as const;
    try {
      return await this.redis.evalsha(SCRIPT_SHA, ...parameters);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return await this.redis.eval(LIMITER_SCRIPT, ...parameters);
    }
  }

  private async now(): Promise<number> {
    if (this.options.now !== undefined) return this.options.now();
    const [seconds, microseconds] = await this.redis.time();
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  }
}

/** One budget in the script's words: used, reserved and reset of each of its limits. */
interface StatusRow {
  uses: [number, number, number][];
  ban: number;
  wait: number;
}

/** A charge as the script reads it. */
function wireCharge({ budget, cost }: Charge): object {
  const { key, model, criticalReservationPercent: reserve, warningThresholdPercent, burstAllowed } = budget;
  const common = { key, cost, reserve, warn: burstAllowed ? warningThresholdPercent : 0, leaseMs: LEASE_MS };
  if ('decay' in model) return { ...common, decay: { limit: model.decay.limit, rate: model.decay.perSecond } };
  return { ...common, windows: windowsOf(budget).map(({ limit, windowMs }) => ({ limit, ms: windowMs })) };
}

function usesOf(budget: Budget, uses: readonly [number, number, number][]): BudgetUsage['uses'] {
  const windows = windowsOf(budget);
  return uses.map(([used, reserved, resetsInMs], index) => {
    const window = windows[index];
    const limit = 'decay' in budget.model ? budget.model.decay.limit : (window?.limit ?? 0);
    return { limit, ...(window !== undefined && { windowMs: window.windowMs }), used, reserved, resetsInMs };
  });
}
